// The recording format is read by others: its bytes are fixed here.
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { expect, it } from "vitest";
import { decodeRecording, encodeRecording } from "./recording.ts";

const FRAMES = [Uint8Array.of(1, 2, 3), Uint8Array.of(), new Uint8Array(300).fill(7)];

it("writes each frame after its length as a little-endian u32", () => {
  const raw = zstdDecompressSync(encodeRecording(FRAMES));
  expect([...raw.subarray(0, 15)]).toEqual([3, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 44, 1, 0, 0]);
});

it("reads back what it wrote", () => {
  const frames = decodeRecording(encodeRecording(FRAMES));
  expect(frames.map((frame) => [...frame])).toEqual(FRAMES.map((frame) => [...frame]));
});

it("refuses a recording that ends inside a frame or inside a length", () => {
  const inFrame = zstdCompressSync(Uint8Array.of(4, 0, 0, 0, 1, 2, 3));
  expect(() => decodeRecording(inFrame)).toThrow(RangeError);
  const inLength = zstdCompressSync(Uint8Array.of(4, 0));
  expect(() => decodeRecording(inLength)).toThrow(RangeError);
});
