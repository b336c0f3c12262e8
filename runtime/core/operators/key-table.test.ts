import { expect, it } from "vitest";
import { hashOf, KeyTable } from "./key-table.ts";

function bytesOf(key: string): Uint8Array {
  return Buffer.from(`<${key}>`);
}

it("finds what was added under the same bytes, wherever they stand", () => {
  const table = new KeyTable<string>();
  const keys = Array.from({ length: 5000 }, (_, i) => `key ${i % 7} ${i}`);
  let lost = 0;
  for (const key of keys) {
    const bytes = bytesOf(key);
    const hash = hashOf(bytes, 1, bytes.length - 1);
    expect(table.find(bytes, 1, bytes.length - 1, hash)).toBeUndefined();
    table.add(bytes, 1, bytes.length - 1, hash, key);
  }
  for (const key of keys) {
    const bytes = Buffer.from(key);
    const found = table.find(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length));
    if (found === undefined) lost += 1;
    else expect(found).toBe(key);
  }
  expect(lost).toBeLessThan(keys.length / 20);
});

it("forgets keys of one hash rather than search long for them", () => {
  const table = new KeyTable<number>();
  for (let i = 0; i < 100; i += 1) table.add(Uint8Array.of(i), 0, 1, 7, i);
  const found = Array.from({ length: 100 }, (_, i) => table.find(Uint8Array.of(i), 0, 1, 7));
  expect(found.slice(0, 16)).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect(found.slice(16).every((value) => value === undefined)).toBe(true);
});
