// The groups of one pane of a windowed reduce, numbered: their keys as bytes, their aggregates in columns.
// A row whose group is there costs no object and no text.

import { isAscii } from "../../../bytes/words.ts";
import { isOrdered } from "../../../plan/ops.ts";
import type { Aggregate } from "../../../plan/plan.ts";
import { decodeValue, encodeState, type Row } from "../../eval/codec.ts";
import { NO_ORDER } from "../../eval/record-order.ts";
import { canonicalKey, TEXT_KEY, type Value } from "../../eval/values.ts";
import type { EncodedRows } from "../../eval/view/encoded-rows.ts";
import { listOf } from "../aggregates/accumulator.ts";
import type { Column } from "../aggregates/column.ts";
import { assert } from "../assert.ts";
import { KeyTable, NO_ENTRY } from "../key-table.ts";
import { GroupResult } from "./group-result.ts";

const CHANGED = 1;
const UNSENT = 2;
const GROUPS_START = 64;

export class GroupTable {
  readonly #names: readonly string[];
  readonly #aggregates: readonly Aggregate[];
  readonly #columns: readonly Column[];
  /** Canonical keys in UTF-8. */
  readonly #table = new KeyTable();
  /** By the bytes of rows' keys, where those are not one ASCII text: the numbers are those of `#numbers`. */
  readonly #encodings = new KeyTable();
  readonly #numbers: number[] = [];
  /** Keys that are not one text. */
  readonly #keys: (readonly Value[] | undefined)[] = [];
  #flags = new Uint8Array(GROUPS_START);
  /** Of the rows in hand: their groups, and where the texts stand that are their keys. */
  #groups = new Int32Array();
  #texts = { starts: new Int32Array(), ends: new Int32Array() };
  /** Whether rows are counted, and nothing else. */
  readonly #countsOnly: boolean;
  /** Whether some aggregate looks at the order of rows. */
  readonly #isOrdered: boolean;
  #changed: number[] = [];

  /** @param names of the key fields @param columns of `aggregates`, empty */
  constructor(
    names: readonly string[],
    aggregates: readonly Aggregate[],
    columns: readonly Column[],
  ) {
    this.#names = names;
    this.#aggregates = aggregates;
    this.#columns = columns;
    const counts = columns.every((column) => column.addOnes !== undefined);
    this.#isOrdered = aggregates.some(isOrdered);
    this.#countsOnly = counts && aggregates.every(({ column }) => column === null);
  }

  get size(): number {
    return this.#table.size;
  }

  /** The group of some keys, made if it is not there yet. */
  groupOf(keys: readonly Value[]): number {
    const key = Buffer.from(canonicalKey(keys));
    const known = this.#find(key);
    if (known !== NO_ENTRY) return known;
    const group = this.#begin(this.#table.add(key[0] ?? 0, key, 1, key.length));
    if (typeof keys[0] !== "string" || keys.length > 1) this.#keys[group] = keys;
    return group;
  }

  /** Takes in a row. Nulls do not count. */
  add(group: number, row: Pick<Row, "order" | "columns">): void {
    for (let i = 0; i < this.#columns.length; i += 1) {
      const column = this.#aggregates[i]?.column ?? null;
      const value = column === null ? true : (row.columns[column] ?? null);
      if (value !== null) this.#columns[i]?.add(group, value, row.order);
    }
    this.#mark(group, CHANGED | UNSENT);
  }

