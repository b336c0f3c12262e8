import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MESSAGE_BYTES_MAX } from "../decode/limits.ts";
import { Recorder, RecorderError } from "../recorder.ts";
import { commitFrame, create } from "../testing/frames.ts";
import { readAll } from "../testing/items.ts";
import { openRecording } from "./recording.ts";
import { SOURCE_NAME_CHARS_MAX, SourceError } from "./source.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-recording-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

/** Enough for several chunks of the file and of the decompressor. */
const FRAMES = Array.from({ length: 3000 }, (_, seq) => commitFrame([create(`r${seq}`)], { seq }));

function recordingOf(frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32LE(frame.length);
      return [prefix, frame];
    }),
  );
}

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

function sourceErrorOf(error: unknown): SourceError {
  if (error instanceof SourceError) return error;
  throw new Error("no SourceError");
}

describe("openRecording", () => {
  it.each([
    ["plain", "a.frames", (raw: Buffer) => raw],
    ["zstd", "a.frames.zst", (raw: Buffer) => zstdCompressSync(raw)],
  ])("gives the frames of a %s recording with their indices", async (_, name, pack) => {
    const path = await written(name, pack(recordingOf(FRAMES)));
    const { items, error } = await readAll(openRecording(path, null));
    expect(error).toBeNull();
    expect(items.map((item) => item.position)).toEqual(FRAMES.map((_frame, i) => i));
    expect(items.every((item, i) => Buffer.compare(item.raw, FRAMES[i] ?? item.raw) === 0)).toBe(
      true,
    );
  });

  it("is named after its file, in characters that a header can carry", () => {
    expect(openRecording("/somewhere/day one é.frames", null).name).toBe("day_one__.frames");
    const longest = "a".repeat(SOURCE_NAME_CHARS_MAX);
    expect(openRecording(longest, null).name).toBe(longest);
    expect(openRecording(`${longest}b`, null).name).toBe(longest);
  });

  it("goes on behind the given position", async () => {
    const path = await written("b.frames.zst", zstdCompressSync(recordingOf(FRAMES)));
    const { items } = await readAll(openRecording(path, 2990));
    expect(items.map((item) => item.position)).toEqual([
      2991, 2992, 2993, 2994, 2995, 2996, 2997, 2998, 2999,
    ]);
  });

  it("delivers what is whole in a truncated recording, then says where it is cut", async () => {
    const raw = recordingOf(FRAMES.slice(0, 10));
    const lastAt = recordingOf(FRAMES.slice(0, 9)).length;
    for (const cut of [lastAt + 2, raw.length - 1]) {
      const path = await written("cut.frames", raw.subarray(0, cut));
      const { items, error } = await readAll(openRecording(path, null));
      expect(items).toHaveLength(9);
      expect(sourceErrorOf(error).code).toBe("source_truncated");
      expect(sourceErrorOf(error).message).toContain(`byte ${lastAt}`);
      expect(sourceErrorOf(error).message).toContain(path);
    }
  });

  it("delivers what is whole in truncated zstd data", async () => {
    const packed = zstdCompressSync(recordingOf(FRAMES));
    const path = await written("cut.frames.zst", packed.subarray(0, packed.length - 20));
    const { items, error } = await readAll(openRecording(path, null));
    expect(sourceErrorOf(error).code).toBe("source_truncated");
    expect(sourceErrorOf(error).message).toMatch(/ends at byte \d+, .*in the frame at byte \d+ of/);
    expect(items.length).toBeGreaterThan(0);
    expect(items.length).toBeLessThan(FRAMES.length);
  });

  it("takes a message of the limit, oversize frames included, and refuses a length past it", async () => {
    const fits = await written("fits.frames", recordingOf([new Uint8Array(MESSAGE_BYTES_MAX)]));
    expect((await readAll(openRecording(fits, null))).items).toHaveLength(1);
    const past = await written("past.frames", recordingOf([new Uint8Array(MESSAGE_BYTES_MAX + 1)]));
    const { items, error } = await readAll(openRecording(past, null));
    expect(items).toEqual([]);
    expect(sourceErrorOf(error)).toMatchObject({ code: "source_corrupt" });
    expect(sourceErrorOf(error).message).toContain("at byte 0");
  });

  it("says so when a file is not zstd or is not there", async () => {
    const path = await written("not.frames.zst", Buffer.from("this is no zstd data at all"));
    expect(sourceErrorOf((await readAll(openRecording(path, null))).error).code).toBe(
      "source_corrupt",
    );
    const gone = openRecording(join(folder, "gone.frames"), null);
    expect(sourceErrorOf((await readAll(gone)).error).code).toBe("source_missing");
  });
});

describe("Recorder", () => {
  const clock = { now: () => 0, sleep: async () => {} };

  it("writes what openRecording reads", async () => {
    const path = join(folder, "new.frames.zst");
    {
      await using recorder = await Recorder.create(path, clock);
      for (const frame of FRAMES) await recorder.write(frame);
      expect(recorder.frames).toBe(FRAMES.length);
    }
    const { items, error } = await readAll(openRecording(path, null));
    expect(error).toBeNull();
    expect(items.map((item) => Buffer.from(item.raw))).toEqual(
      FRAMES.map((frame) => Buffer.from(frame)),
    );
  });

  it("writes a checksum, so that a byte that has changed is found", async () => {
    const path = join(folder, "summed.frames.zst");
    {
      await using recorder = await Recorder.create(path, clock);
      await recorder.write(FRAMES[0] ?? new Uint8Array());
    }
    const packed = await readFile(path);
    packed[packed.length - 1] = (packed.at(-1) ?? 0) ^ 1;
    const { items, error } = await readAll(
      openRecording(await written("bent.frames.zst", packed), null),
    );
    expect(items).toHaveLength(1);
    expect(sourceErrorOf(error).code).toBe("source_corrupt");
    expect(sourceErrorOf(error).message).toContain(`at byte ${packed.length - 4}`);
  });

  it("is readable up to the last flush after a crash", async () => {
    const path = join(folder, "crash.frames.zst");
    await using recorder = await Recorder.create(path, clock);
    for (const frame of FRAMES.slice(0, 100)) await recorder.write(frame);
    await recorder.flush();
    await expect.poll(async () => (await framesIn(path)).length).toBe(100);
    await recorder.write(FRAMES[100] ?? new Uint8Array());
    expect(await framesIn(path)).toHaveLength(100);
  });

  /** What could be read if the process died now. */
  async function framesIn(path: string): Promise<readonly unknown[]> {
    const copy = await written("copy.frames.zst", await readFile(path));
    return (await readAll(openRecording(copy, null))).items;
  }

  it("does not overwrite a file, and refuses a frame past the limit", async () => {
    const path = await written("old.frames.zst", Buffer.from("precious"));
    await expect(Recorder.create(path, clock)).rejects.toThrow(RecorderError);
    await using recorder = await Recorder.create(join(folder, "limit.frames.zst"), clock);
    await recorder.write(new Uint8Array(MESSAGE_BYTES_MAX));
    await expect(recorder.write(new Uint8Array(MESSAGE_BYTES_MAX + 1))).rejects.toThrow(RangeError);
  });
});
