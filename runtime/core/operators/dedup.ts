// The first record of each key, then none for a duration of event time.
//
//   passes(r) = no record of the same key has passed in (known(r) − within, known(r)]
//
// `known` is the record's time, or the watermark of its channel where that is greater: a late record
// counts when it came. Records are looked at in that order, so the answer has one.

import type { DedupOp } from "../../../plan/plan.ts";
import { decodeValue, encodeRecord, type Row } from "../../eval/codec.ts";
import { canonicalKey, isRecord } from "../../eval/values.ts";
import { listOf } from "../aggregates/accumulator.ts";
import { assert } from "../assert.ts";
import type { StageContext } from "../context.ts";
import type { StateChange } from "../message.ts";
import { EventTimeQueue, isQueueKey, knownMs, QUEUED_ROWS_MAX } from "./event-time-queue.ts";
import { drained, type StatefulOperator } from "./stateful.ts";
import type { EmitAt } from "./window.ts";

/** When a record of the key passed; `turn` grows from one to the next. */
type Passed = { readonly atMs: number; readonly turn: number };

export class Dedup implements StatefulOperator {
  readonly #op: DedupOp;
  readonly #context: StageContext;
  readonly #next: EmitAt;
  readonly #queue: EventTimeQueue;
  /** By canonical key, the longest ago first. */
  #passed = new Map<string, Passed>();
  readonly #dirty = new Map<string, Passed | null>();
  #turn = 0;

  constructor(op: DedupOp, context: StageContext, next: EmitAt, queuedMax = QUEUED_ROWS_MAX) {
    this.#op = op;
    this.#context = context;
    this.#next = next;
    this.#queue = new EventTimeQueue(knownMs, queuedMax);
  }

  get keys(): number {
    return this.#passed.size + this.#queue.size;
  }

  add(row: Row): void {
    this.#queue.push(row);
    if (!this.#queue.overfull) return;
    drained(this.#expire(this.#queue.firstMs));
    this.#look(this.#queue.pop());
  }

  *advance(fromMs: number, watermarkMs: number): Iterable<number> {
    while (this.#queue.firstMs < watermarkMs) {
      for (const _ of this.#expire(this.#queue.firstMs)) yield fromMs;
      this.#look(this.#queue.pop());
      yield fromMs;
    }
    for (const _ of this.#expire(watermarkMs)) yield fromMs;
  }

  outputWatermarkMs(watermarkMs: number): number {
    return watermarkMs;
  }

  changes(): StateChange[] {
    const passed = [...this.#dirty].map(([key, one]) => entryOf(key, one));
    this.#dirty.clear();
    return [...this.#queue.changes(), ...passed];
  }

  *entries(): Iterable<StateChange> {
    yield* this.#queue.entries();
    for (const [key, passed] of this.#passed) yield entryOf(key, passed);
  }

  restore(change: StateChange): void {
    if (isQueueKey(change.key)) {
      this.#queue.restore(change);
      return;
    }
    const key = change.key.slice(PREFIX.length);
    if (change.value === null) this.#passed.delete(key);
    else {
      const [atMs, turn] = listOf(decodeValue(change.value)).map(Number);
      this.#passed.set(key, { atMs: atMs ?? 0, turn: turn ?? 0 });
    }
  }

  resume(): void {
    this.#queue.resume();
    const ordered = [...this.#passed].sort(([, a], [, b]) => a.turn - b.turn);
    this.#passed = new Map(ordered);
    this.#turn = (ordered.at(-1)?.[1].turn ?? -1) + 1;
  }

  #look({ atMs, row }: { readonly atMs: number; readonly row: Row }): void {
    const key = canonicalKey(row.keys);
    if (this.#passed.has(key)) {
      this.#context.drop("duplicate");
      return;
    }
    if (this.#passed.size >= this.#op.cap) this.#forgetFirst();
    const passed = { atMs, turn: this.#turn };
    this.#turn += 1;
    this.#passed.set(key, passed);
    this.#dirty.set(key, passed);
    const [record = null] = row.columns;
    assert(isRecord(record), "dedup passes records on");
    this.#next(record, row.seq, atMs);
  }

  /** Forgets a key at a time what passed too long ago. */
  *#expire(nowMs: number): Iterable<void> {
    for (const [key, { atMs }] of this.#passed) {
      if (atMs + this.#op.withinMs > nowMs) return;
      this.#forget(key);
      yield;
    }
  }

  #forgetFirst(): void {
    const [first] = this.#passed.keys();
    if (first !== undefined) this.#forget(first);
  }

  #forget(key: string): void {
    this.#passed.delete(key);
    this.#dirty.set(key, null);
  }
}

const PREFIX = "p|";

function entryOf(key: string, passed: Passed | null): StateChange {
  const value = passed === null ? null : encodeRecord([passed.atMs, passed.turn]);
  return { key: `${PREFIX}${key}`, value };
}
