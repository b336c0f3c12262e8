// Writes DAG-CBOR into a slab: heads as short as they go, floats 64 bits wide. The caller puts map keys in
// DAG-CBOR order (shorter first, then bytewise).

import { copyWords } from "../../bytes/words.ts";
import { textHead } from "./known-bytes.ts";

/**
 * What was written lies in slabs that many writings share: to give every one memory of its own costs 3 µs
 * each, a fifth of a frame. A slab lives as long as the last view into it, so it is small.
 */
export const SLAB_BYTES = 16_384;
/** What stands behind a long record in an event, and more. */
const SPARE_BYTES = 512;
/** Text up to this many code units is written unit by unit: a call into C++ costs more. */
const SHORT_TEXT = 64;
/** ASCII up to this long is written unit by unit too. */
const LOOPED_TEXT = 16;
const WORD_BYTES = 4;
/** An initial byte and a 64-bit argument. */
const HEAD_BYTES_MAX = 9;
const CID_TAG_HEAD = 0xd8;
const CID_TAG = 42;

/** Bytes that are known beforehand, heads and names as they follow one another, in words. */
export type KnownRun = { readonly words: Int32Array; readonly length: number };

/** A name as it stands in a map. @param name ASCII */
export function fieldName(name: string): KnownRun {
  return knownRun(textHead(name.length) + name);
}

/** @param text one character a byte */
export function knownRun(text: string): KnownRun {
  const { length } = text;
  const bytes = Buffer.alloc(Math.ceil(length / WORD_BYTES) * WORD_BYTES);
  bytes.write(text, "latin1");
  const count = bytes.length / WORD_BYTES;
  const words = Int32Array.from({ length: count }, (_, i) => bytes.readInt32LE(i * WORD_BYTES));
  return { words, length };
}

export class CborWriter {
  #buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #words = new DataView(this.#buffer.buffer);
  /** Where that begins which was not yet taken. */
  #start = 0;
  #at = 0;

  /** What was written since the last `take`; nobody writes there any more. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#buffer.buffer, this.#start, this.#at - this.#start);
    this.#start = this.#at;
    return bytes;
  }

  map(size: number): this {
    return this.#head(5, size);
  }

  list(size: number): this {
    return this.#head(4, size);
  }

  text(value: string): this {
    if (value.length <= SHORT_TEXT && this.#shortText(value)) return this;
    const length = Buffer.byteLength(value);
    this.#head(3, length).#reserve(length);
    this.#at += this.#buffer.write(value, this.#at);
    return this;
  }

  /** As `text`, of a text that is ASCII, as whoever made it has checked. */
  ascii(value: string): this {
    const { length } = value;
    this.#head(3, length).#reserve(length);
    const buffer = this.#buffer;
    const at = this.#at;
    if (length > LOOPED_TEXT) buffer.write(value, at, "latin1");
    else for (let i = 0; i < length; i += 1) buffer[at + i] = value.charCodeAt(i);
    this.#at = at + length;
    return this;
  }

  /** What is known beforehand, as the name of a field is. */
  known({ words, length }: KnownRun): this {
    this.#reserve(words.length * WORD_BYTES);
    for (let i = 0; i < words.length; i += 1) {
      this.#words.setInt32(this.#at + i * WORD_BYTES, words[i] ?? 0, true);
    }
    this.#at += length; // What the last word has more is written over.
    return this;
  }

  byteString(value: Uint8Array): this {
    return this.#head(2, value.length).raw(value);
  }

  /** A safe integer becomes an integer, any other finite number a 64-bit float. */
  number(value: number): this {
    if (Number.isSafeInteger(value)) {
      return value < 0 ? this.#head(1, -1 - value) : this.#head(0, value);
    }
    this.#byte(0xfb).#reserve(8);
    this.#at = this.#buffer.writeDoubleBE(value, this.#at);
    return this;
  }

  /** An integer that no number holds: past 2^53, from -2^64 to 2^64 - 1. */
  integer64(value: bigint): this {
    this.#byte(value < 0n ? 0x3b : 0x1b).#reserve(8);
    this.#at = this.#buffer.writeBigUInt64BE(value < 0n ? -1n - value : value, this.#at);
    return this;
  }

  boolean(value: boolean): this {
    return this.#byte(value ? 0xf5 : 0xf4);
  }

  null(): this {
    return this.#byte(0xf6);
  }

  /** @param cid binary, without the leading zero byte. */
  cidLink(cid: Uint8Array): this {
    return this.#byte(CID_TAG_HEAD)
      .#byte(CID_TAG)
      .#head(2, cid.length + 1)
      .#byte(0)
      .raw(cid);
  }

  /** Bytes that are CBOR already. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }

  /** What stands in `from` between `start` and `end`, and is CBOR. */
  copied(from: DataView, start: number, end: number): this {
    this.#reserve(end - start);
    copyWords(from, start, end, this.#words, this.#at);
    this.#at += end - start;
    return this;
  }

  /** As `text`, of ASCII that stands in `from` between `start` and `end`. */
  copiedText(from: DataView, start: number, end: number): this {
    return this.#head(3, end - start).copied(from, start, end);
  }

  /**
   * Writes ASCII unit by unit; writes nothing and gives false when the text is not ASCII. `#at` advances only when the
   * text is known to be ASCII, so there is no earlier offset to go back to: it could be one of another slab.
   * @param value at most `SHORT_TEXT` units
   */
  #shortText(value: string): boolean {
    const { length } = value;
    this.#reserve(HEAD_BYTES_MAX + length);
    const buffer = this.#buffer;
    const at = this.#at + (length < 24 ? 1 : 2);
    for (let i = 0; i < length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      buffer[at + i] = unit;
    }
    this.#head(3, length); // Its room is reserved: it does not move to another slab.
    this.#at = at + length;
    return true;
  }

  #head(major: number, argument: number): this {
    const initial = major << 5;
    if (argument < 24) return this.#byte(initial | argument);
    this.#reserve(HEAD_BYTES_MAX);
    const buffer = this.#buffer;
    let at = this.#at + 1;
    if (argument < 0x100) {
      buffer[this.#at] = initial | 24;
      at = buffer.writeUInt8(argument, at);
    } else if (argument < 0x1_0000) {
      buffer[this.#at] = initial | 25;
      at = buffer.writeUInt16BE(argument, at);
    } else if (argument < 2 ** 32) {
      buffer[this.#at] = initial | 26;
      at = buffer.writeUInt32BE(argument, at);
    } else {
      buffer[this.#at] = initial | 27;
      at = buffer.writeUInt32BE(Math.floor(argument / 2 ** 32), at);
      at = buffer.writeUInt32BE(argument % 2 ** 32, at);
    }
    this.#at = at;
    return this;
  }

  #byte(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#at] = value;
    this.#at += 1;
    return this;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#buffer.length) this.#moveOn(bytes);
  }

  /**
   * Goes on in another slab, where there is room for `bytes` more. A writing that needs most of a slab gets one that is
   * little larger: what is left over lives as long as the event.
   */
  #moveOn(bytes: number): void {
    const begun = this.#buffer.subarray(this.#start, this.#at);
    const needed = begun.length + bytes;
    const isGrowing = begun.length >= SLAB_BYTES;
    const spare = isGrowing ? needed : SPARE_BYTES;
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, needed + spare));
    this.#words = new DataView(this.#buffer.buffer);
    this.#buffer.set(begun);
    this.#start = 0;
    this.#at = begun.length;
  }
}
