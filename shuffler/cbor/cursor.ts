// Reads DAG-CBOR (ipld.io/specs/codecs/dag-cbor) front to back over bytes nobody vouches for: every
// read is checked against the end, only DAG-CBOR's subset is accepted, and what is not wanted is
// skipped without being decoded. No state outside the object.

import { isUtf8 } from "node:buffer";
import { isAscii } from "../../bytes/words.ts";
import { isWholeCid } from "../decode/cid.ts";
import { Malformed, type RejectReason } from "../decode/rejection.ts";
import { latin1At } from "./latin1.ts";
import { NameTable } from "./name-table.ts";

/** CBOR major types. */
export const MAJOR = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  list: 4,
  map: 5,
  tag: 6,
  simple: 7,
} as const;

const CID_TAG = 42;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const FLOAT64 = 0xfb;
/** Items that one cursor passes over unread: a frame of nothing else would take as long as a thousand others. */
export const SKIPPED_ITEMS_MAX = 100_000;
/** Of the first 16 bits of a double: all set in NaN and the infinities, which DAG-CBOR does not have. */
const EXPONENT_MASK = 0x7ff0;

/**
 * Names in frames and commit blocks: of fields, types and actions. Literals, so that a comparison with one in
 * the code is one of pointers; made by `split` it is one of characters.
 */
const WIRE_NAMES = new NameTable(
  128,
  [
    ["op", "t", "#commit", "#sync", "#identity", "#account", "#info"],
    ["ops", "rev", "seq", "repo", "time", "since", "blobs", "blocks", "commit", "rebase", "tooBig"],
    ["did", "handle", "active", "status", "prevData"],
    ["action", "path", "cid", "prev", "create", "update", "delete"],
    ["roots", "version", "data", "sig"],
  ].flat(),
);

export class CborCursor {
  readonly bytes: Buffer;
  /** Offset of the next item. */
  at: number;
  readonly #start: number;
  readonly #end: number;
  /** Argument of the head read last; of an integer past 2^53, the nearest double. */
  argument = 0;
  /** Whether the keys of all maps that `check` has seen are in DAG-CBOR order (shorter first, then bytewise). */
  sorted = true;
  /** The reason that malformed input is refused with. */
  readonly #reason: RejectReason;
  #skipsLeft = SKIPPED_ITEMS_MAX;

  /** Reads what stands from `start` to `end`, which are both in `bytes`: a view of it costs more. */
  constructor(bytes: Uint8Array, reason: RejectReason, start = 0, end = bytes.length) {
    this.bytes = bufferOf(bytes);
    this.at = start;
    this.#start = start;
    this.#end = end;
    this.#reason = reason;
  }

  /**
   * Reads a head: returns the major type and leaves the argument in `argument`. What the argument
   * promises (string bytes, list items) is known to fit into what is left.
   */
  head(): number {
    const initial = this.#byte();
    const major = initial >> 5;
    if (major === MAJOR.simple) {
      this.#simple(initial);
      return major;
    }
    const info = initial & 0x1f;
    this.argument = info < 24 ? info : this.#longArgument(info);
    const perUnit = major === MAJOR.map ? 2 : 1;
    const countsBytes = major >= MAJOR.bytes && major <= MAJOR.map;
    if (countsBytes && this.argument * perUnit > this.#end - this.at) {
      throw this.malformed(`length past the end at byte ${this.at - this.#start}`);
    }
    return major;
  }

  /** @returns the number of entries that follow. */
  mapSize(): number {
    return this.#expect(MAJOR.map, "map");
  }

  /** @returns the number of items that follow. */
  listSize(): number {
    return this.#expect(MAJOR.list, "list");
  }

  /** A text string; invalid UTF-8 is refused, never replaced. */
  text(): string {
    return this.#textOf(this.#expect(MAJOR.text, "text"));
  }

