// Sums up in front of an exchange: the rows of one pane and key that come between two drains go as one, with what
// each aggregate has of them.
//
//   [timeMs, seq, keys, columns] …   →   [paneMs, 0, keys, states, records]
//
// The reduce behind it merges what it gets, so where drains cut and what is not summed up does not show in its
// answer. Where keys hardly repeat, summing up costs more than it saves: then rows go as they are, and now and then
// it is tried again.

import { isOrdered } from "../../../plan/ops.ts";
import type { Aggregate, ExchangeOp } from "../../../plan/plan.ts";
import { partitionsOf, type Target } from "../../../plan/targets.ts";
import { CborReader } from "../../eval/cbor-decode.ts";
import type { CborWriter } from "../../eval/cbor-encode.ts";
import { COMBINED_ROW_PARTS } from "../../eval/codec.ts";
import {
  contentsHash,
  FIRST_PLACE,
  NO_ORDER,
  placeLength,
  type RecordOrder,
} from "../../eval/record-order.ts";
import type { Value } from "../../eval/values.ts";
import { listOf } from "../aggregates/accumulator.ts";
import { type AggregateFunction, aggregateFunction } from "../aggregates/aggregate.ts";
import { CountColumn } from "../aggregates/column.ts";
import type { StageContext } from "../context.ts";
import { KeyTable, NO_ENTRY } from "../key-table.ts";
import type { Gathering } from "../output.ts";
import type { Panes } from "../panes.ts";
import { panesOf } from "../windows.ts";
import type { AlignedReduceOp } from "./reduce.ts";

export type CombinerLimits = {
  /** What waits for a drain: with so many groups (0: there is no combiner), or bytes of rows, it is sent. */
  readonly groupsMax: number;
  readonly bytesMax: number;
  /** With fewer rows a group it does not pay; with values to be added up, and not only rows to be counted, twice that. */
  readonly rowsPerGroupMin: number;
};

export const COMBINER: CombinerLimits = {
  groupsMax: 4096,
  bytesMax: 256 * 1024,
  rowsPerGroupMin: 2,
};

/** Bytes of keys and columns; a larger row goes as it is. */
export const COMBINED_ROW_BYTES_MAX = 4096;
/** Panes between two drains, numbered in a byte; rows of further ones go as they are. */
export const COMBINED_PANES_MAX = 256;
/** Where it did not pay, so many times the rows that were looked at go as they are. */
const PASSED_PER_LOOKED_AT = 64;

const reader = new CborReader();
const NO_VALUES: readonly Value[] = [];

/** The combiner of an exchange; null where the rows have to come one by one. */
export function combinerOf(
  op: ExchangeOp,
  target: Target,
  partition: () => number,
  context: StageContext,
): Combiner | null {
  if (context.combiner.groupsMax === 0) return null;
  const [reduce] = context.plan.stages.find(({ id }) => id === op.to)?.ops ?? [];
  if (op.known === true || reduce?.op !== "reduce" || reduce.window.kind === "session") return null;
  if (reduce.aggregates.some((one) => aggregateFunction(one).combines === null)) return null;
  if (op.seen !== true && reduce.aggregates.some(isOrdered)) return null;
  return new Combiner({ ...reduce, window: reduce.window }, target, partition, context);
}

export class Combiner implements Gathering {
  readonly #aggregates: readonly Aggregate[];
  readonly #functions: readonly AggregateFunction[];
  readonly #readsColumns: boolean;
  readonly #isOrdered: boolean;
  readonly #panesOf: Panes;
  readonly #target: Target;
  readonly #partition: () => number;
  readonly #partitionCount: number;
  readonly #context: StageContext;
  /** Keys as they stand in rows, each behind the number of its pane. */
  #table = new KeyTable();
  /** By group. */
  #columns;
  #records = new CountColumn();
  readonly #partitions: number[] = [];
  /** Starts, milliseconds; `#pane` is the number of the last row's. */
  #panes: number[] = [];
  #pane = 0;
  #bytes = 0;
  /** Rows since the last flush, and those of them that could not be taken. */
  #rows = 0;
  #refused = 0;
  /** Rows that still go as they are before the next try. */
  #passing = 0;

