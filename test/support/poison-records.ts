// Records that a stranger may publish to do harm: each is one that the shuffler takes (at most `RECORD_BYTES_MAX`
// bytes of DAG-CBOR, nested `RECORD_DEPTH_MAX` deep) and awkward in one field. All have the same fields, harmless
// where they are not the awkward one, so that any program can read any of them.

import type { CborValue } from "../../shuffler/cbor/encode.ts";
import { RECORD_DEPTH_MAX } from "../../shuffler/decode/limits.ts";
import { cborOf, commitFrame, revOf } from "../../shuffler/testing/frames.ts";

export type PoisonFields = {
  /** To group by; the name of the record where that is harmless. */
  readonly key: string;
  readonly n: number;
  readonly text: string;
  /** To unnest. */
  readonly list: readonly CborValue[];
  readonly nested: CborValue;
  readonly fields: { readonly [name: string]: CborValue };
};

export type PoisonRecord = {
  /** Of its kind, unique. */
  readonly name: string;
  readonly fields: PoisonFields;
  /** The record in DAG-CBOR. */
  readonly bytes: Uint8Array;
};

/** A collection without a lexicon that we know, so that its records may have any fields. */
export const POISON_COLLECTION = "com.example.poison";
export const POISON_DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

/** Just below the largest record; in JSON a control character takes six bytes. */
const LARGE_TEXT = 950_000;
const LONG_NAME = 100_000;
/** Three more results than three commits of a thousand take. */
const MENTIONS = 3003;
const COPIES = 40;
const NAMES = 10_000;
/** Lists in the field `nested`, which is one level deep already. */
const NESTED_MAX = RECORD_DEPTH_MAX - 1;
const START_MS = Date.parse("2026-07-04T12:00:00Z");

/** NaN, the infinities, and integers beyond 2^53 in CBOR are no records: the shuffler refuses them. */
const NUMBERS: readonly (readonly [string, number])[] = [
  ["1e308", 1e308],
  ["-1e308", -1e308],
  ["the greatest double", Number.MAX_VALUE],
  ["the least double", -Number.MAX_VALUE],
  ["5e-324", Number.MIN_VALUE],
  ["2^53 - 1", Number.MAX_SAFE_INTEGER],
  ["2^53", 2 ** 53],
  ["2^53 + 2", 2 ** 53 + 2],
  ["-(2^53 - 1)", Number.MIN_SAFE_INTEGER],
  ["a tenth", 0.1],
];

/** -0 in CBOR: our writer says 0 instead. */
const MINUS_ZERO = "fb8000000000000000";
/** As long, and nowhere else in a record: stands where that is to be. */
const PLACEHOLDER = 1.5;

/** All of them, made anew: some 14 MB. */
export function poisonRecords(): PoisonRecord[] {
  return [...numbers(), ...texts(), ...lists(), ...shapes()];
}

/** A record with one awkward field. */
export function poisonRecord(name: string, over: Partial<PoisonFields>): PoisonRecord {
  const harmless = { key: name, n: 1, text: "x", list: [1], nested: null, fields: {} };
  const fields: PoisonFields = { ...harmless, ...over };
  return { name, fields, bytes: cborOf({ $type: POISON_COLLECTION, ...fields }) };
}

/**
 * A commit for each record, all of one account; their positions are their indices.
 * @param places seconds after the start; without them a second apart
 */
export function poisonFrames(
  records: readonly PoisonRecord[],
  places: readonly number[] = records.map((_, index) => index),
): Uint8Array[] {
  return records.map(({ bytes }, index) =>
    commitFrame([{ action: "create", path: `${POISON_COLLECTION}/r${index}`, record: bytes }], {
      repo: POISON_DID,
      seq: index + 1,
      rev: revOf(index),
      since: index === 0 ? null : revOf(index - 1),
      time: new Date(START_MS + 1000 * (places[index] ?? index)).toISOString(),
    }),
  );
}

function numbers(): PoisonRecord[] {
  // Two of each, as one alone overflows nothing; under one key and under keys of their own.
  const plain = NUMBERS.flatMap(([name, n]) => [
    poisonRecord(`number ${name}`, { n }),
    poisonRecord(`number ${name}, again`, { n, key: `number ${name}` }),
    poisonRecord(`number ${name}, of one key`, { n, key: "numbers" }),
  ]);
  return [...plain, minusZero()];
}

function minusZero(): PoisonRecord {
  const { name, fields, bytes } = poisonRecord("number -0", { n: PLACEHOLDER });
  const whole = Buffer.from(bytes);
  whole.set(Buffer.from(MINUS_ZERO, "hex"), whole.indexOf(cborOf(PLACEHOLDER)));
  return { name, fields: { ...fields, n: -0 }, bytes: whole };
}

function texts(): PoisonRecord[] {
  const control = "\u0001".repeat(LARGE_TEXT);
  return [
    poisonRecord("a large text", { text: "x".repeat(LARGE_TEXT) }),
    poisonRecord("a large text of control characters", { text: control }),
    poisonRecord("a large text of astral characters", { text: "😀".repeat(LARGE_TEXT / 4) }),
    poisonRecord("a text that ends in a zero byte", { text: "x\u0000" }),
    poisonRecord("an empty key", { key: "" }),
    poisonRecord("a large key", { key: "k".repeat(LARGE_TEXT) }),
    poisonRecord("a large key of control characters", { key: control }),
    poisonRecord("a key like a subject", { key: "a.*.> b\r\nc" }),
  ];
}

function lists(): PoisonRecord[] {
  const did = (i: number): string => `did:plc:${String(i).padStart(24, "a")}`;
  const copies = Array.from({ length: COPIES }, (_, i) => i);
  const large = "x".repeat(LARGE_TEXT);
  return [
    poisonRecord("3003 mentions", { list: Array.from({ length: MENTIONS }, (_, i) => did(i)) }),
    poisonRecord("40 copies of a large text", { list: copies, text: large }),
    poisonRecord("40 copies of a large key", { list: copies, key: large }),
    poisonRecord("a list of one large text", { list: [large] }),
    poisonRecord("an empty list", { list: [] }),
    poisonRecord("a list of awkward numbers", { list: NUMBERS.map(([, n]) => n) }),
  ];
}

function shapes(): PoisonRecord[] {
  const many = Object.fromEntries(Array.from({ length: NAMES }, (_, i) => [`f${i}`, i]));
  return [
    poisonRecord("lists nested as deep as may be", { nested: nestedLists(NESTED_MAX) }),
    poisonRecord("objects nested as deep as may be", { nested: nestedObjects(NESTED_MAX) }),
    poisonRecord("10 000 fields", { fields: many }),
    poisonRecord("a field of a long name", { fields: { ["n".repeat(LONG_NAME)]: 1 } }),
    poisonRecord("a field without a name", { fields: { "": 1 } }),
    // Computed: else it would be the prototype.
    poisonRecord("a field __proto__", { fields: { ["__proto__"]: 1 } }),
    poisonRecord("fields of Object", {
      fields: { constructor: 1, toString: 2, hasOwnProperty: 3 },
    }),
  ];
}

/** @param levels of lists, one in the other */
export function nestedLists(levels: number): CborValue {
  let value: CborValue = 1;
  for (let i = 0; i < levels; i += 1) value = [value];
  return value;
}

function nestedObjects(levels: number): CborValue {
  let value: CborValue = 1;
  for (let i = 0; i < levels; i += 1) value = { o: value };
  return value;
}
