// The rows of a message behind an exchange, as columns of offsets: keys and values stay bytes until somebody
// asks for them, and the rows of a key seen before never ask for its keys.

import { uint64At, wordsOf } from "../../../bytes/words.ts";
import { CborReader } from "../cbor-decode.ts";
import { MAJOR } from "../cbor-encode.ts";
import { COMBINED_ROW_PARTS, ROW_PARTS, type Row } from "../codec.ts";
import { EvaluationError } from "../eval-error.ts";
import { FIRST_PLACE, ORDER_PARTS, orderOf, type RecordOrder } from "../record-order.ts";
import type { Value } from "../values.ts";
import { headBytes } from "./event-view.ts";
import { skipItem } from "./skip.ts";

const NO_VALUES: Value[] = [];
const EMPTY_LIST = MAJOR.list << 5;
const ROW_HEAD = EMPTY_LIST | ROW_PARTS;
const COMBINED_ROW_HEAD = EMPTY_LIST | COMBINED_ROW_PARTS;
const LIST_OF_ONE = EMPTY_LIST | 1;
const UINT8_HEAD = (MAJOR.unsigned << 5) | 24;
const UINT16_HEAD = (MAJOR.unsigned << 5) | 25;
const UINT32_HEAD = (MAJOR.unsigned << 5) | 26;
const UINT64_HEAD = (MAJOR.unsigned << 5) | 27;
/** Lists up to this long have their length in their first byte. */
const SHORT_LIST_MAX = 23;
const ROWS_START = 256;

const reader = new CborReader();

export class EncodedRows {
  #payload: Uint8Array = new Uint8Array();
  #words = wordsOf(this.#payload);
  #at = 0;
  #timesMs = new Float64Array(ROWS_START);
  /** By row: where its order stands. */
  #orders = new Int32Array(ROWS_START);
  /** By row: where its keys begin, and where its columns do, which is where the keys end. */
  #keys = new Int32Array(ROWS_START);
  #columns = new Int32Array(ROWS_START);
  /** By row: 1 when it stands for several records. */
  #combined = new Uint8Array(ROWS_START);
  #count = 0;
  #records = 0;
  /** Where the text that `findText` has found begins and ends. */
  textFrom = 0;
  textTo = 0;

  get count(): number {
    return this.#count;
  }

  /** How many records the rows stand for. */
  get records(): number {
    return this.#records;
  }

  get bytes(): Uint8Array {
    return this.#payload;
  }

  /** Reads a message; false when it is not rows, which `decodeRows` says in its own words. */
  read(payload: Uint8Array): boolean {
    this.#payload = payload;
    this.#words = wordsOf(payload);
    this.#count = 0;
    this.#records = 0;
    try {
      for (let at = 0; at < payload.length; ) {
        at = this.#row(at);
        if (at < 0) return false;
      }
      return true;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      return false;
    }
  }

  timeMs(row: number): number {
    return this.#timesMs[row] ?? 0;
  }

