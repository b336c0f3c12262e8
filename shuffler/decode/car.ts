// CAR version 1 (ipld.io/specs/transport/car/carv1), read in place: a block is a range of the bytes given.

import { CborCursor } from "../cbor/cursor.ts";
import { endOfKnown, knownBytes, LINK } from "../cbor/known-bytes.ts";
import { CID_BYTES, isCidAt } from "./cid.ts";
import { eachField } from "./each-field.ts";
import { Malformed } from "./rejection.ts";

/** A header with one root, which nearly all have. */
const ROOTS = knownBytes(`\xa2\x65roots\x81${LINK}`);
const VERSION = knownBytes("\x67version\x01");

/** Bytes of a varint that a length can need: 7 bits each, lengths stay under 2^31. */
const VARINT_BYTES_MAX = 5;

/** Steps from block to block, in file order; every length is checked against the end. */
export class CarReader {
  readonly #bytes: Uint8Array;
  readonly #origin: number;
  readonly #limit: number;
  #rootAt = 0;
  #rootEnd = 0;
  #blocksLeft: number;
  /** Where the CID of the block at hand begins. */
  cidAt: number;
  /** Where the block at hand ends. */
  end: number;

  /** Of the CAR in `bytes` from `start` to `end`, which may have so many blocks. @throws Malformed `bad_car` */
  constructor(
    bytes: Uint8Array,
    start = 0,
    end = bytes.length,
    blocksMax = Number.POSITIVE_INFINITY,
  ) {
    this.#blocksLeft = blocksMax;
    this.#bytes = bytes;
    this.#origin = start;
    this.#limit = end;
    this.cidAt = start;
    this.end = start;
    if (!this.#nextSection()) throw new Malformed("bad_car", "an empty CAR");
    this.#readHeader();
  }

  /** The binary CID of the first root. */
  get root(): Uint8Array {
    return this.#bytes.subarray(this.#rootAt, this.#rootEnd);
  }

  /** Where the block at hand begins. */
  get start(): number {
    return this.cidAt + CID_BYTES;
  }

  /** Moves to the next block; false at the end. @throws Malformed `bad_car`, or `oversize_blocks` when there are too many */
  next(): boolean {
    if (!this.#nextSection()) return false;
    this.#blocksLeft -= 1;
    if (this.#blocksLeft < 0) throw new Malformed("oversize_blocks", "too many blocks");
    if (this.start > this.end || !isCidAt(this.#bytes, this.cidAt)) {
      throw new Malformed("bad_car", `no CID at byte ${this.cidAt - this.#origin}`);
    }
    return true;
  }

  /** Steps over `[varint length][bytes]`. */
  #nextSection(): boolean {
    if (this.end === this.#limit) return false;
    this.cidAt = this.end;
    const length = this.#varint();
    if (length === 0 || length > this.#limit - this.cidAt) {
      const at = this.cidAt - this.#origin;
      throw new Malformed("bad_car", `length ${length} at byte ${at} does not fit`);
    }
    this.end = this.cidAt + length;
    return true;
  }

  #varint(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < VARINT_BYTES_MAX && this.cidAt < this.#limit; i += 1) {
      const byte = this.#bytes[this.cidAt] ?? 0;
      this.cidAt += 1;
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 128;
    }
    throw new Malformed("bad_car", `no length at byte ${this.cidAt - this.#origin}`);
  }

  /** `{roots: [cid, …], version: 1}` */
  #readHeader(): void {
    this.#rootAt = endOfKnown(this.#bytes, this.cidAt, ROOTS);
    this.#rootEnd = this.#rootAt + CID_BYTES;
    const isUsual =
      this.#rootAt >= 0 && endOfKnown(this.#bytes, this.#rootEnd, VERSION) === this.end;
    if (!isUsual) this.#readAnyHeader();
    if (this.#rootEnd - this.#rootAt < CID_BYTES || !isCidAt(this.#bytes, this.#rootAt)) {
      throw new Malformed("bad_car", "no root");
    }
  }

  #readAnyHeader(): void {
    this.#rootAt = 0;
    this.#rootEnd = 0;
    const cursor = new CborCursor(this.#bytes, "bad_car", this.cidAt, this.end);
    let version = 0;
    eachField(cursor, (key) => {
      if (key === "version") version = cursor.integer();
      else if (key === "roots") this.#readRoots(cursor);
      else cursor.skip();
    });
    cursor.assertEnd();
    if (version !== 1) throw new Malformed("bad_car", `version ${version}`);
  }

  #readRoots(cursor: CborCursor): void {
    const size = cursor.listSize();
    this.#rootAt = size === 0 ? cursor.at : cursor.cidLinkAt();
    this.#rootEnd = cursor.at;
    for (let i = 1; i < size; i += 1) cursor.cidLinkAt();
  }
}
