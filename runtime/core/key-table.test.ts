import { expect, it } from "vitest";
import { LENGTHS } from "../../test/support/cbor-cases.ts";
import { KeyTable, NO_ENTRY } from "./key-table.ts";

const FIRST = "s".charCodeAt(0);

it("numbers keys in the order they come, and finds them wherever their bytes stand", () => {
  const table = new KeyTable();
  const keys = Array.from({ length: 5000 }, (_, i) => `key ${i % 7} ${i}`);
  for (const [i, key] of keys.entries()) {
    const bytes = Buffer.from(`<${key}>`);
    expect(table.find(FIRST, bytes, 1, bytes.length - 1)).toBe(NO_ENTRY);
    expect(table.add(FIRST, bytes, 1, bytes.length - 1)).toBe(i);
  }
  const found = keys.map((key) => table.find(FIRST, Buffer.from(key), 0, key.length));
  expect(found).toEqual(keys.map((_, i) => i));
  expect(keys.map((_, i) => Buffer.from(table.key(i)).toString())).toEqual(
    keys.map((key) => `s${key}`),
  );
  expect(table.find("[".charCodeAt(0), Buffer.from("key 0 0"), 0, 7)).toBe(NO_ENTRY);
});

it("keeps more keys of one hash than it has probes for", () => {
  const table = new KeyTable();
  const keys = ofOneSlot(200);
  for (const [i, key] of keys.entries()) expect(table.add(FIRST, key, 0, key.length)).toBe(i);
  expect(keys.map((key) => table.find(FIRST, key, 0, key.length))).toEqual(keys.map((_, i) => i));
  expect(table.find(FIRST, Buffer.from("another"), 0, 7)).toBe(NO_ENTRY);
});

it("finds many keys at once as it does each of them", () => {
  const table = new KeyTable();
  const known = [
    ...ofOneSlot(50),
    ...Array.from({ length: 500 }, (_, i) => Buffer.from(`key ${i}`)),
  ];
  for (const key of known) table.add(FIRST, key, 0, key.length);
  const keys = [Buffer.from("none"), ...known, Buffer.from("key 500")];
  const bytes = Buffer.concat([Buffer.from("--"), ...keys]);
  let at = 2;
  const ends = Int32Array.from(keys, (key) => (at += key.length));
  const starts = ends.map((end, i) => end - (keys[i]?.length ?? 0));
  const numbers = new Int32Array(keys.length + 1).fill(77);
  table.findAll(FIRST, bytes, { starts, ends }, keys.length, numbers);
  const each = keys.map((key) => table.find(FIRST, key, 0, key.length));
  expect([...numbers]).toEqual([...each, 77]);
  expect(each).toEqual([NO_ENTRY, ...known.keys(), NO_ENTRY]);
});

it("knows no key any more when it is cleared, and numbers from 0", () => {
  const table = new KeyTable();
  const keys = [...ofOneSlot(50), Buffer.from("one"), Buffer.from("two")];
  for (const key of keys) table.add(FIRST, key, 0, key.length);
  table.clear();
  expect(table.size).toBe(0);
  expect(keys.map((key) => table.find(FIRST, key, 0, key.length))).toEqual(
    keys.map(() => NO_ENTRY),
  );
  expect(keys.map((key) => table.add(FIRST, key, 0, key.length))).toEqual(keys.map((_, i) => i));
  expect(keys.map((_, i) => Buffer.from(table.key(i)).subarray(1))).toEqual(
    keys.map((key) => Buffer.from(key)),
  );
});

it("keeps keys as they are at every fill of its memory, where the next is the first not to fit", () => {
  const startBytes = 2048;
  for (const length of LENGTHS) {
    for (let left = 0; left <= length + 2; left += 1) {
      const table = new KeyTable();
      const keys = [startBytes - left - 1, length, length + 1].map((bytes, i) =>
        Buffer.alloc(bytes, i + 1),
      );
      for (const key of keys) table.add(FIRST, key, 0, key.length);
      for (const [i, key] of keys.entries()) {
        expect(table.find(FIRST, key, 0, key.length)).toBe(i);
        const isSame = Buffer.from([FIRST, ...key]).equals(table.key(i));
        expect(isSame, `key ${i} of ${length} bytes, ${left} bytes from the end`).toBe(true);
      }
    }
  }
});

/** Keys of one hash. */
function ofOneSlot(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => collidingKey(i));
}

/** The second word takes back what the first makes of the hash: `hashOf`, backwards. */
function collidingKey(index: number): Uint8Array {
  const start = 8 ^ (FIRST << 24);
  const mixed = Math.imul(start ^ index, 0x9e3779b1);
  const spread = Math.imul(mixed ^ (mixed >>> 15), inverseOf(0x27d4eb2f));
  const other = spread ^ (spread >>> 16);
  const key = Buffer.alloc(8);
  key.writeInt32LE(index, 0);
  key.writeInt32LE(Math.imul(other, inverseOf(0xc2b2ae35)), 4);
  return key;
}

/** Of an odd number modulo 2^32, by Newton. */
function inverseOf(odd: number): number {
  let inverse = odd;
  for (let bits = 3; bits < 32; bits *= 2) {
    inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  }
  return inverse;
}