  /** @param partition of the keys that were written last */
  constructor(op: AlignedReduceOp, target: Target, partition: () => number, context: StageContext) {
    this.#aggregates = op.aggregates;
    this.#functions = op.aggregates.map(aggregateFunction);
    this.#readsColumns = op.aggregates.some(({ column }) => column !== null);
    this.#isOrdered = op.aggregates.some(isOrdered);
    this.#panesOf = panesOf(op.window);
    this.#target = target;
    this.#partition = partition;
    this.#partitionCount = partitionsOf(context.plan, target);
    this.#context = context;
    this.#columns = this.#newColumns();
    context.output.include(this);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get messages(): number {
    return Math.min(this.#table.size, this.#partitionCount);
  }

  /** Whether the next row is to be sent as it is. */
  passes(): boolean {
    if (this.#passing === 0) return false;
    this.#passing -= 1;
    return true;
  }

  /**
   * Takes in a row, unless it has to be sent as it is.
   * @param row its keys, and from `columnsAt` on its columns, just written
   */
  takes(row: CborWriter, columnsAt: number, timeMs: number): boolean {
    const { bytes, length } = row;
    const pane = this.#paneOf(timeMs);
    const values = this.#readsColumns ? listOf(reader.valueAt(bytes, columnsAt, 0)) : NO_VALUES;
    this.#rows += 1;
    if (length > COMBINED_ROW_BYTES_MAX || pane < 0 || !this.#combines(values)) {
      this.#refused += 1;
      return false;
    }
    let group = this.#table.find(pane, bytes, 0, columnsAt);
    if (group === NO_ENTRY) {
      const partition = this.#partition();
      group = this.#begin(this.#table.add(pane, bytes, 0, columnsAt), partition);
      this.#bytes += columnsAt;
    }
    this.#bytes += length - columnsAt;
    this.#context.counters.out += 1;
    this.#records.add(group);
    this.#add(group, values, this.#isOrdered ? this.#orderOf(row) : NO_ORDER);
    const { groupsMax, bytesMax } = this.#context.combiner;
    if (this.#table.size >= groupsMax || this.#bytes >= bytesMax) this.flush();
    return true;
  }

  flush(): void {
    if (this.#rows === 0) return;
    const { output } = this.#context;
    const { size } = this.#table;
    for (let group = 0; group < size; group += 1) {
      this.#write(group, output.begin(this.#target, this.#partitions[group] ?? 0));
      output.add(null, 0);
    }
    const { rowsPerGroupMin } = this.#context.combiner;
    const paysFrom = this.#readsColumns ? 2 * rowsPerGroupMin : rowsPerGroupMin;
    this.#empty(this.#rows >= (size + this.#refused) * paysFrom);
  }

  #paneOf(timeMs: number): number {
    const startMs = this.#panesOf.paneStart(timeMs);
    if (this.#panes[this.#pane] === startMs) return this.#pane;
    const known = this.#panes.indexOf(startMs);
    if (known < 0 && this.#panes.length === COMBINED_PANES_MAX) return -1;
    this.#pane = known < 0 ? this.#panes.push(startMs) - 1 : known;
    return this.#pane;
  }

  #combines(values: readonly Value[]): boolean {
    if (!this.#readsColumns) return true;
    for (let i = 0; i < this.#functions.length; i += 1) {
      const value = this.#valueOf(i, values);
      if (value !== null && this.#functions[i]?.combines?.(value) !== true) return false;
    }
    return true;
  }

  #begin(group: number, partition: number): number {
    for (const column of this.#columns) column.create(group);
    this.#records.create(group);
    this.#partitions[group] = partition;
    return group;
  }

  #add(group: number, values: readonly Value[], order: RecordOrder): void {
    for (let i = 0; i < this.#columns.length; i += 1) {
      const value = this.#valueOf(i, values);
      if (value !== null) this.#columns[i]?.add(group, value, order);
    }
  }

  /** The order of a row that was just written. */
  #orderOf({ bytes, length }: CborWriter): RecordOrder {
    const { seenMs, seq, place } = this.#context.order;
    const contents = seq === 0 ? contentsHash(bytes, 0, length) : 0;
    return { seenMs, seq, contents, place: placeLength(place) === 0 ? FIRST_PLACE : [...place] };
  }

  #valueOf(aggregate: number, values: readonly Value[]): Value {
    const column = this.#aggregates[aggregate]?.column ?? null;
    return column === null ? true : (values[column] ?? null);
  }

  #write(group: number, writer: CborWriter): void {
    const key = this.#table.key(group);
    writer.listHeader(COMBINED_ROW_PARTS);
    writer.number(this.#panes[key[0] ?? 0] ?? 0);
    writer.number(0);
    writer.raw(key, 1, key.length);
    writer.listHeader(this.#columns.length);
    for (const column of this.#columns) writer.value(column.save(group));
    writer.value(this.#records.save(group));
  }

  /** @param paid whether the room is kept for what comes next */
  #empty(paid: boolean): void {
    if (paid) {
      this.#table.clear();
    } else {
      this.#passing = this.#rows * PASSED_PER_LOOKED_AT;
      this.#table = new KeyTable();
      this.#columns = this.#newColumns();
      this.#records = new CountColumn();
    }
    this.#panes = [];
    this.#bytes = 0;
    this.#rows = 0;
    this.#refused = 0;
  }

  #newColumns() {
    return this.#functions.map((fn) => fn.column());
  }
}
