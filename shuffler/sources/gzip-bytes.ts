// All members of gzip data (RFC 1952) as one run of bytes, as `gzip -dc` gives it. Headers and checksums are read
// here: Node's own reader throws away what it has decompressed when a checksum is wrong or garbage follows.

import { crc32, createInflateRaw } from "node:zlib";
import { cutOff, damaged, Steps } from "./decompress.ts";
import { SourceError } from "./source.ts";

const MAGIC = 0x8b1f;
const DEFLATE = 8;
const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16 } as const;
/** Of a header: it may hold a name and a comment of any length. */
export const GZIP_HEADER_BYTES_MAX = 1_000_000;

/**
 * Zeros behind a member are nothing: they fill a block of a tape.
 * @param name of the data, for errors
 * @throws SourceError `source_truncated`, `source_corrupt` with the place, behind all that came before it
 */
export async function* gzipBytes(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]();
  const input = new Input(iterator, name);
  try {
    for (let members = 0; await input.hasMember(members > 0); members += 1) {
      await input.takeHeader();
      yield* member(input);
    }
  } finally {
    await iterator.return?.();
  }
}

/** @yields the data of one member, which is checked after that */
async function* member(input: Input): AsyncGenerator<Buffer> {
  const inflater = createInflateRaw();
  using steps = new Steps(inflater);
  let crc = 0;
  let length = 0;
  for (let written = 0, isOver = false; !isOver; written = inflater.bytesWritten) {
    await input.need(1);
    const given = input.bytes;
    for await (const data of steps.write(given, (error) => input.damaged(error))) {
      crc = crc32(data, crc);
      length += data.length;
      yield data;
    }
    const taken = inflater.bytesWritten - written;
    isOver = taken < given.length; // It takes everything unless it has come to its end.
    input.take(taken);
  }
  await input.need(TRAILER_BYTES);
  const isGood =
    input.bytes.readUInt32LE(0) === crc && input.bytes.readUInt32LE(4) === length % 2 ** 32;
  if (!isGood) throw input.damaged("the checksum is another");
  input.take(TRAILER_BYTES);
}

/** What was read and not yet taken. */
class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #name: string;
  bytes: Buffer = Buffer.alloc(0);
  /** Where they begin in the file. */
  #at = 0;

  constructor(chunks: AsyncIterator<Buffer>, name: string) {
    this.#chunks = chunks;
    this.#name = name;
  }

  take(count: number): void {
    this.bytes = this.bytes.subarray(count);
    this.#at += count;
  }

  /** @throws SourceError when there are no `count` bytes more */
  async need(count: number): Promise<void> {
    while (this.bytes.length < count) {
      if (!(await this.#more())) throw cutOff(this.#name, this.#at + this.bytes.length);
    }
  }

  /** Whether there is more than zeros. @param isBehind there was a member before */
  async hasMember(isBehind: boolean): Promise<boolean> {
    if (!isBehind) return true;
    for (;;) {
      const end = this.bytes.findIndex((byte) => byte !== 0);
      this.take(end < 0 ? this.bytes.length : end);
      if (end >= 0) return true;
      if (!(await this.#more())) return false;
    }
  }

  /** Passes over the header of a member. */
  async takeHeader(): Promise<void> {
    await this.need(2);
    if (this.bytes.readUInt16LE() !== MAGIC) throw this.#noGzip();
    await this.need(HEADER_BYTES);
    if (this.bytes[2] !== DEFLATE) throw this.#noGzip();
    for (;;) {
      const end = headerEnd(this.bytes);
      if ((end ?? this.bytes.length) > GZIP_HEADER_BYTES_MAX) {
        throw this.damaged("its header does not end");
      }
      if (end !== null) return this.take(end);
      await this.need(this.bytes.length + 1);
    }
  }

  damaged(cause: unknown): SourceError {
    return damaged(this.#name, this.#at, cause);
  }

  #noGzip(): SourceError {
    if (this.#at > 0) return this.damaged("what follows the gzip data is none");
    return new SourceError("source_corrupt", `${this.#name} is no gzip data`);
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.bytes = this.bytes.length === 0 ? next.value : Buffer.concat([this.bytes, next.value]);
    return true;
  }
}

/** Where the header ends that `bytes` begin with; null when not all of it is there. */
function headerEnd(bytes: Buffer): number | null {
  const flags = bytes[3] ?? 0;
  let at: number = HEADER_BYTES;
  if ((flags & FLAG.extra) !== 0) {
    if (bytes.length < at + 2) return null;
    at += 2 + bytes.readUInt16LE(at);
  }
  for (const flag of [FLAG.name, FLAG.comment]) {
    if ((flags & flag) === 0) continue;
    const zero = bytes.indexOf(0, at);
    if (zero < 0) return null;
    at = zero + 1;
  }
  if ((flags & FLAG.headerCrc) !== 0) at += 2;
  return at <= bytes.length ? at : null;
}
