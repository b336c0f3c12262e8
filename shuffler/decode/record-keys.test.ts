import { describe, expect, it } from "vitest";
import { cborOf, commitFrame, create } from "../testing/frames.ts";
import { checkRecord } from "./commit.ts";
import { decodeFrame } from "./frame.ts";
import { Malformed } from "./rejection.ts";

const [A, B] = [
  [0x61, 0x61],
  [0x61, 0x62],
];
/** `{a: 1, b: 2}` with other keys. */
const pair = (first: number[], second: number[]): number[] => [0xa2, ...first, 1, ...second, 2];
const record = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

describe("a record with a key twice", () => {
  it.each([
    ["in order", pair(A, A)],
    ["out of order", [0xa3, ...B, 1, ...A, 2, ...B, 3]],
    ["in a map in a list", [0xa1, ...A, 0x82, 0xf6, ...pair(B, B)]],
    ["behind a map in another order", [0xa2, ...A, ...pair(B, A), ...A, 1]],
    ["an empty key", [0xa2, 0x60, 1, 0x60, 1]],
    ["one that is no ASCII", [0xa2, 0x62, 0xc3, 0xa9, 1, 0x62, 0xc3, 0xa9, 1]],
    [
      "__proto__",
      [0xa2, 0x69, ...Buffer.from("__proto__"), 1, 0x69, ...Buffer.from("__proto__"), 2],
    ],
  ])("is refused: %s", (_, bytes) => {
    expect(() => checkRecord(record(...bytes))).toThrow(Malformed);
    expect(() => checkRecord(record(...bytes))).toThrow("a key that is there twice");
  });

  it("is told from one whose keys are out of order, or the same in two maps", () => {
    expect(checkRecord(record(...pair(B, A)))).toBe(false);
    expect(checkRecord(record(0xa2, ...B, ...pair(A, B), ...A, 0x81, ...pair(B, A)))).toBe(false);
    const odd = cborOf({ l: new Uint8Array(3), s: "é", n: [1.5, null, true, -70_000] });
    expect(checkRecord(record(0xa2, ...B, ...odd, ...A, ...odd))).toBe(false);
  });

  it("is refused alone: its siblings arrive", () => {
    const frame = commitFrame([create("a"), create("b", record(...pair(A, A))), create("c")]);
    expect(decodeFrame(frame)).toMatchObject({
      kind: "commit",
      ops: [{ rkey: "a" }, { rkey: "c" }],
      rejected: [{ reason: "bad_record", detail: expect.stringContaining("twice") }],
    });
  });
});
