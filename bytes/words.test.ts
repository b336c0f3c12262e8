import { expect, it } from "vitest";
import { copyWords, sameWords, uint64At, wordsOf } from "./words.ts";

const LENGTHS = [0, 1, 3, 7, 8, 9, 15, 16, 17, 64, 85];

it("copies so many bytes and no other, at any place", () => {
  for (const length of LENGTHS) {
    const from = Uint8Array.from({ length: length + 5 }, (_, i) => 255 - i);
    const into = new Uint8Array(length + 20).fill(1);
    copyWords(wordsOf(from), 3, 3 + length, new DataView(into.buffer), 6);
    const expected = new Uint8Array(length + 20).fill(1);
    expected.set(from.subarray(3, 3 + length), 6);
    expect(into).toEqual(expected);
  }
});

it("tells apart what differs in any byte, and only in what it is asked about", () => {
  for (const length of LENGTHS) {
    const one = Uint8Array.from({ length: length + 10 }, (_, i) => i * 3);
    const other = new Uint8Array(length + 10);
    other.set(one.subarray(2, 2 + length), 5);
    const same = () =>
      sameWords(new DataView(one.buffer), 2, 2 + length, new DataView(other.buffer), 5);
    expect(same()).toBe(true);
    for (let at = 0; at < other.length; at += 1) {
      other[at] = (other[at] ?? 0) ^ 0x80;
      expect(same(), `byte ${at} of ${length}`).toBe(at < 5 || at >= 5 + length);
      other[at] = (other[at] ?? 0) ^ 0x80;
    }
  }
});

it("reads eight bytes as a number", () => {
  const words = new DataView(new ArrayBuffer(9));
  words.setBigUint64(1, BigInt(Number.MAX_SAFE_INTEGER));
  expect(uint64At(words, 1)).toBe(Number.MAX_SAFE_INTEGER);
});
