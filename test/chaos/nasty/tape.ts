// What the relay plays in the nasty suite: commits of records that a stranger may publish to do harm. Odd keys,
// awkward numbers, values of every type, lists of hundreds, and now and then a record just below the largest.

import type { Random } from "../../../runtime/testing/random.ts";
import type { CborValue } from "../../../shuffler/cbor/encode.ts";
import { commitFrame, type OpSpec } from "../../../shuffler/testing/frames.ts";
import { LARGE_TEXT_BYTES, oddCbor, oddKey, oddNumber, oddValue } from "./odd-values.ts";

export const NASTY = "com.example.nasty";
export const OTHER = "com.example.other";

/** An operation of the tape, as it is compared with what the firehose holds. */
export type NastyEvent = {
  readonly did: string;
  readonly seq: number;
  /** As its host claims. */
  readonly timeMs: number;
  readonly op: string;
  readonly collection: string;
  readonly rkey: string;
  /** In DAG-CBOR; null of a delete. */
  readonly record: Uint8Array | null;
};

export type NastyTape = {
  readonly frames: readonly Uint8Array[];
  readonly events: readonly NastyEvent[];
};

const START_MS = Date.UTC(2026, 6, 4, 12);
const FIRST_SEQ = 1_000_001;
const ACCOUNTS = 40;
const POSTS = 6;
const OPERATIONS_MAX = 3;
/** A claim further behind would be replaced by the stream's own clock. */
const BEHIND_MS_MAX = 4000;
const LIST_MAX = 4;
const LONG_LIST_LEAST = 300;
const LONG_LIST_MORE = 900;
const TEXT_CHARS_MAX = 60;
const LONG_TEXT_CHARS = 50_000;

/** Event time passes as if the relay sent so many frames a second. */
export function makeNastyTape(random: Random, count: number, framesPerSecond: number): NastyTape {
  const frames: Uint8Array[] = [];
  const events: NastyEvent[] = [];
  const revs = new Map<string, string>();
  for (let i = 0; i < count; i += 1) {
    const seq = FIRST_SEQ + i;
    const did = `did:plc:nasty${String(random.int(ACCOUNTS)).padStart(19, "a")}`;
    const behindMs = random.chance(0.15) ? random.int(BEHIND_MS_MAX) : 0;
    const timeMs = START_MS + Math.round((i * 1000) / framesPerSecond) - behindMs;
    const ops = drawOperations(random, seq);
    const rev = revOf(seq);
    const time = new Date(timeMs).toISOString();
    frames.push(commitFrame(ops, { repo: did, seq, rev, since: revs.get(did) ?? null, time }));
    revs.set(did, rev);
    for (const { action, path, record } of ops) {
      const [collection = "", rkey = ""] = path.split("/");
      events.push({ did, seq, timeMs, op: action, collection, rkey, record: record ?? null });
    }
  }
  return { frames, events };
}

function drawOperations(random: Random, seq: number): OpSpec[] {
  const count = random.chance(0.2) ? 1 + random.int(OPERATIONS_MAX) : 1;
  return Array.from({ length: count }, (_, i) => {
    const path = `${random.chance(0.85) ? NASTY : OTHER}/r${seq}x${i}`;
    if (random.chance(0.03)) return { action: "delete", path };
    const isLarge = count === 1 && random.chance(0.002);
    const record = isLarge ? largeRecord(random, seq) : drawRecord(random, `${seq}.${i}`);
    return { action: random.chance(0.05) ? "update" : "create", path, record: oddCbor(record) };
  });
}

function drawRecord(random: Random, item: string): { readonly [name: string]: CborValue } {
  return {
    $type: NASTY,
    item,
    post: `post${random.int(POSTS)}`,
    k: oddKey(random),
    n: random.chance(0.1) ? null : oddNumber(random),
    m: random.chance(0.7) ? oddNumber(random) : oddValue(random),
    x: oddValue(random),
    text: drawText(random),
    list: drawList(random),
  };
}

/** Just below the largest record: its other fields are small. */
function largeRecord(random: Random, seq: number): { readonly [name: string]: CborValue } {
  const chars = ["x", "\u0001", "😀"][random.int(3)] ?? "x";
  const text = chars.repeat(Math.floor(LARGE_TEXT_BYTES / Buffer.byteLength(chars)));
  const small = { k: "large", n: 1, m: 1, x: null, list: [] };
  return { $type: NASTY, item: `${seq}.large`, post: `post${random.int(POSTS)}`, text, ...small };
}

function drawText(random: Random): string {
  const chars = random.chance(0.003) ? LONG_TEXT_CHARS : random.int(TEXT_CHARS_MAX);
  return `${random.int(1000)}`.padEnd(chars, "té\u0002");
}

function drawList(random: Random): CborValue {
  if (random.chance(0.05)) return null;
  if (!random.chance(0.006)) {
    return Array.from({ length: random.int(LIST_MAX + 1) }, () => oddKey(random, "short"));
  }
  const length = LONG_LIST_LEAST + random.int(LONG_LIST_MORE);
  return Array.from({ length }, (_, i) => `label ${i % 500}`);
}

/** Revisions in the order of the sequence numbers. */
function revOf(seq: number): string {
  const digits = "234567abcdefghijklmnopqrstuvwxyz";
  let text = "";
  for (let rest = seq, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32)) {
    text = digits.charAt(rest % 32) + text;
  }
  return `3ka${text}`;
}
