// The pipelines of chaos.fpl in plain loops over the stored firehose.

import {
  type Fields,
  groupBy,
  sessionsOf,
  type WindowShape,
  windowFields,
  windowsOf,
} from "../simulation/naive.ts";
import { at, isCreateOf, type PlainEvent, uriOf } from "../support/reference.ts";
import type { StoredEvent } from "./stored.ts";

type Reads = (event: PlainEvent) => boolean;
/** An event, and the watermark of its partition when it came. */
type Seen = PlainEvent & { readonly watermarkMs: number };

/** What one topic has to hold, and how many events came too late for it. */
export type Expected = {
  readonly topic: string;
  readonly records: Fields[];
  readonly late: number;
};

/** All topics of chaos.fpl. */
export const TOPICS = [
  "chaos.each",
  "chaos.windows",
  "chaos.busiest",
  "chaos.operations",
  "chaos.sessions",
];
const EVENT_DELAY_MS = 1000;
const WINDOW = { sizeMs: 5000, everyMs: 5000, graceMs: 10_000 };
const BUSIEST = { sizeMs: 30_000, everyMs: 10_000, graceMs: 0 };
const BUSIEST_POSTS = 10;
const OPERATIONS = { sizeMs: 10_000, everyMs: 2000, graceMs: 10_000 };
const SESSION = { gapMs: 4000, maxMs: 3_600_000, graceMs: 20_000 };
const isLike = isCreateOf("app.bsky.feed.like");
const isFeed: Reads = ({ collection }) => collection?.startsWith("app.bsky.feed.") === true;

/**
 * Everything the topics must hold once every window is closed.
 * @param lastSeq of the relay's tape: what came after it only closed the windows
 */
export function expectedTopics(stored: readonly StoredEvent[], lastSeq: number): Expected[] {
  const reading = (reads: Reads): Seen[] =>
    seenBy(stored, reads).filter(({ seq }) => seq <= lastSeq);
  const likes = reading(isLike);
  const windows = likesInWindows(likes);
  return [
    { topic: "chaos.each", records: likes.map(printLike), late: 0 },
    { topic: "chaos.windows", records: windows.map(printWindow), late: lateTo(likes, WINDOW) },
    { topic: "chaos.busiest", records: busiestPosts(windows), late: 0 },
    { topic: "chaos.operations", ...operations(reading(() => true)) },
    { topic: "chaos.sessions", ...authorSessions(reading(isFeed)) },
  ];
}

/** An event as it is compared between what the relay sent and what the firehose holds. */
export function eventFields(event: PlainEvent): Fields {
  const { seq, timeMs, did, kind, op } = event;
  const where = event.collection === null ? {} : { uri: uriOf(event) };
  return { seq, timeMs, did, kind, op, ...where };
}

function printLike({ did, seq, timeMs, record }: Seen): Fields {
  return { did, seq, post: postOf({ record }), time: new Date(timeMs).toISOString() };
}

type WindowRow = {
  readonly post: string;
  readonly likes: number;
  readonly fans: number;
  readonly last: number;
  readonly startMs: number;
  readonly endMs: number;
};

function likesInWindows(likes: readonly Seen[]): WindowRow[] {
  return windowsOf(likes, WINDOW).flatMap(({ startMs, endMs, items }) =>
    groupBy(items, postOf).map(([post, group]) => ({
      post,
      likes: group.length,
      fans: new Set(group.map(({ did }) => did)).size,
      last: Math.max(...group.map(({ seq }) => seq)),
      startMs,
      endMs,
    })),
  );
}

function printWindow({ startMs, endMs, ...row }: WindowRow): Fields {
  return { ...row, ...windowFields({ startMs, endMs }) };
}

function busiestPosts(rows: readonly WindowRow[]): Fields[] {
  const timed = rows.map((row) => ({ ...row, timeMs: row.endMs - 1, watermarkMs: 0 }));
  return windowsOf(timed, BUSIEST).flatMap((window) => {
    const posts = groupBy(window.items, ({ post }) => post).map(([post, group]) => ({
      post,
      likes: group.reduce((sum, { likes }) => sum + likes, 0),
      windows: group.length,
      ...windowFields(window),
    }));
    posts.sort((a, b) => b.likes - a.likes || (a.post < b.post ? -1 : 1));
    return posts.slice(0, BUSIEST_POSTS);
  });
}

function operations(events: readonly Seen[]): { records: Fields[]; late: number } {
  const records = windowsOf(events, OPERATIONS).flatMap((window) =>
    groupBy(window.items, ({ collection, op }) => `${collection} ${op}`).map(([, group]) => ({
      collection: group[0]?.collection ?? null,
      op: group[0]?.op ?? null,
      n: group.length,
      accounts: new Set(group.map(({ did }) => did)).size,
      ...windowFields(window),
    })),
  );
  return { records, late: lateTo(events, OPERATIONS) };
}

function authorSessions(events: readonly Seen[]): { records: Fields[]; late: number } {
  const records = groupBy(events, ({ did }) => did).flatMap(([did, own]) =>
    sessionsOf(own, SESSION).map((session) => ({
      did,
      n: session.items.length,
      first: Math.min(...session.items.map(({ seq }) => seq)),
      last: Math.max(...session.items.map(({ seq }) => seq)),
      ...windowFields(session),
    })),
  );
  const late = events.filter((one) => one.watermarkMs > one.timeMs + SESSION.graceMs).length;
  return { records, late };
}

/** How many count in no window. */
function lateTo(events: readonly Seen[], { sizeMs, everyMs, graceMs }: WindowShape): number {
  return events.filter(({ timeMs, watermarkMs }) => {
    const lastEndMs = Math.floor(timeMs / everyMs) * everyMs + sizeMs;
    return watermarkMs >= lastEndMs + graceMs;
  }).length;
}

/** What a pipeline reads, with the watermark of the partition at the moment it came. */
function seenBy(stored: readonly StoredEvent[], reads: Reads): Seen[] {
  const watermarks = new Map<number, number>();
  const seen: Seen[] = [];
  for (const one of stored) {
    if (one.kind === "event" && !reads(one.event)) continue;
    const watermarkMs = watermarks.get(one.partition) ?? Number.NEGATIVE_INFINITY;
    if (one.kind === "event") seen.push({ ...one.event, watermarkMs });
    const nowMs = one.kind === "event" ? one.event.timeMs - EVENT_DELAY_MS : one.watermarkMs;
    watermarks.set(one.partition, Math.max(watermarkMs, nowMs));
  }
  return seen;
}

function postOf({ record }: Pick<PlainEvent, "record">): string {
  return String(at(record, "subject", "uri"));
}
