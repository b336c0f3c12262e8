import { hash } from "node:crypto";
import { cborToLexRecord } from "@atproto/repo";
import { describe, expect, it } from "vitest";
import { decodeEvent } from "../runtime/eval/codec.ts";
import { CborWriter } from "./cbor/writer.ts";
import { cidToString } from "./decode/cid.ts";
import { type EventFields, encodeEnvelope } from "./envelope.ts";
import { cborOf, cidOf, DID, POST, REV } from "./testing/frames.ts";

const EVENT = {
  kind: "commit",
  did: DID,
  seq: 4_621_317_030,
  timeMs: 1_783_000_000_123,
  op: "create",
  collection: "app.bsky.feed.post",
  rkey: "3kabcdefghij2",
  rev: REV,
  cid: cidToString(cidOf(POST)),
  record: POST,
} as const satisfies EventFields;

const { record: _record, timeMs: _timeMs, ...PLAIN } = EVENT;

describe("encodeEnvelope", () => {
  it("is a map that the reference DAG-CBOR decoder reads field by field", () => {
    const { payload, oversize } = encodeEnvelope(new CborWriter(), EVENT, 100_000);
    expect(oversize).toBe(false);
    expect(cborToLexRecord(payload)).toEqual({
      ...PLAIN,
      time: EVENT.timeMs,
      record: cborToLexRecord(POST),
    });
  });

  it("is canonical: encoding what was decoded gives the same bytes", () => {
    const event = {
      ...EVENT,
      record: cborOf({ text: "é" }),
      handle: "a.b",
      active: true,
      status: "x",
    };
    const { payload } = encodeEnvelope(new CborWriter(), event, 100_000);
    const { timeMs, record, ...fields } = event;
    expect(payload).toEqual(cborOf({ ...fields, time: timeMs, record: { text: "é" } }));
    expect(record).toHaveLength(9);
  });

  it("holds a record whose keys are in order as a byte string", () => {
    const { payload } = encodeEnvelope(new CborWriter(), { ...EVENT, sorted: true }, 100_000);
    const { timeMs, record, ...fields } = EVENT;
    expect(payload).toEqual(cborOf({ ...fields, time: timeMs, record }));
    expect(decodeEvent(payload)).toMatchObject({ record: { text: "hello" } });
  });

  it("holds the record's bytes verbatim, so that their hash is the CID", () => {
    const { payload } = encodeEnvelope(new CborWriter(), EVENT, 100_000);
    const at = Buffer.from(payload).indexOf(POST);
    const embedded = payload.subarray(at, at + POST.length);
    const digest = hash("sha256", embedded, "buffer");
    const cid = Buffer.concat([Buffer.from([1, 0x71, 0x12, 32]), digest]);
    expect(cidToString(cid)).toBe(EVENT.cid);
  });

  it("leaves the record out, and says so, from one byte over the limit on", () => {
    const writer = new CborWriter();
    const { payload: whole } = encodeEnvelope(writer, EVENT, 100_000);
    expect(encodeEnvelope(writer, EVENT, whole.length).payload).toEqual(whole);
    const { payload, oversize } = encodeEnvelope(writer, EVENT, whole.length - 1);
    expect(oversize).toBe(true);
    expect(cborToLexRecord(payload)).toEqual({ ...PLAIN, time: EVENT.timeMs, oversize: true });
  });
});
