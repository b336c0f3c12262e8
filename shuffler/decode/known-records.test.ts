import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CborCursor } from "../cbor/cursor.ts";
import { type CborValue, CidLink } from "../cbor/encode.ts";
import { cborOf, cidOf, POST } from "../testing/frames.ts";
import { CID_DIGEST_AT } from "./cid.ts";
import { KnownRecords, RECORD_LAYOUT_BYTES_MAX, RECORD_LAYOUTS_MAX } from "./known-records.ts";
import { RECORD_DEPTH_MAX } from "./limits.ts";
import { Malformed } from "./rejection.ts";

const CID = cidOf(POST);
const HASH = new Uint8Array(9).fill(1);
const LINK = new CidLink(CID);

const scalars = fc.oneof(
  fc.constantFrom(null, true, false, LINK, 1.5),
  fc.maxSafeInteger(),
  fc.string({ maxLength: 300 }),
  fc.uint8Array({ maxLength: 40 }),
);
const { value: values } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.string({ maxLength: 12 }), tie("value"), { noNullPrototype: true }),
  ),
}));
const records = fc.dictionary(fc.string({ maxLength: 12 }), values, { noNullPrototype: true });

/** Whether the keys of a record are in order; null when it is none. */
function walked(record: Uint8Array): boolean | null {
  const cursor = new CborCursor(record, "bad_record");
  try {
    cursor.mapSize();
    cursor.at = 0;
    cursor.check(RECORD_DEPTH_MAX);
    cursor.assertEnd();
    return cursor.sorted;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return null;
  }
}

function knowing(...learned: Uint8Array[]): KnownRecords {
  const known = new KnownRecords();
  for (const record of learned) known.learn(record, walked(record) ?? false);
  return known;
}

/** A map of one text, in all of `bytes` bytes, which are more than 260. */
function recordOf(bytes: number, key = "a"): Uint8Array {
  return cborOf({ [key]: "x".repeat(bytes - 6) });
}

describe("records that are known", () => {
  it("are found by a check to be what they are said to be, whatever is damaged in them", () => {
    let found = 0;
    const property = fc.property(records, fc.integer({ min: 1, max: 255 }), (value, bits) => {
      const record = cborOf(value);
      const known = knowing(record);
      for (let at = 0; at < record.length; at += 1) {
        const damaged = Buffer.from(record);
        damaged[at] = (damaged[at] ?? 0) ^ bits;
        for (const other of [damaged, record.subarray(0, at)]) {
          const sorted = known.find(other);
          if (sorted === null) continue;
          found += 1;
          expect(walked(other)).toBe(sorted);
        }
      }
    });
    fc.assert(property, { numRuns: 300 });
    expect(found).toBeGreaterThan(300);
  });

  it("differ in what their texts say in ASCII, in bytes and digests of links, and in nothing else", () => {
    const record = cborOf({
      $type: "app.bsky.feed.like",
      subject: { cid: "bafyrei", uri: "at://did:plc:a/b" },
      blob: LINK,
      hash: HASH,
      list: [1, 300, null, false, "x"],
    });
    const bytes = Buffer.from(record);
    const placesOf = (part: string | Uint8Array) =>
      Array.from({ length: part.length }, (_, i) => bytes.indexOf(part) + i);
    const ascii = new Set(["app.bsky.feed.like", "bafyrei", "at://did:plc:a/b"].flatMap(placesOf));
    ascii.add(bytes.indexOf("\x61x") + 1);
    const binary = new Set([HASH, CID.subarray(CID_DIGEST_AT)].flatMap(placesOf));
    const known = knowing(record);
    for (let at = 0; at < record.length; at += 1) {
      for (const bits of [1, 32, 128]) {
        const other = Buffer.from(record);
        other[at] = (other[at] ?? 0) ^ bits;
        const isFree = binary.has(at) || (ascii.has(at) && bits !== 128);
        expect(known.find(other), `byte ${at}, bits ${bits}`).toBe(isFree ? true : null);
      }
    }
  });

  it("are remembered with the order of their keys", () => {
    const record = Buffer.from("\xa2\x62bb\x64text\x61a\x64text", "latin1");
    expect(knowing(record).find(record)).toBe(false);
  });

  it("have no text but ASCII, and are neither shorter than a word nor longer than the limit", () => {
    const accented = cborOf({ a: `${"x".repeat(300)}é` });
    const sizes = [RECORD_LAYOUT_BYTES_MAX, RECORD_LAYOUT_BYTES_MAX + 1];
    const [most, tooLong] = sizes.map((bytes) => recordOf(bytes));
    expect([most?.length, tooLong?.length]).toEqual([2048, 2049]);
    const tried = [accented, most, tooLong, cborOf({ a: "xxxx" }), cborOf({ a: "xxx" })];
    const verdicts = tried.map((record = new Uint8Array()) => knowing(record).find(record));
    expect(verdicts).toEqual([null, true, null, true, null]);
  });

  it("share a place with those that are longer by the number of places", () => {
    const [one, next] = [recordOf(300), recordOf(300 + RECORD_LAYOUTS_MAX)];
    const other = recordOf(301);
    const known = knowing(one, other, next);
    expect([one, other, next].map((record) => known.find(record))).toEqual([true, true, null]);
  });

  it("keep their place until seventeen others in a row were in it", () => {
    const [one, other] = [recordOf(300, "a"), recordOf(300, "b")];
    const known = knowing(one);
    for (let round = 0; round < 2; round += 1) {
      expect(known.find(one)).toBe(true);
      for (let i = 0; i < 16; i += 1) known.learn(other, true);
    }
    expect(known.find(other)).toBeNull();
    known.learn(other, true);
    expect([known.find(one), known.find(other)]).toEqual([null, true]);
  });
});
