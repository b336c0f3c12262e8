import { encode } from "cbor-x";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryValue } from "./arbitrary.test-support.ts";
import { READ_DEPTH_MAX, VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from "./cbor-encode.ts";
import {
  decodeEvent,
  decodeRecords,
  decodeRows,
  decodeValue,
  encoded,
  encodeRecord,
  encodeRow,
} from "./codec.ts";
import { EvaluationError, MalformedPayload } from "./eval-error.ts";
import { toJson } from "./json.ts";
import { INSTANT_MS_MAX, INSTANT_MS_MIN } from "./time.ts";
import { CidLink, Duration, deepEqual, Instant, type Value } from "./values.ts";

const CID = "bafyreib2rxk3rybk3aobmv5cjuql3bm2twh4jo5uxgf5qj3wm6dkw4z2aa";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function fromHex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

function nested(depth: number): Value {
  let value: Value = 1;
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
}

describe("encodeRecord and decodeValue", () => {
  it("give back every value", () => {
    fc.assert(
      fc.property(arbitraryValue(), (value) => {
        const back = decodeValue(encodeRecord(value));
        expect(deepEqual(back, value)).toBe(true);
        expect(toJson(back)).toEqual(toJson(value));
      }),
    );
  });

  // Appendix A of RFC 8949, as far as the language goes; tags by their own specifications.
  it.each<[Value, string]>([
    [0, "00"],
    [23, "17"],
    [24, "1818"],
    [1000, "1903e8"],
    [1_000_000, "1a000f4240"],
    [1_000_000_000_000, "1b000000e8d4a51000"],
    [-1, "20"],
    [-1000, "3903e7"],
    [Number.MIN_SAFE_INTEGER, "3b001ffffffffffffe"],
    [1.1, "fb3ff199999999999a"],
    [2 ** 60, "fb43b0000000000000"],
    ["", "60"],
    ["\u{10151}", "64f0908591"],
    [null, "f6"],
    [true, "f5"],
    [Uint8Array.of(1, 2), "420102"],
    [[1, [2, 3]], "8201820203"],
    [{ a: 1, b: [2, 3] }, "a26161016162820203"],
    [new Instant(1_363_896_240_000), "c11a514b67b0"],
    [new Instant(1_363_896_240_500), "c1fb41d452d9ec200000"],
    [new Duration(5000), "d903eaa10105"],
    [new Duration(-1500), "d903eaa20121221901f4"],
  ])("write %j as %s", (value, bytes) => {
    expect(hex(encodeRecord(value))).toBe(bytes);
    expect(deepEqual(decodeValue(fromHex(bytes)), value)).toBe(true);
  });

  it("read what others may write: wider heads, half and single floats, undefined", () => {
    const reads: [string, Value][] = [
      ["1b 0000000000000005", 5],
      ["1b 1000000000000000", 2 ** 60],
      // Integers past 2^53 are the nearest double.
      ["1b 0020000000000001", 2 ** 53],
      ["1b 0020000000000003", 2 ** 53 + 4],
      ["1b ffffffffffffffff", 2 ** 64],
      ["3b 001fffffffffffff", -(2 ** 53)],
      ["3b 0020000000000001", -(2 ** 53 + 2)],
      ["3b ffffffffffffffff", -(2 ** 64)],
      ["f9 3e00", 1.5],
      ["f9 0001", 2 ** -24],
      ["f9 c400", -4],
      ["fa 47c35000", 100_000],
      ["f7", null],
      ["78 01 61", "a"],
    ];
    for (const [bytes, value] of reads) expect(decodeValue(fromHex(bytes))).toEqual(value);
  });

  it("keep instants exact to the millisecond over the whole range", () => {
    fc.assert(
      fc.property(fc.integer({ min: INSTANT_MS_MIN, max: INSTANT_MS_MAX }), (ms) => {
        expect(decodeValue(encodeRecord(new Instant(ms)))).toEqual(new Instant(ms));
      }),
    );
    for (const ms of [INSTANT_MS_MIN, INSTANT_MS_MAX]) {
      expect(decodeValue(encodeRecord(new Instant(ms)))).toEqual(new Instant(ms));
    }
  });

  it("keep links as links, with the bytes DAG-CBOR asks for", () => {
    const bytes = encodeRecord({ link: new CidLink(CID) });
    expect(hex(bytes)).toContain("d82a58250001711220");
    expect(decodeValue(bytes)).toEqual({ link: new CidLink(CID) });
  });

  it("keep text of any length and script", () => {
    for (const unit of ["a", "é", "😀", "日本"]) {
      for (const count of [1, 11, 12, 23, 24, 25, 63, 64, 65, 255, 256, 70_000]) {
        const text = unit.repeat(count);
        expect(decodeValue(encodeRecord([text, 1]))).toEqual([text, 1]);
      }
    }
  });

  it("do not let `__proto__` reach a prototype", () => {
    const payload = fromHex("a1 69 5f5f70726f746f5f5f a1 65 61646d696e f5");
    const record = decodeValue(payload);
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    expect(Object.keys(record as object)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
    expect(hex(encodeRecord(record))).toBe(hex(payload));
  });

  it("nest as deep as the limit and no deeper", () => {
    const written = (depth: number) => encoded((writer) => writer.value(nested(depth)));
    expect(decodeValue(written(VALUE_DEPTH_MAX))).toEqual(nested(VALUE_DEPTH_MAX));
    expect(() => written(VALUE_DEPTH_MAX + 1)).toThrow("value too deep");
  });

  it("nest deeper where they are wrapped, as deep as is read", () => {
    const deepest = nested(READ_DEPTH_MAX);
    const bytes = encodeRecord(deepest);
    expect(decodeValue(bytes)).toEqual(deepest);
    expect(() => encodeRecord(nested(READ_DEPTH_MAX + 1))).toThrow("value too deep");
    const deeper = Buffer.concat([fromHex("81"), bytes]);
    expect(() => decodeValue(deeper)).toThrow(MalformedPayload);
  });

  it("write as many bytes as the limit and no more", () => {
    const header = 5;
    const largest = new Uint8Array(VALUE_BYTES_MAX - header);
    expect(encodeRecord(largest).length).toBe(VALUE_BYTES_MAX);
    expect(() => encodeRecord(new Uint8Array(VALUE_BYTES_MAX - header + 1))).toThrow(
      "value too large",
    );
    expect(hex(encodeRecord(1))).toBe("01");
  });

  it("stop at the limit on a value that is small only because its parts are shared", () => {
    let value: Value = ["some text"];
    for (let i = 0; i < 100; i += 1) value = [value, value];
    expect(() => encodeRecord(value)).toThrow(EvaluationError);
  });

  it("refuse a link that is no CID", () => {
    expect(() => encodeRecord(new CidLink("Qm1"))).toThrow(EvaluationError);
    expect(() => encodeRecord(new CidLink("b1"))).toThrow(EvaluationError);
  });
});

describe("a malformed payload", () => {
  it.each([
    ["", "nothing"],
    ["19 03", "a cut argument"],
    ["62 61", "a cut text"],
    ["82 01", "a cut list"],
    ["9b ffffffffffffffff", "a list longer than memory"],
    ["bb 00000000ffffffff", "a map longer than memory"],
    ["9f 01 ff", "an indefinite list"],
    ["1c", "a reserved length"],
    ["a1 01 02", "a key that is not text"],
    ["f9 7e00", "NaN"],
    ["fb 7ff0000000000000", "an infinity"],
    ["c0 60", "an unknown tag"],
    ["d8 1c 80", "a shared reference"],
    ["d8 2a 41 01", "a link without its prefix"],
    ["d8 2a 61 61", "a link of text"],
    ["c1 61 61", "an instant of text"],
    ["c1 fb 7e37e43c8800759c", "an instant out of range"],
    ["d9 03ea a1 05 01", "an unknown part of a duration"],
    ["f8 20", "an unknown simple value"],
    ["01 01", "two values"],
  ])("%s (%s) is a typed error", (bytes) => {
    expect(() => decodeValue(fromHex(bytes))).toThrow(EvaluationError);
  });

  it("never does anything but decode or throw that error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decodeRecords(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(EvaluationError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("sequences", () => {
  it("of records are their items one after the other", () => {
    const items: Value[] = [{ a: 1 }, "x", [null]];
    const payload = Buffer.concat(items.map((item) => encodeRecord(item)));
    expect(decodeRecords(payload)).toEqual(items);
    expect(decodeRecords(new Uint8Array())).toEqual([]);
  });

  it("of rows give back time, order, keys and columns", () => {
    const seen = { seenMs: 1783000000123, seq: 7, place: [0], contents: 0 };
    const order = { seenMs: 900, seq: 2 ** 53 - 1, place: [0, 3], contents: 2 ** 53 - 1 };
    const rows = [
      { timeMs: 1783000000123, order: seen, keys: ["a"], columns: [1, null, new Instant(5)] },
      { timeMs: 1000, order, keys: [], columns: [] },
    ];
    expect(decodeRows(Buffer.concat(rows.map(encodeRow)))).toEqual(rows);
  });

  it("of something other than rows are malformed", () => {
    const others: Value[] = [
      1,
      [1, 2, 3],
      ["1", 2, [], []],
      [1, 2, 3, []],
      [1, [0, 2], [], []],
      [1, [0, 2, "x"], [], []],
      { a: 1 },
    ];
    for (const other of others) {
      expect(() => decodeRows(encodeRecord(other))).toThrow(MalformedPayload);
    }
  });
});

describe("decodeEvent", () => {
  const base = { did: "did:plc:abc", seq: 5, time: 1783000000123 };
  const commit = {
    ...base,
    kind: "commit",
    op: "create",
    collection: "app.bsky.feed.post",
    rkey: "3k2a",
    rev: "3k2b",
    cid: CID,
    record: { text: "hi" },
  };
  const time = new Instant(1783000000123);

  it("reads a commit, with its URI", () => {
    expect(decodeEvent(encode(commit))).toEqual({
      ...commit,
      time,
      uri: "at://did:plc:abc/app.bsky.feed.post/3k2a",
    });
  });

  it("gives a delete null for record and cid", () => {
    const { cid: _cid, record: _record, ...gone } = commit;
    const event = decodeEvent(encode({ ...gone, op: "delete" }));
    expect(event).toMatchObject({ op: "delete", cid: null, record: null });
    expect(Object.keys(event)).toEqual(Object.keys(decodeEvent(encode(commit))));
  });

  it("says when a record was too large to be carried", () => {
    const { record: _record, ...without } = commit;
    const event = decodeEvent(encode({ ...without, oversize: true }));
    expect(event).toMatchObject({ record: null, oversize: true });
  });

  it("reads the other kinds with their own fields", () => {
    const identity = { ...base, kind: "identity", handle: "alice.example" };
    const account = { ...base, kind: "account", active: false, status: "deleted" };
    const sync = { ...base, kind: "sync", rev: "3k2b" };
    for (const event of [identity, account, sync]) {
      expect(decodeEvent(encode(event))).toEqual({ ...event, time });
    }
  });

  it("passes over fields it does not know", () => {
    const event = decodeEvent(encode({ ...commit, read: 1, event: 2, later: 3, constructor: 4 }));
    expect(event).not.toHaveProperty("later");
    expect(event.uri).toBe("at://did:plc:abc/app.bsky.feed.post/3k2a");
  });

  it.each<[string, object]>([
    ["no did", { ...commit, did: null }],
    ["a did that is no text", { ...commit, did: 5 }],
    ["no time", { ...base, time: null, kind: "sync" }],
    ["a fractional time", { ...commit, time: 1.5 }],
    ["no seq", { ...commit, seq: "5" }],
    ["an unknown kind", { ...commit, kind: "other" }],
    ["a commit without op", { ...commit, op: null }],
    ["a commit without collection", { ...commit, collection: null }],
    ["a list", [commit]],
  ])("refuses %s", (_what, event) => {
    expect(() => decodeEvent(encode(event))).toThrow(MalformedPayload);
  });

  it("reads a record that stands in a byte string", () => {
    const record = Buffer.from(encode(commit.record));
    expect(decodeEvent(encode({ ...commit, record }))).toEqual({
      ...decodeEvent(encode(commit)),
      record: commit.record,
    });
  });

  it.each<[string, number[]]>([
    ["nothing", []],
    ["two items", [1, 2]],
    ["a part of an item", [0xa1, 0x61]],
    ["an item that goes on behind its end", [0x78, 40]],
  ])("refuses a byte string of %s as a record", (_what, bytes) => {
    const record = Buffer.from(bytes);
    expect(() => decodeEvent(encode({ ...commit, record }))).toThrow(MalformedPayload);
  });

  it("refuses more than one value", () => {
    expect(() => decodeEvent(Buffer.concat([encode(commit), encode(1)]))).toThrow(MalformedPayload);
  });
});
