import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MESSAGE_BYTES_MAX } from "../decode/limits.ts";
import { carOf, cborOf, commitFrame, create, identityFrame, syncFrame } from "../testing/frames.ts";
import { formatOfContent, formatOfEnding } from "./format.ts";

function recordingOf(frame: Uint8Array, claimed = frame.length): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(claimed);
  return Buffer.concat([length, frame]).subarray(0, 64);
}

describe("what a source holds", () => {
  it("is said by its ending", () => {
    for (const packed of ["", ".zst", ".gz"]) {
      expect(formatOfEnding(`a.frames${packed}`)).toBe("recording");
      expect(formatOfEnding(`a.jsonl${packed}`)).toBe("jetstream");
      expect(formatOfEnding(`a.ndjson${packed}`)).toBe("jetstream");
      expect(formatOfEnding(`a.car${packed}`)).toBe("repo");
    }
    for (const name of ["a.json", "a.zst", "a.json.gz", "frames", "a.frames.bak", "a.jsonl.xz"]) {
      expect(formatOfEnding(name), name).toBeNull();
    }
  });

  it("is seen at its beginning", () => {
    for (const frame of [commitFrame([create("a")]), identityFrame(), syncFrame()]) {
      expect(formatOfContent(recordingOf(frame))).toBe("recording");
    }
    const error = Buffer.concat([cborOf({ op: -1 }), cborOf({ error: "x" })]);
    expect(formatOfContent(recordingOf(error))).toBe("recording");
    expect(formatOfContent(Buffer.from(carOf([cborOf({ version: 3 })])))).toBe("repo");
    for (const text of ['{"did":1}', ' \n\t{"a"', "\u{feff}{"]) {
      expect(formatOfContent(Buffer.from(text)), text).toBe("jetstream");
    }
  });

  it("is nothing else", () => {
    const frame = commitFrame([create("a")]);
    expect(formatOfContent(recordingOf(frame, MESSAGE_BYTES_MAX))).toBe("recording");
    expect(formatOfContent(recordingOf(frame, MESSAGE_BYTES_MAX + 1))).toBeNull();
    const others = ["", "a", "[1]", "<html>", "PK\x03\x04", "\x7fELF"].map((text) =>
      Buffer.from(text),
    );
    for (const other of [...others, readFileSync(process.execPath).subarray(0, 64)]) {
      expect(formatOfContent(other)).toBeNull();
    }
  });
});
