// A line of the peers' input, as far as they look at it, and the windows they cut by hand.

export type JetstreamEvent = {
  readonly did: string;
  readonly time_us: number;
  readonly seq: number;
  readonly kind: string;
  readonly commit?: {
    readonly operation: string;
    readonly collection: string;
    readonly rkey: string;
    readonly record?: JetstreamRecord;
  };
};

export type JetstreamRecord = {
  readonly text?: string;
  readonly langs?: readonly string[];
  readonly reply?: unknown;
  readonly tags?: readonly string[];
  readonly facets?: readonly { readonly features?: readonly { readonly tag?: string }[] }[];
  readonly subject?: string | { readonly uri: string };
};

export const POST = "app.bsky.feed.post";
export const COUNTED_BY_HOUR: readonly string[] = [
  POST,
  "app.bsky.feed.repost",
  "app.bsky.feed.like",
];
export const MIN_AUTHORS = 3;
export const TOP_TAGS = 20;
const US_PER_MS = 1000;
const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** A window of ten minutes, a new one each minute. */
const HOPS = 10;

/** Whoever wrote the script knows what is in the file, and does not check it. */
export function parseLine(line: string): JetstreamEvent {
  return JSON.parse(line) as JetstreamEvent;
}

export function timeMsOf(event: JetstreamEvent): number {
  return event.time_us / US_PER_MS;
}

export function isLongEnglishOpening(record: JetstreamRecord | undefined): boolean {
  if (record?.langs?.includes("en") !== true || record.reply !== undefined) return false;
  const text = record.text ?? "";
  return text.length > 40 && Array.from(text).length > 40; // Code points, as everywhere in atproto.
}

/** Of the text's facets and beside the text, in lower case, each once. */
export function hashtagsOf(record: JetstreamRecord): Set<string> {
  const tags = new Set<string>();
  for (const { features } of record.facets ?? []) {
    for (const { tag } of features ?? []) if (tag !== undefined) tags.add(tag.toLowerCase());
  }
  for (const tag of record.tags ?? []) tags.add(tag.toLowerCase());
  return tags;
}

export function minuteOf(event: JetstreamEvent): number {
  return Math.floor(timeMsOf(event) / MINUTE_MS);
}

/** Starts, in minutes, of the windows of ten that a minute is in. */
export function hopsOf(minute: number): number[] {
  return Array.from({ length: HOPS }, (_, i) => minute - i);
}

export function minuteText(minute: number): string {
  return isoText(minute * MINUTE_MS);
}

export function isoText(ms: number): string {
  return new Date(ms).toISOString();
}
