import { hash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileBytes, plainBytes } from "./file-bytes.ts";
import { GZIP_HEADER_BYTES_MAX } from "./gzip-bytes.ts";
import { SourceError, type SourceErrorCode } from "./source.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-bytes-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

const TEXT = Buffer.from(Array.from({ length: 80 }, (_, i) => `line ${i} ${i * 7919}\n`).join(""));
/** Too much for one block of zstd, or for one buffer of gzip. */
const LONG = Buffer.from(
  Array.from({ length: 20_000 }, (_, i) => hash("md5", String(i), "base64")).join("\n"),
);
const GARBAGE = Buffer.from("and then something else, which is longer than a checksum");

function zstd(data: Buffer): Buffer {
  return zstdCompressSync(data, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** @param kind 0 to 15 */
function skippable(data: Buffer, kind = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50 + kind, 0);
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data]);
}

/** With all that a header may have. */
function gzipWithHeader(data: Buffer): Buffer {
  const packed = gzipSync(data);
  const fields = Buffer.from("\x03\x00xyza name\0a comment\0\x00\x00", "latin1");
  const head = Buffer.from(packed.subarray(0, 10));
  head[3] = 2 | 4 | 8 | 16;
  return Buffer.concat([head, fields, packed.subarray(10)]);
}

/** All that comes, and the error behind it. */
async function read(bytes: Buffer, name: string, chunkBytes = 65_536) {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      yield bytes.subarray(at, at + chunkBytes);
    }
  }
  const parts: Buffer[] = [];
  try {
    for await (const part of plainBytes(chunks(), name)) parts.push(part);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return { data: Buffer.concat(parts), error };
  }
  return { data: Buffer.concat(parts), error: null };
}

/** The data of `packed`, and the error behind them, with the place that it names. */
async function expectBroken(
  packed: Buffer,
  name: string,
  expected: { data: Buffer; code: SourceErrorCode; at: number },
) {
  const { data, error } = await read(packed, name);
  expect(data.equals(expected.data), `${data.length} of ${expected.data.length} bytes`).toBe(true);
  expect(error?.code).toBe(expected.code);
  expect(error?.message).toContain(name);
  expect(error?.message).toMatch(new RegExp(`at byte ${expected.at}\\b`));
}

describe("what a file begins with says how it is compressed", () => {
  it.each([
    ["x.jsonl", TEXT],
    ["x.jsonl", zstd(TEXT)],
    ["x", gzipSync(TEXT)],
    ["x.zst", gzipSync(TEXT)],
    ["x.gz", zstd(TEXT)],
    ["x.zst", skippable(zstd(TEXT)).subarray(0, 8 + zstd(TEXT).length)],
  ])("%s", async (name, bytes) => {
    const { data, error } = await read(bytes, name);
    expect(error).toBeNull();
    const skipped = bytes.readUInt32LE(0) === 0x184d2a50;
    expect(data.equals(skipped ? Buffer.alloc(0) : TEXT)).toBe(true);
  });

  it("a plain recording may begin as gzip does", async () => {
    const recording = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), TEXT]);
    expect((await read(recording, "a.frames")).data.equals(recording)).toBe(true);
    expect((await read(recording, "a.frames.gz")).error?.code).toBe("source_corrupt");
  });

  it("an ending that promises more than the bytes hold is an error", async () => {
    expect((await read(TEXT, "x.zst")).error?.message).toBe("x.zst is no zstd data");
    expect((await read(TEXT, "x.gz")).error?.message).toBe("x.gz is no gzip data");
    for (const name of ["x.zst", "x.gz"]) {
      const { error } = await read(Buffer.alloc(0), name);
      expect(error?.code).toBe("source_truncated");
    }
    expect(await read(Buffer.alloc(0), "x.jsonl")).toEqual({ data: Buffer.alloc(0), error: null });
  });

  it("a file that is not there is missing", async () => {
    const bytes = fileBytes(join(folder, "gone.jsonl"));
    await expect(bytes.next()).rejects.toMatchObject({ code: "source_missing" });
    await writeFile(join(folder, "here.zst"), zstd(TEXT));
    const parts: Buffer[] = [];
    for await (const part of fileBytes(join(folder, "here.zst"))) parts.push(part);
    expect(Buffer.concat(parts).equals(TEXT)).toBe(true);
  });
});