  #textOf(length: number): string {
    const start = this.at;
    this.at += length;
    if (isAscii(this.bytes, start, this.at)) return latin1At(this.bytes, start, this.at);
    if (!isUtf8(this.bytes.subarray(start, this.at))) throw this.#badUtf8(start);
    return this.bytes.toString("utf8", start, this.at);
  }

  /** Passes over a text string, which is checked. @returns where it begins; it ends at `at`. */
  textAt(): number {
    this.#expect(MAJOR.text, "text");
    this.#checkText();
    return this.at - this.argument;
  }

  /** As `text`, where one of the wire's own names is likely. */
  name(): string {
    const length = this.#expect(MAJOR.text, "text");
    const name = WIRE_NAMES.find(this.bytes, this.at, this.at + length);
    if (name === null) return this.#textOf(length);
    this.at += length;
    return name;
  }

  /** A view of a byte string; nothing is copied. */
  byteString(): Buffer {
    return this.bytes.subarray(this.bytesAt(), this.at);
  }

  /** Passes over a byte string. @returns where it begins; it ends at `at`. */
  bytesAt(): number {
    const length = this.#expect(MAJOR.bytes, "bytes");
    this.at += length;
    return this.at - length;
  }

  /** A safe integer of either sign. */
  integer(): number {
    const major = this.head();
    if (major !== MAJOR.unsigned && major !== MAJOR.negative) {
      throw this.malformed(`expected an integer at byte ${this.at - this.#start}`);
    }
    if (!Number.isSafeInteger(this.argument)) throw this.malformed("an integer past 2^53");
    return major === MAJOR.unsigned ? this.argument : -1 - this.argument;
  }

  boolean(): boolean {
    const byte = this.#byte();
    if (byte === TRUE) return true;
    if (byte === FALSE) return false;
    throw this.malformed(`expected a boolean at byte ${this.at - this.#start - 1}`);
  }

  /** Whether a null came next; takes it if so. */
  tookNull(): boolean {
    if (this.at >= this.#end || this.bytes[this.at] !== NULL) return false;
    this.at += 1;
    return true;
  }

  /** A CID link: the binary CID, of any form, without tag 42's leading zero byte. */
  cidLink(): Buffer {
    return this.bytes.subarray(this.cidLinkAt(), this.at);
  }

  /** The same, one character a byte. */
  cidLinkText(): string {
    const start = this.cidLinkAt();
    return latin1At(this.bytes, start, this.at);
  }

  /** Passes over a CID link. @returns where the binary CID begins; it ends at `at`. */
  cidLinkAt(): number {
    if (this.#expect(MAJOR.tag, "link") !== CID_TAG) throw this.malformed("a tag other than 42");
    this.#linkBytes();
    return this.at - this.argument + 1;
  }

  /** Passes over one item of any kind, integers of 64 bits too. Its strings are not checked. */
  skip(): void {
    for (let items = 1; items > 0; items -= 1) {
      if (this.#skipsLeft === 0) throw this.malformed("too much that nobody reads");
      this.#skipsLeft -= 1;
      const major = this.head();
      switch (major) {
        case MAJOR.unsigned:
        case MAJOR.negative:
        case MAJOR.simple:
          break;
        case MAJOR.bytes:
        case MAJOR.text:
          this.at += this.argument;
          break;
        case MAJOR.list:
          items += this.argument;
          break;
        case MAJOR.map:
          items += this.argument * 2;
          break;
        default:
          items += 1;
      }
    }
  }

  /**
   * Passes over one item and checks all of it: text is UTF-8, keys are text, tags are CID links,
   * nesting is at most `depth`.
   */
  check(depth: number): void {
    const major = this.head();
    switch (major) {
      case MAJOR.unsigned:
      case MAJOR.negative:
      case MAJOR.simple:
        return;
      case MAJOR.bytes:
        this.at += this.argument;
        return;
      case MAJOR.text:
        this.#checkText();
        return;
      case MAJOR.list:
        this.#checkList(this.argument, depth);
        return;
      case MAJOR.map:
        this.#checkMap(this.argument, depth);
        return;
      default:
        if (this.argument !== CID_TAG) throw this.malformed("a tag other than 42");
        this.#checkLink();
    }
  }

  /** @throws Malformed unless everything was read. */
  assertEnd(): void {
    if (this.at !== this.#end) throw this.malformed(`${this.#end - this.at} bytes too many`);
  }

  #checkText(): void {
    const start = this.at;
    this.at += this.argument;
    if (isAscii(this.bytes, start, this.at)) return;
    if (!isUtf8(this.bytes.subarray(start, this.at))) throw this.#badUtf8(start);
  }

  #checkList(size: number, depth: number): void {
    if (depth === 0) throw this.malformed("nested too deeply");
    for (let i = 0; i < size; i += 1) this.check(depth - 1);
  }

  #checkMap(size: number, depth: number): void {
    if (depth === 0) throw this.malformed("nested too deeply");
    let [before, bytesBefore] = [0, -1];
    for (let i = 0; i < size; i += 1) {
      const length = this.#expect(MAJOR.text, "a text key");
      const start = this.at;
      this.#checkText();
      if (length <= bytesBefore) this.sorted &&= this.#isAfter(before, bytesBefore, start, length);
      before = start;
      bytesBefore = length;
      this.check(depth - 1);
    }
  }

  /** Whether the key at `start` stands behind the one at `before` in DAG-CBOR order, which is no shorter. */
  #isAfter(before: number, bytesBefore: number, start: number, length: number): boolean {
    if (length < bytesBefore) return false;
    for (let i = 0; i < length; i += 1) {
      const difference = (this.bytes[start + i] ?? 0) - (this.bytes[before + i] ?? 0);
      if (difference !== 0) return difference > 0;
    }
    return false;
  }

  /** Passes over bytes that begin with the zero of a link; what CID it is is not looked at. */
  #linkBytes(): void {
    const length = this.#expect(MAJOR.bytes, "bytes");
    if (length < 2 || this.bytes[this.at] !== 0) throw this.malformed("a link that is no CID");
    this.at += length;
  }

  #checkLink(): void {
    this.#linkBytes();
    const start = this.at - this.argument + 1;
    if (!isWholeCid(this.bytes, start, this.at)) throw this.malformed("a link that is no CID");
  }

  #expect(major: number, what: string): number {
    const start = this.at;
    if (this.head() !== major)
      throw this.malformed(`expected ${what} at byte ${start - this.#start}`);
    return this.argument;
  }

  #longArgument(info: number): number {
    const size = 1 << (info - 24);
    if (size > 8)
      throw this.malformed(`indefinite or reserved length at byte ${this.at - this.#start - 1}`);
    if (this.#end - this.at < size) throw this.malformed("cut off inside a head");
    let value = 0;
    for (let i = 0; i < size; i += 1) value = value * 256 + (this.bytes[this.at + i] ?? 0);
    this.at += size;
    if (value < leastValueOf(size)) throw this.malformed(NOT_SHORTEST);
    return value;
  }

  #simple(initial: number): void {
    this.argument = 0;
    if (initial === FALSE || initial === TRUE || initial === NULL) return;
    if (initial !== FLOAT64) throw this.malformed("a simple value DAG-CBOR does not have");
    if (this.#end - this.at < 8) throw this.malformed("cut off inside a float");
    const high = ((this.bytes[this.at] ?? 0) << 8) | (this.bytes[this.at + 1] ?? 0);
    if ((high & EXPONENT_MASK) === EXPONENT_MASK) throw this.malformed("a number is not finite");
    this.at += 8;
  }

  #byte(): number {
    if (this.at >= this.#end) throw this.malformed("ends too early");
    const byte = this.bytes[this.at] ?? 0;
    this.at += 1;
    return byte;
  }

  #badUtf8(start: number): Malformed {
    return new Malformed("bad_utf8", `text at byte ${start - this.#start} is not UTF-8`);
  }

  /** To be thrown by whoever reads through it. */
  malformed(detail: string): Malformed {
    return new Malformed(this.#reason, detail);
  }
}

const NOT_SHORTEST = "a number longer than it need be";

/** The same bytes as a Buffer. */
export function bufferOf(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** By bytes: what the next smaller head has no room for. */
const LEAST_VALUES = [0, 24, 2 ** 8, 0, 2 ** 16, 0, 0, 0, 2 ** 32];

/** Least value that needs an argument of `size` bytes: DAG-CBOR writes every number as short as it goes. */
export function leastValueOf(size: number): number {
  return LEAST_VALUES[size] ?? 0;
}
