// The rows of a message behind an exchange, as columns of offsets: keys and values stay bytes until somebody
// asks for them, and the rows of a key seen before never ask for its keys.

import { CborReader } from "../cbor-decode.ts";
import { MAJOR } from "../cbor-encode.ts";
import { ROW_PARTS, type Row } from "../codec.ts";
import { EvaluationError } from "../eval-error.ts";
import type { Value } from "../values.ts";
import { Walker } from "./walker.ts";

const NO_VALUES: Value[] = [];
const ROW_HEAD = (MAJOR.list << 5) | ROW_PARTS;
const EMPTY_LIST = MAJOR.list << 5;
const ROWS_START = 256;

const reader = new CborReader();

export class EncodedRows {
  readonly #walker = new Walker();
  #payload: Uint8Array = new Uint8Array();
  #timesMs = new Float64Array(ROWS_START);
  #seqs = new Float64Array(ROWS_START);
  /** By row: where its keys begin, and where its columns do, which is where the keys end. */
  #keys = new Int32Array(ROWS_START);
  #columns = new Int32Array(ROWS_START);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): Uint8Array {
    return this.#payload;
  }

  /** Reads a message; false when it is not rows, which `decodeRows` says in its own words. */
  read(payload: Uint8Array): boolean {
    this.#payload = payload;
    this.#count = 0;
    try {
      this.#walker.open(payload, 0);
      while (this.#walker.at < payload.length) if (!this.#row()) return false;
      return true;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      return false;
    }
  }

  timeMs(row: number): number {
    return this.#timesMs[row] ?? 0;
  }

  seq(row: number): number {
    return this.#seqs[row] ?? 0;
  }

  /** Where the list of keys begins; it ends where the columns begin. */
  keysStart(row: number): number {
    return this.#keys[row] ?? 0;
  }

  columnsStart(row: number): number {
    return this.#columns[row] ?? 0;
  }

  keys(row: number): Value[] {
    return this.#list(this.keysStart(row));
  }

  columns(row: number): Value[] {
    return this.#list(this.columnsStart(row));
  }

  row(row: number): Row {
    const [timeMs, seq] = [this.timeMs(row), this.seq(row)];
    return { timeMs, seq, keys: this.keys(row), columns: this.columns(row) };
  }

  #row(): boolean {
    const walker = this.#walker;
    const payload = this.#payload;
    const start = walker.at;
    if (payload[start] !== ROW_HEAD) return false;
    const timeMs = reader.valueAt(payload, start + 1, 0);
    const seq = reader.valueAt(payload, reader.at, 0);
    if (typeof timeMs !== "number" || typeof seq !== "number") return false;
    const keys = reader.at;
    if ((payload[keys] ?? 0) >> 5 !== MAJOR.list) return false;
    walker.open(payload, keys);
    walker.pass();
    const columns = walker.at;
    if ((payload[columns] ?? 0) >> 5 !== MAJOR.list) return false;
    walker.pass();
    this.#append(timeMs, seq, keys, columns);
    return true;
  }

  #append(timeMs: number, seq: number, keys: number, columns: number): void {
    const row = this.#count;
    if (row === this.#keys.length) this.#grow();
    this.#timesMs[row] = timeMs;
    this.#seqs[row] = seq;
    this.#keys[row] = keys;
    this.#columns[row] = columns;
    this.#count = row + 1;
  }

  #grow(): void {
    const length = this.#keys.length * 2;
    const floats = (old: Float64Array) => {
      const more = new Float64Array(length);
      more.set(old);
      return more;
    };
    const ints = (old: Int32Array) => {
      const more = new Int32Array(length);
      more.set(old);
      return more;
    };
    this.#timesMs = floats(this.#timesMs);
    this.#seqs = floats(this.#seqs);
    this.#keys = ints(this.#keys);
    this.#columns = ints(this.#columns);
  }

  #list(start: number): Value[] {
    if (this.#payload[start] === EMPTY_LIST) return NO_VALUES;
    const list = reader.valueAt(this.#payload, start, 0);
    return Array.isArray(list) ? list : NO_VALUES; // `read` has seen that it is one
  }
}
