// The windowed reduce: aggregates per pane and key, merged into windows when the watermark closes them.
//
//   result(window, key) = merge of the accumulators of `key` in the panes of the window

import { END_OF_TIME_MS } from "../../../plan/event.ts";
import type { ReduceOp } from "../../../plan/plan.ts";
import { decodeValue, encodeRecord, type Row } from "../../eval/codec.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import {
  canonicalKey,
  Instant,
  type RecordValue,
  setField,
  type Value,
} from "../../eval/values.ts";
import {
  type Accumulator,
  type AggregateFunction,
  aggregateFunction,
} from "../aggregates/aggregate.ts";
import { assert } from "../assert.ts";
import type { Emit, StageContext } from "../context.ts";
import type { StateChange } from "../message.ts";
import { firstEndContaining, lastEndContaining, paneStart } from "../panes.ts";
import type { StatefulOperator } from "./stateful.ts";

type Group = { readonly keys: readonly Value[]; readonly accumulators: Accumulator[] };
type Pane = Map<string, Group>;

export class Reduce implements StatefulOperator {
  readonly #op: ReduceOp;
  readonly #context: StageContext;
  readonly #next: Emit;
  readonly #functions: readonly AggregateFunction[];
  /** By start of the pane, then canonical key. */
  readonly #panes = new Map<number, Pane>();
  /** Changed groups since the last checkpoint; a null group was deleted. */
  readonly #dirty = new Map<string, Group | null>();
  #watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(op: ReduceOp, context: StageContext, next: Emit) {
    this.#op = op;
    this.#context = context;
    this.#next = next;
    this.#functions = op.aggregates.map(aggregateFunction);
  }

  add(row: Row): void {
    const start = paneStart(this.#op.window, row.timeMs);
    const closesMs = lastEndContaining(this.#op.window, row.timeMs) + this.#op.window.graceMs;
    assert(closesMs > this.#watermarkMs, "a row of a closed window passed the window operator");
    const error = this.#refusal(row);
    if (error !== null) {
      const record = { keys: row.keys, columns: row.columns };
      this.#context.deadLetter("reduce", error, record, row.timeMs);
      return;
    }
    const key = canonicalKey(row.keys);
    const group = this.#group(start, key, row.keys);
    this.#aggregate(group, row);
    this.#dirty.set(stateKey(start, key), group);
  }

  advance(watermarkMs: number): void {
    const { sizeMs, graceMs } = this.#op.window;
    const before = this.#watermarkMs;
    this.#watermarkMs = watermarkMs;
    for (let endMs = this.#nextEnd(before - graceMs); endMs !== null; ) {
      if (endMs + graceMs > watermarkMs) break;
      this.#close(endMs - sizeMs, endMs);
      endMs = this.#nextEnd(endMs);
    }
    this.#forget();
  }

  outputWatermarkMs(watermarkMs: number): number {
    // The end of time stays the end of time: nothing will come, grace or not.
    return watermarkMs === END_OF_TIME_MS ? watermarkMs : watermarkMs - this.#op.window.graceMs;
  }

  changes(): StateChange[] {
    const changes = [...this.#dirty].map(([key, group]) => ({
      key,
      value: group === null ? null : saveGroup(group),
    }));
    this.#dirty.clear();
    return changes;
  }

  *entries(): Iterable<StateChange> {
    for (const [start, pane] of this.#panes) {
      for (const [key, group] of pane) yield { key: stateKey(start, key), value: saveGroup(group) };
    }
  }

  restore(change: StateChange): void {
    const [start, key] = parseStateKey(change.key);
    if (change.value === null) {
      const pane = this.#panes.get(start);
      pane?.delete(key);
      if (pane?.size === 0) this.#panes.delete(start);
      return;
    }
    const pane = this.#pane(start);
    pane.set(key, this.#loadGroup(change.value));
  }

  resume(watermarkMs: number): void {
    this.#watermarkMs = watermarkMs;
  }

  #refusal(row: Row): EvaluationError | null {
    for (const [i, aggregate] of this.#op.aggregates.entries()) {
      if (aggregate.column === null) continue;
      const value = row.columns[aggregate.column] ?? null;
      const reason = value === null ? null : (this.#functions[i]?.refuses(value) ?? null);
      if (reason !== null) return new EvaluationError(reason, `field ${aggregate.name}`);
    }
    return null;
  }

  #aggregate(group: Group, row: Row): void {
    for (const [i, aggregate] of this.#op.aggregates.entries()) {
      const value = aggregate.column === null ? true : (row.columns[aggregate.column] ?? null);
      if (value !== null) group.accumulators[i]?.add(value, row);
    }
  }

  #pane(start: number): Pane {
    let pane = this.#panes.get(start);
    if (pane === undefined) {
      pane = new Map();
      this.#panes.set(start, pane);
    }
    return pane;
  }

  #group(start: number, key: string, keys: readonly Value[]): Group {
    const pane = this.#pane(start);
    let group = pane.get(key);
    if (group === undefined) {
      group = { keys, accumulators: this.#functions.map((fn) => fn.create()) };
      pane.set(key, group);
    }
    return group;
  }

  /** The least window end after `afterMs` whose window has a pane; null when there is none. */
  #nextEnd(afterMs: number): number | null {
    const { sizeMs, everyMs } = this.#op.window;
    let least: number | null = null;
    for (const start of this.#panes.keys()) {
      const firstEnd = firstEndContaining(this.#op.window, start);
      const skipped = Math.max(0, Math.floor((afterMs - firstEnd) / everyMs) + 1);
      const endMs = Number.isFinite(afterMs) ? firstEnd + skipped * everyMs : firstEnd;
      if (endMs - sizeMs > start) continue;
      if (least === null || endMs < least) least = endMs;
    }
    return least;
  }

  #close(startMs: number, endMs: number): void {
    const merged = this.#merge(startMs, endMs);
    const window = { start: new Instant(startMs), end: new Instant(endMs) };
    const time = new Instant(endMs - 1);
    for (const key of [...merged.keys()].sort()) {
      const group = merged.get(key);
      if (group !== undefined) this.#next({ ...this.#fields(group), window, time }, 0);
    }
  }

  #merge(startMs: number, endMs: number): Pane {
    const panes = [...this.#panes].filter(([start]) => start >= startMs && start < endMs);
    const [only] = panes;
    if (panes.length === 1 && only !== undefined) return only[1];
    const merged: Pane = new Map();
    for (const [, pane] of panes) {
      for (const [key, group] of pane) this.#mergeGroup(merged, key, group);
    }
    return merged;
  }

  #mergeGroup(merged: Pane, key: string, group: Group): void {
    let target = merged.get(key);
    if (target === undefined) {
      target = { keys: group.keys, accumulators: this.#functions.map((fn) => fn.create()) };
      merged.set(key, target);
    }
    for (const [i, accumulator] of group.accumulators.entries()) {
      target.accumulators[i]?.merge(accumulator);
    }
  }

  #fields(group: Group): RecordValue {
    const fields: RecordValue = {};
    for (const [i, name] of this.#op.keys.entries()) setField(fields, name, group.keys[i] ?? null);
    for (const [i, aggregate] of this.#op.aggregates.entries()) {
      setField(fields, aggregate.name, group.accumulators[i]?.result() ?? null);
    }
    return fields;
  }

  /** Drops the panes no open window has. */
  #forget(): void {
    for (const [start, pane] of this.#panes) {
      const closesMs = lastEndContaining(this.#op.window, start) + this.#op.window.graceMs;
      if (closesMs > this.#watermarkMs) continue;
      for (const key of pane.keys()) this.#dirty.set(stateKey(start, key), null);
      this.#panes.delete(start);
    }
  }

  #loadGroup(bytes: Uint8Array): Group {
    const saved = decodeValue(bytes);
    assert(Array.isArray(saved) && Array.isArray(saved[0]), "state is not of this operator");
    const [keys, ...accumulators] = saved;
    return {
      keys: keys as readonly Value[], // asserted above
      accumulators: this.#functions.map((fn, i) => fn.load(accumulators[i] ?? null)),
    };
  }
}

function saveGroup(group: Group): Uint8Array {
  return encodeRecord([[...group.keys], ...group.accumulators.map((one) => one.save())]);
}

function stateKey(start: number, key: string): string {
  return `${start}|${key}`;
}

function parseStateKey(key: string): [start: number, key: string] {
  const bar = key.indexOf("|");
  return [Number(key.slice(0, bar)), key.slice(bar + 1)];
}