  order(row: number): RecordOrder {
    const at = this.#orders[row] ?? 0;
    const timeMs = this.timeMs(row);
    const head = this.#payload[at] ?? 0;
    if (head >> 5 === MAJOR.list) return this.#toldOrder(at, head - EMPTY_LIST, timeMs);
    return { seenMs: timeMs, seq: this.#number(at), place: FIRST_PLACE, contents: 0 };
  }

  /** As `orderOf`, where the list is short, without making one. */
  #toldOrder(at: number, parts: number, timeMs: number): RecordOrder {
    if (parts > SHORT_LIST_MAX) return orderOf(reader.valueAt(this.#payload, at, 0), timeMs);
    const seenMs = timeMs + this.#number(at + 1);
    const seq = this.#number(this.#at);
    const contents = this.#number(this.#at);
    const place: number[] = [];
    for (let i = ORDER_PARTS; i < parts; i += 1) place.push(this.#number(this.#at));
    return { seenMs, seq, place, contents };
  }

  /** Where the list of keys begins. */
  keysStart(row: number): number {
    return this.#keys[row] ?? 0;
  }

  /** Where it ends. */
  keysEnd(row: number): number {
    return this.#columns[row] ?? 0;
  }

  /** Where the text begins that is the row's only key; null when its keys are something else. */
  textStart(row: number): number | null {
    const start = this.keysStart(row);
    const head = this.#payload[start + 1] ?? 0;
    if (this.#payload[start] !== LIST_OF_ONE || head >> 5 !== MAJOR.text) return null;
    return start + 1 + headBytes(head & 31);
  }

  keys(row: number): Value[] {
    return this.#list(this.keysStart(row));
  }

  /** Whether its columns are what aggregates have of several records. */
  isCombined(row: number): boolean {
    return this.#combined[row] === 1;
  }

  columns(row: number): Value[] {
    return this.#list(this.keysEnd(row));
  }

  /** Finds the text that is column `index` of a row; false when it is something else, or far behind. */
  findText(row: number, index: number): boolean {
    const payload = this.#payload;
    const { length } = payload;
    const start = this.keysEnd(row);
    const count = (payload[start] ?? 0) - EMPTY_LIST;
    if (index >= count || count > SHORT_LIST_MAX) return false;
    let at = start + 1;
    for (let before = 0; before < index; before += 1) at = skipItem(payload, at, length, 0);
    const head = payload[at] ?? 0;
    if (head >> 5 !== MAJOR.text) return false;
    this.textFrom = at + headBytes(head & 31);
    this.textTo = skipItem(payload, at, length, 0);
    return true;
  }

  row(row: number): Row {
    const [timeMs, order] = [this.timeMs(row), this.order(row)];
    return { timeMs, order, keys: this.keys(row), columns: this.columns(row) };
  }

  /** Where the row at `start` ends; negative when it is none. */
  #row(start: number): number {
    const payload = this.#payload;
    const end = payload.length;
    const isCombined = payload[start] === COMBINED_ROW_HEAD;
    if (!isCombined && payload[start] !== ROW_HEAD) return -1;
    const timeMs = this.#number(start + 1);
    const order = this.#at;
    if (Number.isNaN(timeMs) || !this.#isOrder(order)) return -1;
    const keys = this.#at;
    const columns = skipItem(payload, keys, end, 0);
    const next = skipItem(payload, columns, end, 0);
    const lists = (payload[keys] ?? 0) >> 5 === MAJOR.list;
    if (!lists || (payload[columns] ?? 0) >> 5 !== MAJOR.list) return -1;
    if (!isCombined) {
      this.#append(timeMs, order, keys, columns);
      this.#records += 1;
      return next;
    }
    const records = reader.valueAt(payload, next, 0);
    if (typeof records !== "number") return -1;
    this.#append(timeMs, order, keys, columns);
    this.#combined[this.#count - 1] = 1;
    this.#records += records;
    return reader.at;
  }

  /** The number at `at`, behind which `#at` is then; NaN when there is something else. */
  #number(at: number): number {
    const words = this.#words;
    const place = this.#payload.byteOffset + at;
    // As times and most of the rest are.
    if (at + 8 < this.#payload.length) {
      const head = words.getUint8(place);
      if (head === UINT64_HEAD) {
        this.#at = at + 9;
        return uint64At(words, place + 1);
      }
      if (head === UINT32_HEAD) {
        this.#at = at + 5;
        return words.getUint32(place + 1);
      }
      if (head < UINT8_HEAD) {
        this.#at = at + 1;
        return head;
      }
      if (head === UINT16_HEAD) {
        this.#at = at + 3;
        return words.getUint16(place + 1);
      }
    }
    const value = reader.valueAt(this.#payload, at, 0);
    this.#at = reader.at;
    return typeof value === "number" ? value : Number.NaN;
  }

  /** Whether an order stands at `at`, behind which `#at` is then. */
  #isOrder(at: number): boolean {
    const head = this.#payload[at] ?? 0;
    const parts = head - EMPTY_LIST;
    if (parts < ORDER_PARTS || parts > SHORT_LIST_MAX) {
      return head >> 5 === MAJOR.list ? this.#isLongOrder(at) : !Number.isNaN(this.#number(at));
    }
    this.#at = at + 1;
    for (let i = 0; i < parts; i += 1) if (Number.isNaN(this.#number(this.#at))) return false;
    return true;
  }

  /** As `#isOrder`, of a list with another head. @throws MalformedPayload when it is none */
  #isLongOrder(at: number): boolean {
    orderOf(reader.valueAt(this.#payload, at, 0), 0);
    this.#at = reader.at;
    return true;
  }

  #append(timeMs: number, order: number, keys: number, columns: number): void {
    const row = this.#count;
    if (row === this.#keys.length) this.#grow();
    this.#combined[row] = 0;
    this.#timesMs[row] = timeMs;
    this.#orders[row] = order;
    this.#keys[row] = keys;
    this.#columns[row] = columns;
    this.#count = row + 1;
  }

  #grow(): void {
    const length = this.#keys.length * 2;
    this.#timesMs = copied(this.#timesMs, new Float64Array(length));
    this.#orders = copied(this.#orders, new Int32Array(length));
    this.#keys = copied(this.#keys, new Int32Array(length));
    this.#columns = copied(this.#columns, new Int32Array(length));
    this.#combined = copied(this.#combined, new Uint8Array(length));
  }

  #list(start: number): Value[] {
    if (this.#payload[start] === EMPTY_LIST) return NO_VALUES;
    const list = reader.valueAt(this.#payload, start, 0);
    return Array.isArray(list) ? list : NO_VALUES; // `read` has seen that it is one
  }
}

function copied<T extends Float64Array | Int32Array | Uint8Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
