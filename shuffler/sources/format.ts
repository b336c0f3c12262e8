// What a file holds: by its ending, and where that does not say, by what it begins with.

import { MESSAGE_BYTES_MAX } from "../decode/limits.ts";

export type Format = "recording" | "jetstream" | "repo";

const ENDINGS: readonly (readonly [RegExp, Format])[] = [
  [/\.frames(\.zst|\.gz)?$/, "recording"],
  [/\.(jsonl|ndjson)(\.zst|\.gz)?$/, "jetstream"],
  [/\.car(\.zst|\.gz)?$/, "repo"],
];

/** Null when the ending says nothing. */
export function formatOfEnding(path: string): Format | null {
  return ENDINGS.find(([pattern]) => pattern.test(path))?.[1] ?? null;
}

/** A byte order mark, and blank space, before the first event. */
const BEFORE_JSON = /^(\u{feff})?\s*/u;
const BRACE = "{";
/** Of a map of one to three entries: the header of a frame has two. */
const [MAP_1, MAP_3] = [0xa1, 0xa3];
/** Heads of the names of a frame's header: `op` and `t`. */
const [TEXT_1, TEXT_2] = [0x61, 0x62];
const LENGTH_BYTES = 4;

/** @param head the first bytes, not compressed. Null when it is none of them */
export function formatOfContent(head: Buffer): Format | null {
  const text = head.toString("utf8").replace(BEFORE_JSON, "");
  if (text.startsWith(BRACE)) return "jetstream";
  const isFrame =
    head.length > LENGTH_BYTES + 1 &&
    head.readUInt32LE() <= MESSAGE_BYTES_MAX &&
    isWithin(head[LENGTH_BYTES], MAP_1, MAP_3) &&
    isWithin(head[LENGTH_BYTES + 1], TEXT_1, TEXT_2);
  if (isFrame) return "recording";
  // A CAR begins with the length of its header, a map with these two names.
  const isCar =
    isWithin(head[1], MAP_1, MAP_3) && (head.includes("eroots") || head.includes("gversion"));
  return isCar ? "repo" : null;
}

function isWithin(byte: number | undefined, least: number, greatest: number): boolean {
  return byte !== undefined && byte >= least && byte <= greatest;
}
