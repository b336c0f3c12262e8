// Makes a long firehose out of a short recording: its events again and again, by other accounts and at
// later times, so that a minute and a half of a small server becomes half an hour of a busy one. What is
// changed keeps its length, so records stay valid CBOR; their CIDs are those of the originals.

import type { EventOp } from "../../plan/event.ts";
import { decodeFrame } from "../../shuffler/decode/frame.ts";
import type { CommitOp, DecodedMessage } from "../../shuffler/decode/message.ts";
import { createRandom, type Random } from "../simulated-relay/random.ts";

/** Events of one operation or account, so that each has a sequence number of its own. */
export type SingleEvent = Exclude<DecodedMessage, { kind: "info" | "error" | "rejected" }>;

export type Multiplication = {
  /** Events to make. */
  readonly events: number;
  /** Copies of the recording that run side by side. */
  readonly copies: number;
  /** How much faster than the recording its copies run. */
  readonly speed: number;
  /** Keep only these; null keeps everything. */
  readonly only: { readonly op: EventOp; readonly collection: string } | null;
  /** Likes go to one of so many posts; the first of them get the most when `skewed`. */
  readonly likedPosts: number;
  readonly skewed: boolean;
};

/** Seventeen minutes before the hour, so that there are two hours of the day to tell apart. */
export const START_MS = Date.UTC(2026, 6, 4, 11, 43);
/** Between two copies of one event: they come in time order, and steps back stay far below a second. */
const COPY_OFFSET_MS = 13;
/** Each account of the recording becomes so many in a copy, so that nobody acts without pause. */
const ACCOUNTS_PER_COPY = 8;
const DID_PREFIX = Buffer.from("did:plc:");
const DID_TAIL_CHARS = 4;
const DID_CHARS = 32;
const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const LIKE = "app.bsky.feed.like";
const POST_PATH = Buffer.from("/app.bsky.feed.post/");
const RKEY_CHARS = 13;

/** The events of a recording, one operation each, in order; `#sync` and what is no event left out. */
export function singleEvents(
  frames: readonly Uint8Array[],
  only: Multiplication["only"],
): SingleEvent[] {
  const events = frames.flatMap((frame) => apart(decodeFrame(frame)));
  if (only === null) return events;
  return events.filter(
    (event) =>
      event.kind === "commit" &&
      event.ops.every((op) => op.action === only.op && op.collection === only.collection),
  );
}

function apart(message: DecodedMessage): SingleEvent[] {
  switch (message.kind) {
    case "commit": {
      // Not `...message`: one in a frame makes its texts when asked, and is no other with another DID.
      const { kind, did, seq, timeMs, rev, ops, rejected } = message;
      return ops.map((op) => ({ kind, did, seq, timeMs, rev, ops: [op], rejected }));
    }
    case "identity":
    case "account":
      return [message];
    case "sync":
    case "info":
    case "error":
    case "rejected":
      return [];
  }
}

/** The long firehose, in order. The same arguments give the same events. */
export function* multiplied(
  base: readonly SingleEvent[],
  plan: Multiplication,
): Generator<SingleEvent> {
  const firstMs = Math.min(...base.map(({ timeMs }) => timeMs));
  const lengthMs = Math.max(...base.map(({ timeMs }) => timeMs)) - firstMs + 1;
  const random = createRandom(7, "multiply");
  let seq = 1;
  for (let round = 0; ; round += 1) {
    const roundMs = START_MS + Math.floor((round * lengthMs) / plan.speed);
    for (const [index, event] of base.entries()) {
      const timeMs = roundMs + Math.floor((event.timeMs - firstMs) / plan.speed);
      for (let copy = 0; copy < plan.copies; copy += 1) {
        const population = (round * plan.copies + copy) * ACCOUNTS_PER_COPY;
        const account = population + (index % ACCOUNTS_PER_COPY);
        const at = { seq, timeMs: timeMs + copy * COPY_OFFSET_MS };
        yield altered(event, account, at, () => postIndex(plan, random));
        if (seq === plan.events) return;
        seq += 1;
      }
    }
  }
}

function postIndex({ likedPosts, skewed }: Multiplication, random: Random): number {
  return Math.floor(likedPosts * (skewed ? random.unit() ** 2 : random.unit()));
}

function altered(
  event: SingleEvent,
  account: number,
  at: { readonly seq: number; readonly timeMs: number },
  draw: () => number,
): SingleEvent {
  const tail = base32(account, DID_TAIL_CHARS);
  const did = event.did.slice(0, -DID_TAIL_CHARS) + tail;
  if (event.kind !== "commit") return { ...event, ...at, did };
  return { ...event, ...at, did, ops: event.ops.map((op) => alteredOp(op, tail, draw)) };
}

function alteredOp(op: CommitOp, tail: string, draw: () => number): CommitOp {
  if (op.action === "delete") return op;
  const record = Buffer.from(op.record);
  for (let at = record.indexOf(DID_PREFIX); at >= 0; at = record.indexOf(DID_PREFIX, at + 1)) {
    record.write(tail, at + DID_CHARS - DID_TAIL_CHARS, "latin1");
  }
  const path = op.collection === LIKE ? record.indexOf(POST_PATH) : -1;
  if (path >= 0) likePost(record, path, draw());
  // Not `...op`: an operation in a frame makes its texts when asked.
  const { action, collection, rkey, cid, sorted } = op;
  return { action, collection, rkey, cid, record, sorted };
}

/** Writes author and key of the liked post, both of its index. */
function likePost(record: Buffer, path: number, index: number): void {
  const author = base32(index, DID_CHARS - DID_PREFIX.length);
  record.write(author, path - author.length, "latin1");
  record.write(`3l${base32(index, RKEY_CHARS - 2)}`, path + POST_PATH.length, "latin1");
}

function base32(value: number, chars: number): string {
  let text = "";
  for (let rest = value, i = 0; i < chars; i += 1, rest = Math.floor(rest / 32)) {
    text = (BASE32[rest % 32] ?? "") + text;
  }
  return text;
}
