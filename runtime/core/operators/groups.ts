// The groups of a reduce: their keys, their accumulators, and how they are filled, merged and stored.

import type { Aggregate } from "../../../plan/plan.ts";
import { decodeValue, encodeState, type Row } from "../../eval/codec.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import type { RecordOrder } from "../../eval/record-order.ts";
import type { Value } from "../../eval/values.ts";
import { timeOf } from "../../eval/view/records.ts";
import { type Accumulator, listOf } from "../aggregates/accumulator.ts";
import { type AggregateFunction, aggregateFunction } from "../aggregates/aggregate.ts";
import { assert } from "../assert.ts";
import type { StageContext } from "../context.ts";
import { GroupResult } from "./group-result.ts";
import { GroupTable } from "./group-table.ts";
import type { EmitOrdered } from "./stateful.ts";

export type Group = {
  readonly keys: readonly Value[];
  readonly accumulators: readonly Accumulator[];
  /** Whether it has changed since it was last sent (`emit changes`). */
  unsent: boolean;
};

export class Groups {
  readonly #keys: readonly string[];
  readonly #aggregates: readonly Aggregate[];
  readonly #functions: readonly AggregateFunction[];
  readonly #context: StageContext;
  readonly #next: EmitOrdered;
  /** Whether no row is ever refused. */
  readonly takesAll: boolean;

  /** @param op with the names of the key fields @param next gets the results */
  constructor(
    op: { readonly keys: readonly string[]; readonly aggregates: readonly Aggregate[] },
    context: StageContext,
    next: EmitOrdered,
  ) {
    this.#keys = op.keys;
    this.#aggregates = op.aggregates;
    this.#functions = op.aggregates.map(aggregateFunction);
    this.#context = context;
    this.#next = next;
    this.takesAll = this.#functions.every(({ refuses }) => refuses === null);
  }

  /** Room for many groups of this reduce. */
  table(): GroupTable {
    const columns = this.#functions.map((fn) => fn.column());
    return new GroupTable(this.#keys, this.#aggregates, columns);
  }

  create(keys: readonly Value[]): Group {
    return { keys, accumulators: this.#functions.map((fn) => fn.create()), unsent: false };
  }

  /** Whether every aggregate takes the row; one that does not goes to dead letters. */
  accepts(row: Row): boolean {
    const error = this.#refusal(row);
    if (error === null) return true;
    const columns = row.columns.slice(0, this.#columns());
    this.#context.turnTo(row.order);
    this.#context.deadLetter("reduce", error, { keys: row.keys, columns }, row.timeMs);
    return false;
  }

  /** Takes in a row that was accepted. Nulls do not count. */
  add(group: Group, row: Row): void {
    for (const [i, { column }] of this.#aggregates.entries()) {
      const value = column === null ? true : (row.columns[column] ?? null);
      if (value !== null) group.accumulators[i]?.add(value, row.order);
    }
    group.unsent = true;
  }

  merge(into: Group, group: Group): void {
    for (const [i, accumulator] of group.accumulators.entries()) {
      into.accumulators[i]?.merge(accumulator);
    }
    into.unsent ||= group.unsent;
  }

  /** @param windowMs length of the window; 0 without one */
  result(group: Group, windowMs: number): GroupResult {
    const result = new GroupResult();
    for (const [i, name] of this.#keys.entries()) result.setKey(name, group.keys[i] ?? null);
    for (const [i, aggregate] of this.#aggregates.entries()) {
      result.setAggregate(aggregate, group.accumulators[i]?.result(windowMs) ?? null);
    }
    return result;
  }

  /** Hands on a result that has its time; one with a number beyond the doubles goes to dead letters instead. */
  send({ fields, error }: GroupResult, order: RecordOrder): void {
    if (error === null) {
      this.#next(fields, order);
      return;
    }
    this.#context.turnTo(order);
    this.#context.deadLetter("reduce", error, fields, timeOf(fields));
  }

  /** @param extra what the operator keeps with the group */
  save(group: Group, extra: readonly Value[] = []): Uint8Array {
    const accumulators = group.accumulators.map((one) => one.save());
    return encodeState([[...group.keys], ...accumulators, group.unsent, ...extra]);
  }

  load(bytes: Uint8Array): { readonly group: Group; readonly extra: readonly Value[] } {
    const [keys, ...rest] = listOf(decodeValue(bytes));
    const count = this.#functions.length;
    assert(Array.isArray(keys) && rest.length > count, "state is not of this operator");
    const accumulators = this.#functions.map((fn, i) => fn.load(rest[i] ?? null));
    const group = { keys: listOf(keys), accumulators, unsent: rest[count] === true };
    return { group, extra: rest.slice(count + 1) };
  }

  #refusal(row: Row): EvaluationError | null {
    for (const [i, { name, column }] of this.#aggregates.entries()) {
      const value = column === null ? null : (row.columns[column] ?? null);
      const reason = value === null ? null : (this.#functions[i]?.refuses?.(value) ?? null);
      if (reason !== null) return new EvaluationError(reason, `field ${name}`);
    }
    return null;
  }

  #columns(): number {
    return Math.max(0, ...this.#aggregates.map(({ column }) => (column ?? -1) + 1));
  }
}
