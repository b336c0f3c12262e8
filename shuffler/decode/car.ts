// CAR version 1 (ipld.io/specs/transport/car/carv1), walked in place: a block is a view into the file.

import { CborCursor } from "../cbor/cursor.ts";
import { CID_BYTES, isCidAt } from "./cid.ts";
import { Malformed } from "./rejection.ts";

/** Bytes of a varint that a length can need: 7 bits each, lengths stay under 2^31. */
const VARINT_BYTES_MAX = 5;

/** Called for every block, in file order: its CID stands at `cidAt`, its bytes from `start` to `end`. */
export type OnBlock = (cidAt: number, start: number, end: number) => void;

/**
 * Walks all of `car` and checks every length against its end.
 * @returns the binary CID of the first root.
 * @throws Malformed `bad_car`; blocks before the bad place have been handed out then.
 */
export function walkCar(car: Uint8Array, onBlock: OnBlock): Uint8Array {
  const section = new SectionReader(car);
  if (!section.next()) throw new Malformed("bad_car", "an empty CAR");
  const root = readHeader(car.subarray(section.start, section.end));
  while (section.next()) {
    if (section.end - section.start < CID_BYTES || !isCidAt(car, section.start)) {
      throw new Malformed("bad_car", `no CID at byte ${section.start}`);
    }
    onBlock(section.start, section.start + CID_BYTES, section.end);
  }
  return root;
}

/** `{roots: [cid, …], version: 1}` */
function readHeader(header: Uint8Array): Uint8Array {
  const cursor = new CborCursor(header, "bad_car");
  let root: Uint8Array | null = null;
  let version = 0;
  for (let left = cursor.mapSize(); left > 0; left -= 1) {
    const key = cursor.text();
    if (key === "version") version = cursor.integer();
    else if (key === "roots") root = readRoots(cursor);
    else cursor.skip();
  }
  if (version !== 1) throw new Malformed("bad_car", `version ${version}`);
  if (root === null || !isCidAt(root, 0)) throw new Malformed("bad_car", "no root");
  return root;
}

function readRoots(cursor: CborCursor): Uint8Array | null {
  const size = cursor.listSize();
  if (size === 0) return null;
  const first = cursor.cidLink();
  for (let i = 1; i < size; i += 1) cursor.skip();
  return first;
}

/** Steps over `[varint length][bytes]` sections. */
class SectionReader {
  readonly #car: Uint8Array;
  start = 0;
  end = 0;

  constructor(car: Uint8Array) {
    this.#car = car;
  }

  /** Moves to the next section; false at the end. */
  next(): boolean {
    if (this.end === this.#car.length) return false;
    this.start = this.end;
    const length = this.#varint();
    if (length === 0 || length > this.#car.length - this.start) {
      throw new Malformed("bad_car", `length ${length} at byte ${this.start} does not fit`);
    }
    this.end = this.start + length;
    return true;
  }

  #varint(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i += 1) {
      const byte = this.#car[this.start];
      if (byte === undefined) break;
      this.start += 1;
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 128;
    }
    throw new Malformed("bad_car", `no length at byte ${this.start}`);
  }
}