  /** Takes in the rows from `from` to `to`. Nulls do not count; of a row that stands for several, their aggregates. */
  addRows(rows: EncodedRows, from: number, to: number): void {
    const groups = this.#groupsOf(rows, from, to);
    if (this.#countsOnly && rows.records === rows.count) {
      for (const column of this.#columns) column.addOnes?.(groups, to - from);
      for (let i = 0; i < to - from; i += 1) this.#mark(groups[i] ?? 0, CHANGED | UNSENT);
      return;
    }
    for (let row = from; row < to; row += 1) {
      const group = groups[row - from] ?? 0;
      if (rows.isCombined(row)) this.#addStates(group, rows.columns(row));
      else this.#addRow(group, rows, row);
      this.#mark(group, CHANGED | UNSENT);
    }
  }

  /** Takes in all groups of another table of the same reduce. */
  merge(other: GroupTable): void {
    for (let from = 0; from < other.size; from += 1) {
      const key = other.#table.key(from);
      let group = this.#find(key);
      if (group === NO_ENTRY) {
        group = this.#begin(this.#table.add(key[0] ?? 0, key, 1, key.length));
        this.#keys[group] = other.#keys[from];
      }
      for (const [i, column] of this.#columns.entries()) {
        const others = other.#columns[i];
        if (others !== undefined) column.merge(group, others, from);
      }
      if (other.isUnsent(from)) this.#mark(group, UNSENT);
    }
  }

  /** The canonical key of a group. */
  key(group: number): string {
    return this.#table.text(group);
  }

  isUnsent(group: number): boolean {
    return ((this.#flags[group] ?? 0) & UNSENT) !== 0;
  }

  get hasUnsent(): boolean {
    return this.#flags.some((flags) => (flags & UNSENT) !== 0);
  }

  /** The group has been sent, which is to be stored too. */
  markSent(group: number): void {
    this.#mark(group, CHANGED);
    this.#flags[group] = CHANGED;
  }

  /** The groups that have changed since they were last asked for, each once. */
  takeChanged(): readonly number[] {
    const changed = this.#changed;
    this.#changed = [];
    for (const group of changed) this.#flags[group] = (this.#flags[group] ?? 0) & ~CHANGED;
    return changed;
  }

  /** @param windowMs length of the window @param key the group's canonical key */
  result(group: number, windowMs: number, key = this.key(group)): GroupResult {
    const result = new GroupResult();
    const keys = this.#keys[group] ?? [key.slice(1)];
    for (let i = 0; i < this.#names.length; i += 1) {
      result.setKey(this.#names[i] ?? "", keys[i] ?? null);
    }
    for (let i = 0; i < this.#columns.length; i += 1) {
      const aggregate = this.#aggregates[i];
      if (aggregate === undefined) continue;
      result.setAggregate(aggregate, this.#columns[i]?.result(group, windowMs) ?? null);
    }
    return result;
  }

  /** As `Groups.save`. */
  save(group: number): Uint8Array {
    const aggregates = this.#columns.map((column) => column.save(group));
    return encodeState([[...this.#keysOf(group)], ...aggregates, this.isUnsent(group)]);
  }

  /** Puts back what `save` gave. */
  load(saved: Uint8Array): void {
    const [keys, ...rest] = listOf(decodeValue(saved));
    const count = this.#columns.length;
    assert(Array.isArray(keys) && rest.length > count, "state is not of this operator");
    const group = this.groupOf(listOf(keys));
    for (const [i, column] of this.#columns.entries()) column.restore(group, rest[i] ?? null);
    this.#flags[group] = rest[count] === true ? UNSENT : 0;
  }

  /** The groups of some rows, made where they are not there yet; good until the next call. */
  #groupsOf(rows: EncodedRows, from: number, to: number): Int32Array {
    const count = to - from;
    if (this.#groups.length < count) {
      const length = 2 * count;
      this.#groups = new Int32Array(length);
      this.#texts = { starts: new Int32Array(length), ends: new Int32Array(length) };
    }
    const { starts, ends } = this.#texts;
    for (let i = 0; i < count; i += 1) {
      starts[i] = rows.textStart(from + i) ?? rows.keysEnd(from + i); // Nothing, which is asked for again.
      ends[i] = rows.keysEnd(from + i);
    }
    this.#table.findAll(TEXT_KEY, rows.bytes, this.#texts, count, this.#groups);
    for (let i = 0; i < count; i += 1) {
      if (this.#groups[i] === NO_ENTRY || starts[i] === ends[i]) {
        this.#groups[i] = this.#groupOfRow(rows, from + i);
      }
    }
    return this.#groups;
  }

  /** The group of a row, made if it is not there yet. */
  #groupOfRow(rows: EncodedRows, row: number): number {
    const { bytes } = rows;
    const end = rows.keysEnd(row);
    const text = rows.textStart(row);
    if (text === null) return this.#groupOfEncoding(rows, row);
    const known = this.#table.find(TEXT_KEY, bytes, text, end);
    if (known !== NO_ENTRY) return known;
    // Text that is not UTF-8 would read as another one.
    if (!isAscii(bytes, text, end)) return this.#groupOfEncoding(rows, row);
    return this.#begin(this.#table.add(TEXT_KEY, bytes, text, end));
  }

  #addStates(group: number, states: readonly Value[]): void {
    for (let i = 0; i < this.#columns.length; i += 1) {
      this.#columns[i]?.mergeSaved(group, states[i] ?? null);
    }
  }

  /** Values are decoded where an aggregate needs them so. */
  #addRow(group: number, rows: EncodedRows, row: number): void {
    const order = this.#isOrdered ? rows.order(row) : NO_ORDER;
    let values: readonly Value[] | null = null;
    for (let i = 0; i < this.#columns.length; i += 1) {
      const column = this.#columns[i];
      const index = this.#aggregates[i]?.column ?? null;
      if (index === null) column?.add(group, true, order);
      else if (column?.addText === undefined || !this.#addText(group, column, rows, row, index)) {
        values ??= rows.columns(row);
        const value = values[index] ?? null;
        if (value !== null) column?.add(group, value, order);
      }
    }
  }

  #groupOfEncoding(rows: EncodedRows, row: number): number {
    const { bytes } = rows;
    const [start, end] = [rows.keysStart(row), rows.keysEnd(row)];
    const known = this.#encodings.find(0, bytes, start, end);
    if (known !== NO_ENTRY) return this.#numbers[known] ?? 0;
    const group = this.groupOf(rows.keys(row));
    this.#numbers[this.#encodings.add(0, bytes, start, end)] = group;
    return group;
  }

  #addText(group: number, column: Column, rows: EncodedRows, row: number, index: number): boolean {
    if (!rows.findText(row, index)) return false;
    return column.addText?.(group, rows.bytes, rows.textFrom, rows.textTo) === true;
  }

  #find(key: Uint8Array): number {
    return this.#table.find(key[0] ?? 0, key, 1, key.length);
  }

  #begin(group: number): number {
    for (const column of this.#columns) column.create(group);
    if (group < this.#flags.length) return group;
    const larger = new Uint8Array(this.#flags.length * 2);
    larger.set(this.#flags);
    this.#flags = larger;
    return group;
  }

  #keysOf(group: number): readonly Value[] {
    return this.#keys[group] ?? [this.key(group).slice(1)];
  }

  #mark(group: number, flags: number): void {
    const before = this.#flags[group] ?? 0;
    if ((flags & CHANGED & ~before) !== 0) this.#changed.push(group);
    this.#flags[group] = before | flags;
  }
}
