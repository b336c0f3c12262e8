// Recordings: `[u32 little-endian length][raw subscribeRepos frame]` repeated, the whole file zstd
// compressed. The same format the shuffler reads.
import { readFile, writeFile } from "node:fs/promises";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

const LENGTH_BYTES = 4;
/** 8 MiB: what every zstd decoder must accept, and enough to see a repo's last commit again. */
const WINDOW_LOG = 23;
/** Of a file that is kept: minutes for 100 MB on a busy machine. */
const LEVEL_KEPT = 19;
const LEVEL_DEFAULT = 3;

/** Compresses frames into one recording. The same frames give the same bytes. @param level of zstd, 1 to 22 */
export function encodeRecording(frames: readonly Uint8Array[], level = LEVEL_DEFAULT): Uint8Array {
  const parts = frames.flatMap((frame) => [lengthPrefix(frame.length), frame]);
  return zstdCompressSync(Buffer.concat(parts), {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_windowLog]: WINDOW_LOG,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
}

/** @throws RangeError when the recording ends inside a frame. */
export function decodeRecording(recording: Uint8Array): Buffer[] {
  const raw = zstdDecompressSync(recording);
  const frames: Buffer[] = [];
  for (let offset = 0; offset < raw.length; ) {
    const start = offset + LENGTH_BYTES;
    const end = start + raw.readUInt32LE(offset);
    if (end > raw.length) throw new RangeError(`frame ${frames.length} is cut off`);
    frames.push(raw.subarray(start, end));
    offset = end;
  }
  return frames;
}

export async function writeRecording(path: string, frames: readonly Uint8Array[]): Promise<void> {
  await writeFile(path, encodeRecording(frames, LEVEL_KEPT));
}

export async function readRecording(path: string): Promise<Buffer[]> {
  return decodeRecording(await readFile(path));
}

function lengthPrefix(length: number): Uint8Array {
  const prefix = Buffer.alloc(LENGTH_BYTES);
  prefix.writeUInt32LE(length);
  return prefix;
}
