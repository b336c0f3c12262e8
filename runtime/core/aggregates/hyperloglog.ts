// HyperLogLog with 2^14 registers: 1.04 / sqrt(16384) = 0.8 % standard error, order-independent, mergeable.
//
// Estimator: Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6,
// which needs neither bias tables nor a switch to linear counting.

import { hash32 } from "../../../plan/partition.ts";

const PRECISION = 14;
const REGISTERS = 1 << PRECISION;
/** Ranks go up to 52 - PRECISION + 1: the hash has 52 bits. */
const RANK_BITS = 52 - PRECISION;
/** Up to this many set registers they are kept as a map, which is then smaller, and stored as 3 bytes each. */
const SPARSE_MAX = 512;

export class HyperLogLog {
  /** Rank by register, until there are more than `SPARSE_MAX`: most groups stay small. */
  #sparse: Map<number, number> | null = new Map();
  #dense: Uint8Array | null = null;

  /** Counts `key` once, however often it is added. */
  add(key: string): void {
    const low = hash32(key);
    const high = hash32(`${key}\u0001`);
    const rest = (low >>> PRECISION) * 2 ** 20 + (high >>> 12);
    this.#raise(low & (REGISTERS - 1), rankOf(rest));
  }

  /** Takes in everything `other` has counted. */
  merge(other: HyperLogLog): void {
    other.#forEach((register, rank) => {
      this.#raise(register, rank);
    });
  }

  /** The estimated number of distinct keys, rounded. */
  estimate(): number {
    const histogram = new Array<number>(RANK_BITS + 2).fill(0);
    let zero = REGISTERS;
    this.#forEach((_register, rank) => {
      histogram[rank] = (histogram[rank] ?? 0) + 1;
      zero -= 1;
    });
    let z = REGISTERS * tau((REGISTERS - (histogram[RANK_BITS + 1] ?? 0)) / REGISTERS);
    for (let k = RANK_BITS; k >= 1; k -= 1) z = 0.5 * (z + (histogram[k] ?? 0));
    z += REGISTERS * sigma(zero / REGISTERS);
    return Math.round(REGISTERS ** 2 / (2 * Math.LN2 * z));
  }

  /** 3 bytes (register, rank) a set register, or all registers. */
  toBytes(): Uint8Array {
    if (this.#dense !== null) return this.#dense;
    const bytes: number[] = [];
    this.#forEach((register, rank) => {
      bytes.push(register >> 8, register & 0xff, rank);
    });
    return Uint8Array.from(bytes);
  }

  static fromBytes(bytes: Uint8Array): HyperLogLog {
    const sketch = new HyperLogLog();
    if (bytes.length === REGISTERS) {
      sketch.#sparse = null;
      sketch.#dense = Uint8Array.from(bytes);
      return sketch;
    }
    for (let at = 0; at + 2 < bytes.length; at += 3) {
      sketch.#raise(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0), bytes[at + 2] ?? 0);
    }
    return sketch;
  }

  #forEach(visit: (register: number, rank: number) => void): void {
    this.#sparse?.forEach((rank, register) => {
      visit(register, rank);
    });
    this.#dense?.forEach((rank, register) => {
      if (rank !== 0) visit(register, rank);
    });
  }

  #raise(register: number, rank: number): void {
    if (this.#dense !== null) {
      if (rank > (this.#dense[register] ?? 0)) this.#dense[register] = rank;
      return;
    }
    const sparse = this.#sparse;
    if (sparse === null || rank <= (sparse.get(register) ?? 0)) return;
    sparse.set(register, rank);
    if (sparse.size > SPARSE_MAX) this.#densify(sparse);
  }

  #densify(sparse: ReadonlyMap<number, number>): void {
    this.#dense = new Uint8Array(REGISTERS);
    for (const [register, rank] of sparse) this.#dense[register] = rank;
    this.#sparse = null;
  }
}

/** 1 + the number of leading zeros of the 40-bit `rest`. */
function rankOf(rest: number): number {
  return rest === 0 ? RANK_BITS + 1 : RANK_BITS - Math.floor(Math.log2(rest));
}

/** σ of the paper, for registers still zero. */
function sigma(start: number): number {
  if (start === 1) return Number.POSITIVE_INFINITY;
  let x = start;
  let y = 1;
  let z = x;
  for (;;) {
    x *= x;
    const before = z;
    z += x * y;
    y += y;
    if (z === before) return z;
  }
}

/** τ of the paper, for saturated registers. */
function tau(start: number): number {
  if (start === 0 || start === 1) return 0;
  let x = start;
  let y = 1;
  let z = 1 - x;
  for (;;) {
    x = Math.sqrt(x);
    const before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
    if (z === before) return z / 3;
  }
}
