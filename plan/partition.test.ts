import { describe, expect, it } from "vitest";
import { hash32, hash32OfAscii, partitionOf } from "./partition.ts";

describe("partitionOf", () => {
  it("gives the same partition for ever: the values are part of the stored data", () => {
    expect(hash32("")).toBe(0);
    expect([hash32("a"), hash32("did:plc:alice"), hash32("é😀")]).toMatchInlineSnapshot(`
      [
        1867108634,
        3055618570,
        2273808744,
      ]
    `);
  });

  it("spreads DIDs evenly: no partition of 8 is off by more than a tenth", () => {
    const counts = new Array<number>(8).fill(0);
    for (let i = 0; i < 80_000; i += 1) {
      const partition = partitionOf(`did:plc:${i.toString(36)}`, 8);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(1000);
  });
});

it("hashes ASCII bytes as the text they are, and leaves other bytes alone", () => {
  for (let length = 0; length < 20; length += 1) {
    const text = "did:plc:0123456789abcdef".slice(0, length);
    const words = wordsOf(`--${text}--`);
    expect(hash32OfAscii("s".charCodeAt(0), words, 2, 2 + length)).toBe(hash32(`s${text}`));
  }
  for (const text of ["aé", "did:plcé", "é:plc:alice", "did:é"]) {
    const length = Buffer.byteLength(text);
    expect(hash32OfAscii("s".charCodeAt(0), wordsOf(`${text}more`), 0, length)).toBeNull();
  }
});

function wordsOf(text: string): DataView {
  const bytes = new TextEncoder().encode(text);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
