// The first record of each key, then none for a duration of event time.
//
//   passes(r) = no record of the same key has passed in (seen(r) − within, seen(r)]
//
// Records are looked at in the order they came in at the relay, whatever their times are: of a commit's operations
// the first one passes, and a late record counts when it came.

import { END_OF_TIME_MS, WATERMARK_DELAY_MS } from "../../../plan/event.ts";
import type { DedupOp } from "../../../plan/plan.ts";
import { decodeValue, encodeState, type Row } from "../../eval/codec.ts";
import { orderOfResult } from "../../eval/record-order.ts";
import { canonicalKey, isRecord } from "../../eval/values.ts";
import { listOf } from "../aggregates/accumulator.ts";
import { assert } from "../assert.ts";
import type { StageContext } from "../context.ts";
import type { StateChange } from "../message.ts";
import {
  EventTimeQueue,
  isQueueKey,
  knownMs,
  QUEUED_ROWS_MAX,
  seenMs,
} from "./event-time-queue.ts";
import { rowsSay } from "./rows-say.ts";
import { drained, type EmitOrdered, type StatefulOperator } from "./stateful.ts";

/** When a record of the key passed; `turn` grows from one to the next. */
type Passed = { readonly atMs: number; readonly turn: number };

export class Dedup implements StatefulOperator {
  readonly #op: DedupOp;
  readonly #context: StageContext;
  readonly #next: EmitOrdered;
  readonly #queue: EventTimeQueue;
  /** False for a plan of 0.1, whose rows say when they were known instead. */
  readonly #saysSeen: boolean;
  /** By canonical key, the longest ago first. */
  #passed = new Map<string, Passed>();
  readonly #dirty = new Map<string, Passed | null>();
  #turn = 0;

  constructor(op: DedupOp, context: StageContext, next: EmitOrdered, queuedMax = QUEUED_ROWS_MAX) {
    this.#op = op;
    this.#context = context;
    this.#next = next;
    this.#saysSeen = rowsSay("seen", context);
    this.#queue = new EventTimeQueue(this.#saysSeen ? seenMs : knownMs, queuedMax);
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

  /** What waits has seen the watermark, and its time may be a second before that. */
  outputWatermarkMs(watermarkMs: number): number {
    return watermarkMs === END_OF_TIME_MS ? watermarkMs : watermarkMs - WATERMARK_DELAY_MS;
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
    this.#next(record, this.#saysSeen ? row.order : orderOfResult(atMs));
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
  const value = passed === null ? null : encodeState([passed.atMs, passed.turn]);
  return { key: `${PREFIX}${key}`, value };
}
