// Both forms of the envelope against a naive encoder, at every fill of the slab that they are written in.

import { describe, expect, it } from "vitest";
import { ascii } from "../test/support/cbor-cases.ts";
import { Encoded, inDagCborOrder, type NaiveItem, naiveCbor } from "../test/support/naive-cbor.ts";
import { cleanBytes, sameBytes } from "../test/support/poisoned-buffers.ts";
import { CidLink } from "./cbor/encode.ts";
import { CborWriter, SLAB_BYTES } from "./cbor/writer.ts";
import { cidToString } from "./decode/cid.ts";
import { decodeFrame } from "./decode/frame.ts";
import { FrameCommit } from "./decode/frame-commit.ts";
import { type EventFields, encodeEnvelope } from "./envelope.ts";
import { encodeFrameOp } from "./frame-envelope.ts";
import { FrameOpText } from "./frame-op-text.ts";
import {
  cborOf,
  cidOf,
  commitBody,
  create,
  DID,
  frameOf,
  type OpSpec,
  POST,
  REV,
} from "./testing/frames.ts";

/** Past its length an envelope fits whole. */
const SPARE = 20;
/** Of a long envelope, the bytes at both ends that are the first not to fit. */
const LONG = 1500;
const ENDS = 400;
const FILLER = new Uint8Array(SLAB_BYTES);
const ALL = 1_000_000;

const UNSORTED = Buffer.from("\xa2\x62bb\x01\x61a\x01", "latin1");
const WIDE = cborOf({ $type: "app.bsky.feed.post", text: "天気 é 🙂", tags: ["ニュース", "été"] });
const RKEYS = [1, 13, 23, 24, 255, 256, 512].map(ascii);
const COMMIT = {
  kind: "commit",
  did: DID,
  seq: 4_621_317_030,
  timeMs: 1_783_000_000_123,
  rev: REV,
  collection: "app.bsky.feed.post",
} as const;
const ACCOUNT = { did: DID, seq: 23, timeMs: 1_783_000_000_123 } as const;

function written(op: "create" | "update", rkey: string, record: Uint8Array, sorted: boolean) {
  return { ...COMMIT, op, rkey, cid: cidToString(cidOf(record)), record, sorted };
}

const EVENTS: Readonly<Record<string, readonly EventFields[]>> = {
  creations: RKEYS.map((rkey) => written("create", rkey, POST, true)),
  updates: [WIDE, UNSORTED].map((record) => written("update", "self", record, record === WIDE)),
  deletions: RKEYS.map((rkey) => ({ ...COMMIT, op: "delete", rkey })),
  "long records": [LONG, 16_384, 70_000].map((length) =>
    written("create", "self", cborOf({ text: "é".repeat(length / 2) }), true),
  ),
  "identity events": ["a.test", `${ascii(249)}.com`].map((handle) => ({
    ...ACCOUNT,
    kind: "identity",
    handle,
  })),
  "account events": ["x", "disparu é", "天".repeat(30), "天".repeat(90)].map((status) => ({
    ...ACCOUNT,
    kind: "account",
    active: false,
    status,
  })),
  "sync events": [{ ...ACCOUNT, kind: "sync", rev: REV }],
};

/** The bytes that the event's envelope must have. */
function naiveEnvelope({ timeMs, record, sorted, ...fields }: EventFields): Uint8Array {
  const items = new Map<NaiveItem, NaiveItem>([...Object.entries(fields), ["time", timeMs]]);
  if (record !== undefined) items.set("record", sorted === true ? record : new Encoded(record));
  return naiveCbor(inDagCborOrder(items));
}

/** Compares what `write` gives with `expected`, and with what it gives right behind that. */
function checkFills(expected: Uint8Array, write: (writer: CborWriter) => Uint8Array): void {
  const { length } = expected;
  const fills = Array.from({ length: length + SPARE }, (_, left) => left);
  const isNear = (left: number) => left < ENDS || Math.abs(length - left) < ENDS;
  for (const left of fills.filter((one) => one <= SLAB_BYTES && (length < LONG || isNear(one)))) {
    const payloads = cleanBytes(() => {
      const writer = new CborWriter().raw(FILLER.subarray(left));
      writer.take();
      return [write(writer), write(writer)];
    });
    for (const payload of payloads) {
      if (sameBytes(payload, expected)) continue;
      expect.soft(payload, `${left} bytes from the end of the slab`).toEqual(expected);
    }
    expect(payloads).toHaveLength(2);
  }
}

describe("at every fill of a slab, an envelope is what the naive encoder writes", () => {
  it.each(Object.entries(EVENTS))("of %s", (_name, events) => {
    for (const event of events) {
      checkFills(naiveEnvelope(event), (writer) => encodeEnvelope(writer, event, ALL).payload);
    }
  });

  it("without the record that does not fit", () => {
    const event = written("create", "self", WIDE, true);
    const { record: _, ...rest } = event;
    const expected = naiveEnvelope({ ...rest, oversize: true } as EventFields); // It has no such field.
    const bytesMax = naiveEnvelope(event).length - 1;
    checkFills(expected, (writer) => encodeEnvelope(writer, event, bytesMax).payload);
  });

  it("of an operation that is copied from its frame", () => {
    const text = new FrameOpText();
    const deleted = RKEYS.map((rkey): OpSpec => {
      return { action: "delete", path: `app.bsky.feed.like/${rkey}` };
    });
    const records = [POST, WIDE, UNSORTED, cborOf({ text: "é".repeat(8000) })];
    const updated = records.map((record) => ({ ...create("self", record), action: "update" }));
    const created = RKEYS.map((rkey) => create(rkey));
    for (const spec of [...deleted, ...created, ...updated]) {
      const commit = inFrame([spec]);
      const [op] = commit.ops;
      if (op === undefined) throw new Error("no operation");
      const { did, seq, timeMs, rev } = commit;
      const { action, collection, rkey, record, sorted } = op;
      const fields = {
        kind: "commit",
        did,
        seq,
        timeMs,
        rev,
        op: action,
        collection,
        rkey,
      } as const;
      const event = action === "delete" ? fields : { ...fields, cid: op.cid, record, sorted };
      checkFills(naiveEnvelope(event), (writer) => {
        text.set(commit, op);
        return encodeFrameOp(writer, text, commit, op);
      });
    }
  });
});

/** A commit as nearly all are, whose envelopes are copied from its frame. */
function inFrame(ops: readonly OpSpec[]): FrameCommit {
  const commit = new CidLink(cidOf(cborOf({ version: 3 }))); // The first block.
  const message = decodeFrame(frameOf("#commit", commitBody(ops, { commit })));
  if (!(message instanceof FrameCommit) || message.didAt < 0) throw new Error("an unusual commit");
  return message;
}
