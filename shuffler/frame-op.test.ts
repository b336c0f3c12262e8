import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CidLink } from "./cbor/encode.ts";
import { decodeFrame } from "./decode/frame.ts";
import { FrameCommit } from "./decode/frame-commit.ts";
import type { CommitMessage } from "./decode/message.ts";
import { ENVELOPE_BYTES_MAX } from "./envelope.ts";
import { HEADERS_BYTES_MAX, Router } from "./route.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import { openRecording } from "./sources/recording.ts";
import { cborOf, cidOf, commitBody, create, frameOf, type OpSpec } from "./testing/frames.ts";
import { readAll } from "./testing/items.ts";

const RECORDING = "../shared/data/firehose/pds-a.frames.zst";
const UNSORTED = Buffer.from("\xa2\x62bb\x01\x61a\x01", "latin1");
const ALL = 1_000_000;

/** A commit as nearly all are. */
function usual(ops: readonly OpSpec[], over: { readonly seq?: number } = {}): FrameCommit {
  const commit = new CidLink(cidOf(cborOf({ version: 3 }))); // The first block.
  const message = decodeFrame(frameOf("#commit", commitBody(ops, { ...over, commit })));
  if (!(message instanceof FrameCommit)) throw new Error(`a ${message.kind}`);
  expect(message.didAt).toBeGreaterThan(0);
  return message;
}

/** The same without its frame. */
function withoutFrame({ kind, did, seq, timeMs, rev, ops, rejected }: FrameCommit): CommitMessage {
  const plain = ops.map((op) => {
    const { action, collection, rkey, record, sorted } = op;
    if (action === "delete") return { action, collection, rkey };
    return { action, collection, rkey, cid: op.cid, record, sorted };
  });
  return { kind, did, seq, timeMs, rev, ops: plain, rejected };
}

function routed(commit: CommitMessage, maxPayloadBytes = ALL): ShuffledMessage[] {
  const router = new Router({ partitions: 8, relay: "test", maxPayloadBytes });
  const item = { kind: "message", position: 0, raw: new Uint8Array(), message: commit } as const;
  return router.route(commit, item);
}

const TID = "3kabcdefghij2";
const longest = `a.${"b".repeat(63)}.`.repeat(4);

describe("the messages of a commit in a frame", () => {
  it.each<[string, FrameCommit]>([
    ["create", usual([create(TID)])],
    ["update", usual([{ ...create("self"), action: "update" }])],
    ["delete", usual([{ action: "delete", path: `app.bsky.feed.like/${TID}` }])],
    ["several", usual([create("a"), create("b"), { action: "delete", path: "app.bsky.a/c" }])],
    ["keys out of order", usual([create(TID, UNSORTED)])],
    ["a long record", usual([create(TID, cborOf({ text: "x".repeat(70_000) }))])],
    ["the longest key", usual([create("k".repeat(512))])],
    ["a long collection", usual([{ ...create(TID), path: `${longest}post/${TID}` }])],
    ["the greatest seq", usual([create(TID)], { seq: Number.MAX_SAFE_INTEGER })],
    ["a CID on a delete", usual([create(TID), { ...create("a"), action: "delete" }])],
    ["a refused one among them", usual([create("a b"), create(TID)])],
    ["nothing", usual([])],
  ])("are those of the same commit without one: %s", (_name, commit) => {
    expect(routed(commit)).toEqual(routed(withoutFrame(commit)));
  });

  it("are the same whatever was written before, and wherever the frame stands", () => {
    const rkeys = fc.stringMatching(/^[a-zA-Z0-9_~.:-]{1,40}$/).filter((key) => !/^\.+$/.test(key));
    const actions = fc.constantFrom("create", "update", "delete");
    const records = fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true });
    const op = fc.record({ action: actions, rkey: rkeys, record: records });
    const [many, seqs] = [fc.array(op, { maxLength: 4 }), fc.maxSafeInteger().map(Math.abs)];
    const router = new Router({ partitions: 8, relay: "test", maxPayloadBytes: ALL });
    const plainRouter = new Router({ partitions: 8, relay: "test", maxPayloadBytes: ALL });
    const property = fc.property(many, seqs, (specs, seq) => {
      const ops = specs.map(({ action, rkey, record }) => {
        const path = `app.bsky.feed.post/${rkey}`;
        return action === "delete" ? { action, path } : { action, path, record: cborOf(record) };
      });
      const commit = usual(ops, { seq });
      const item = { kind: "frame", position: 0, raw: new Uint8Array() } as const;
      expect(router.route(commit, item)).toEqual(plainRouter.route(withoutFrame(commit), item));
    });
    fc.assert(property, { numRuns: 500 });
  });

  it("leave the record out from one byte over the limit on", () => {
    const commit = usual([create(TID, cborOf({ text: "x".repeat(ENVELOPE_BYTES_MAX) }))]);
    const bytes = routed(commit)[0]?.payload.length ?? 0;
    for (const max of [bytes, bytes - 1]) {
      const messages = routed(commit, max + HEADERS_BYTES_MAX);
      expect(messages).toEqual(routed(withoutFrame(commit), max + HEADERS_BYTES_MAX));
      expect((messages[0]?.payload.length ?? 0) > ENVELOPE_BYTES_MAX).toBe(max === bytes);
    }
  });

  it.skipIf(!existsSync(RECORDING))("are the same for every frame of a recording", async () => {
    const { items } = await readAll(openRecording(RECORDING, null));
    let usualCommits = 0;
    for (const { raw } of items) {
      const commit = decodeFrame(raw);
      if (!(commit instanceof FrameCommit)) continue;
      if (commit.didAt >= 0) usualCommits += 1;
      expect(routed(commit)).toEqual(routed(withoutFrame(commit)));
    }
    expect(usualCommits).toBeGreaterThan(6000);
  });
});