describe("all frames and members are read", () => {
  it("of zstd, skippable ones left out, however the bytes are cut", async () => {
    const part = fc.oneof(
      fc.string({ maxLength: 300 }).map((text) => ({ text, skipped: false, summed: true })),
      fc.string({ maxLength: 300 }).map((text) => ({ text, skipped: false, summed: false })),
      fc.string({ maxLength: 20 }).map((text) => ({ text, skipped: true, summed: false })),
    );
    const parts = fc.array(part, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 40 }), async (all, chunkBytes) => {
        const packed = all.map(({ text, skipped, summed }, i) => {
          const data = Buffer.from(text);
          if (skipped) return skippable(data, i);
          return summed ? zstd(data) : zstdCompressSync(data);
        });
        const kept = all.filter(({ skipped }) => !skipped).map(({ text }) => text);
        const { data, error } = await read(Buffer.concat(packed), "x.zst", chunkBytes);
        expect(error).toBeNull();
        expect(data.equals(Buffer.from(kept.join("")))).toBe(true);
      }),
    );
  });

  it("of gzip, however the bytes are cut, with whatever a header has", async () => {
    const texts = fc.array(fc.tuple(fc.string({ maxLength: 300 }), fc.boolean()), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 40 }), async (all, chunkBytes) => {
        const packed = all.map(([text, long]) =>
          long ? gzipWithHeader(Buffer.from(text)) : gzipSync(text),
        );
        const { data, error } = await read(Buffer.concat(packed), "x.gz", chunkBytes);
        expect(error).toBeNull();
        expect(data.equals(Buffer.from(all.map(([text]) => text).join("")))).toBe(true);
      }),
    );
  });

  it.each([zstd, gzipSync])("when each is larger than any buffer", async (pack) => {
    const { data, error } = await read(Buffer.concat([pack(LONG), pack(LONG)]), "x");
    expect(error).toBeNull();
    expect(data.equals(Buffer.concat([LONG, LONG]))).toBe(true);
  });

  it("of gzip with a header of the limit; a longer one is damage", async () => {
    const packed = gzipSync(TEXT);
    const named = (bytes: number): Buffer => {
      const head = Buffer.from(packed.subarray(0, 10));
      head[3] = 8;
      const name = Buffer.alloc(bytes - 10, "n");
      name[name.length - 1] = 0;
      return Buffer.concat([head, name, packed.subarray(10)]);
    };
    const { data, error } = await read(named(GZIP_HEADER_BYTES_MAX), "x.gz");
    expect(error).toBeNull();
    expect(data.equals(TEXT)).toBe(true);
    const past = await read(named(GZIP_HEADER_BYTES_MAX + 1), "x.gz");
    expect(past.error?.message).toContain("its header does not end");
  });

  it("of zstd with blocks of one repeated byte", async () => {
    const zeros = Buffer.alloc(1_000_000);
    const { data, error } = await read(Buffer.concat([zstd(zeros), zstd(TEXT)]), "x.zst");
    expect(error).toBeNull();
    expect(data.equals(Buffer.concat([zeros, TEXT]))).toBe(true);
  });

  it("zeros behind gzip data are nothing", async () => {
    const { data, error } = await read(Buffer.concat([gzipSync(TEXT), Buffer.alloc(9000)]), "x.gz");
    expect(error).toBeNull();
    expect(data.equals(TEXT)).toBe(true);
  });
});

describe("what ends early or is damaged is an error with its place, behind what was good", () => {
  it.each([
    ["zstd", zstd],
    ["gzip", gzipSync],
  ])("%s, cut at any byte", async (_, pack) => {
    const packed = Buffer.concat([pack(TEXT), pack(TEXT)]);
    const whole = pack(TEXT).length;
    for (let end = 0; end < packed.length; end += 1) {
      const { data, error } = await read(
        packed.subarray(0, end),
        `x.${pack === zstd ? "zst" : "gz"}`,
      );
      if (end === whole) expect(error).toBeNull();
      else {
        expect(error?.code, `cut at ${end}`).toBe("source_truncated");
        expect(error?.message).toContain(`at byte ${end},`);
      }
      if (end >= whole) expect(data.subarray(0, TEXT.length).equals(TEXT)).toBe(true);
      expect(Buffer.concat([TEXT, TEXT]).subarray(0, data.length).equals(data)).toBe(true);
    }
  });

  it.each([
    ["x.zst", zstd, 4],
    ["x.gz", gzipSync, 8],
  ])("%s with a wrong checksum", async (name, pack, sumBytes) => {
    const packed = Buffer.concat([pack(TEXT), pack(TEXT)]);
    const at = pack(TEXT).length - sumBytes;
    packed[at] = (packed[at] ?? 0) ^ 1;
    await expectBroken(packed, name, { data: TEXT, code: "source_corrupt", at });
  });

  it("a gzip member whose length is another", async () => {
    const packed = gzipSync(TEXT);
    packed[packed.length - 1] = 1;
    const at = packed.length - 8;
    await expectBroken(packed, "x.gz", { data: TEXT, code: "source_corrupt", at });
  });

  it.each([
    ["x.zst", zstd],
    ["x.gz", gzipSync],
  ])("%s with garbage behind", async (name, pack) => {
    const at = pack(TEXT).length;
    for (const end of [1, 5, GARBAGE.length]) {
      const packed = Buffer.concat([pack(TEXT), GARBAGE.subarray(0, end)]);
      const code = name === "x.gz" && end < 2 ? "source_truncated" : "source_corrupt";
      const place = code === "source_truncated" ? at + end : at;
      await expectBroken(packed, name, { data: TEXT, code, at: place });
    }
  });

  it("a zstd block that is damaged: the blocks before it come", async () => {
    const packed = zstdCompressSync(LONG);
    const damaged = Buffer.from(packed);
    damaged.fill(0xff, packed.length - 400);
    const { data, error } = await read(damaged, "x.zst");
    expect(error?.code).toBe("source_corrupt");
    expect(data.length).toBeGreaterThanOrEqual(131_072);
    expect(LONG.subarray(0, data.length).equals(data)).toBe(true);
  });

  it("a reader that has enough leaves nothing open", async () => {
    for (const pack of [zstd, gzipSync]) {
      let closed = false;
      async function* chunks() {
        try {
          for (;;) yield pack(LONG);
        } finally {
          closed = true;
        }
      }
      for await (const _ of plainBytes(chunks(), "x")) break;
      expect(closed).toBe(true);
    }
  });
});
