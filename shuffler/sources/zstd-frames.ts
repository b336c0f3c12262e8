// The frames of a zstd file (RFC 8878), found without decompressing. Node's decompressor stops behind the first
// one and takes a cut for an end; and what one call to it decompresses before an error is lost. So it is given
// the blocks one by one, and the bounds are found here.

const MAGIC = 0xfd2fb528;
/** Of skippable frames, but for the last four bits. */
const SKIPPABLE = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
const MAGIC_BYTES = 4;
const SIZE_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const CHECKSUM_BYTES = 4;
/** Kind of a block that is one byte, repeated. */
const RLE = 1;
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];

/** Bytes to decompress in one go, from `at` of the file. */
export type ZstdPiece = { readonly at: number; readonly bytes: Buffer };

/** What stands next. */
type Expected =
  | "magic"
  | "skippable-size"
  | "skippable"
  | "frame-header"
  | "block-header"
  | "block"
  | "checksum";

/** There is something else at `at` than zstd. */
export class NoZstdFrame extends Error {
  readonly at: number;

  constructor(at: number) {
    super("what follows the zstd data is none");
    this.at = at;
  }
}

/** Whether bytes begin as zstd does. */
export function startsAsZstd(bytes: Buffer): boolean {
  return bytes.length >= MAGIC_BYTES && isMagic(bytes.readUInt32LE());
}

function isMagic(word: number): boolean {
  return word === MAGIC || isSkippable(word);
}

function isSkippable(word: number): boolean {
  return (word & SKIPPABLE_MASK) >>> 0 === SKIPPABLE;
}

export class ZstdFrames {
  #expected: Expected = "magic";
  /** The beginning of something that the last chunk cut. */
  #carry: Buffer = Buffer.alloc(0);
  /** Of the block, or of the skippable frame: bytes that are still to come. */
  #left = 0;
  #isLastBlock = false;
  #hasChecksum = false;
  #frames = 0;
  /** Where the chunk begins in the file. */
  #offset = 0;

  /** Whether the file may end here: at least one frame has come, and no part of another. */
  get isWhole(): boolean {
    return this.#expected === "magic" && this.#carry.length === 0 && this.#frames > 0;
  }

  /**
   * @yields what of the chunk is to be decompressed, apart where a block or a checksum ends.
   * @throws NoZstdFrame behind all that came before it
   */
  *take(chunk: Buffer): Generator<ZstdPiece> {
    const bytes = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    this.#carry = Buffer.alloc(0);
    let start = 0;
    let at = 0;
    for (;;) {
      const before = this.#expected;
      const next = this.#step(bytes, at);
      if (next === null) break;
      if (isSkipped(before) || this.#expected === "skippable-size") start = next;
      else if (before === "block" || before === "checksum") {
        if (next > start) yield { at: this.#offset + start, bytes: bytes.subarray(start, next) };
        start = next;
      }
      at = next;
    }
    if (at > start) yield { at: this.#offset + start, bytes: bytes.subarray(start, at) };
    this.#carry = bytes.subarray(at);
    this.#offset += at;
  }

  /** Passes over what is expected, or the part of it that is here. @returns where it ends; null to wait for more */
  #step(bytes: Buffer, at: number): number | null {
    const here = bytes.length - at;
    switch (this.#expected) {
      case "magic":
        return this.#magic(bytes, at);
      case "skippable-size":
        if (here < SIZE_BYTES) return null;
        this.#left = bytes.readUInt32LE(at);
        this.#expected = this.#left === 0 ? "magic" : "skippable";
        return at + SIZE_BYTES;
      case "skippable":
        return this.#pass(here, at, "magic");
      case "frame-header":
        return this.#frameHeader(bytes, at);
      case "block-header":
        return this.#blockHeader(bytes, at);
      case "block":
        return this.#pass(here, at, this.#behindBlock());
      case "checksum":
        if (here < CHECKSUM_BYTES) return null;
        this.#expected = "magic";
        return at + CHECKSUM_BYTES;
    }
  }

  #magic(bytes: Buffer, at: number): number | null {
    const here = bytes.subarray(at, at + MAGIC_BYTES);
    if (here.length === 0) return null;
    if (here.length < MAGIC_BYTES) {
      if (mayBecomeMagic(here)) return null;
      throw new NoZstdFrame(this.#offset + at);
    }
    const word = here.readUInt32LE();
    if (!isMagic(word)) throw new NoZstdFrame(this.#offset + at);
    this.#frames += 1;
    this.#expected = isSkippable(word) ? "skippable-size" : "frame-header";
    return at + MAGIC_BYTES;
  }

  #frameHeader(bytes: Buffer, at: number): number | null {
    const descriptor = bytes[at];
    if (descriptor === undefined) return null;
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const sizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6] ?? 0;
    const end =
      at +
      1 +
      (isSingleSegment ? 0 : 1) +
      (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) +
      (sizeBytes === 0 && isSingleSegment ? 1 : sizeBytes);
    if (end > bytes.length) return null;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#expected = "block-header";
    return end;
  }

  #blockHeader(bytes: Buffer, at: number): number | null {
    const end = at + BLOCK_HEADER_BYTES;
    if (end > bytes.length) return null;
    const header = bytes.readUIntLE(at, BLOCK_HEADER_BYTES);
    this.#isLastBlock = (header & 1) !== 0;
    this.#left = ((header >> 1) & 3) === RLE ? 1 : header >> 3;
    this.#expected = "block";
    return end;
  }

  #behindBlock(): Expected {
    if (!this.#isLastBlock) return "block-header";
    return this.#hasChecksum ? "checksum" : "magic";
  }

  /** Passes over the part that is here of what is as long as `#left`. */
  #pass(here: number, at: number, behind: Expected): number | null {
    if (here === 0 && this.#left > 0) return null;
    const passed = Math.min(here, this.#left);
    this.#left -= passed;
    if (this.#left === 0) this.#expected = behind;
    return at + passed;
  }
}

function isSkipped(part: Expected): boolean {
  return part === "skippable-size" || part === "skippable";
}

/** Of fewer bytes than a magic number has: whether more of them could make one. */
function mayBecomeMagic(bytes: Buffer): boolean {
  const padded = (word: number): Buffer => {
    const whole = Buffer.alloc(MAGIC_BYTES);
    whole.writeUInt32LE(word);
    return whole.subarray(0, bytes.length);
  };
  if (padded(MAGIC).equals(bytes)) return true;
  const first = (bytes[0] ?? 0) & 0xf0;
  const rest = padded(SKIPPABLE).subarray(1);
  return first === (SKIPPABLE & 0xf0) && rest.equals(bytes.subarray(1));
}
