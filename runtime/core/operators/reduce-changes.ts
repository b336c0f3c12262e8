// A windowed reduce that also sends what has changed, at every tick of event time.
//
//   sent at tick T:   groups changed by rows with known < T since they were last sent
//   sent at close C:  the same for C
//
// What is sent of one result differs by its order (`ticks.ts`), not by its time.
//
// Rows, ticks and closes are taken in the order of their instants, so it does not matter in how many steps
// the watermark came.

import type { Row } from "../../eval/codec.ts";
import { assert } from "../assert.ts";
import type { StageContext } from "../context.ts";
import type { StateChange } from "../message.ts";
import { EventTimeQueue, isQueueKey, knownMs } from "./event-time-queue.ts";
import { type AlignedReduceOp, Reduce } from "./reduce.ts";
import type { EmitOrdered, StatefulOperator } from "./stateful.ts";
import { tickAfter } from "./ticks.ts";

export class ReduceChanges implements StatefulOperator {
  readonly #everyMs: number;
  readonly #reduce: Reduce;
  readonly #queue = new EventTimeQueue(knownMs);
  /** The tick at which what is unsent leaves; Infinity when nothing is. */
  #tickMs = Number.POSITIVE_INFINITY;

  constructor(op: AlignedReduceOp, context: StageContext, next: EmitOrdered) {
    assert(op.changesEveryMs !== undefined, "changes are sent every so often");
    this.#everyMs = op.changesEveryMs;
    this.#reduce = new Reduce(op, context, next);
  }

  get keys(): number {
    return this.#reduce.keys + this.#queue.size;
  }

  add(row: Row): void {
    if (!this.#reduce.accepts(row)) return;
    this.#queue.push(row);
    if (this.#queue.overfull) this.#apply(this.#queue.pop().row);
  }

  *advance(fromMs: number, watermarkMs: number): Iterable<number> {
    let reachedMs = fromMs;
    let closeMs = this.#reduce.nextCloseMs;
    for (;;) {
      const instantMs = Math.min(closeMs, this.#tickMs);
      if (this.#queue.firstMs < Math.min(instantMs, watermarkMs)) {
        const { row } = this.#queue.pop();
        this.#apply(row);
        closeMs = Math.min(closeMs, this.#reduce.closeMsOf(row));
        yield Math.max(reachedMs, knownMs(row));
        continue;
      }
      if (instantMs > watermarkMs) break;
      yield* this.#reduce.advance(reachedMs, instantMs);
      reachedMs = instantMs;
      if (this.#tickMs === instantMs) yield* this.#tick();
      closeMs = this.#reduce.nextCloseMs;
    }
    yield* this.#reduce.advance(reachedMs, watermarkMs);
  }

  outputWatermarkMs(watermarkMs: number): number {
    return this.#reduce.outputWatermarkMs(watermarkMs);
  }

  changes(): StateChange[] {
    return [...this.#queue.changes(), ...this.#reduce.changes()];
  }

  skipChanges(): void {
    this.#queue.changes();
    this.#reduce.skipChanges();
  }

  *entries(): Iterable<StateChange> {
    yield* this.#queue.entries();
    yield* this.#reduce.entries();
  }

  restore(change: StateChange): void {
    (isQueueKey(change.key) ? this.#queue : this.#reduce).restore(change);
  }

  resume(watermarkMs: number): void {
    this.#queue.resume();
    this.#reduce.resume(watermarkMs);
    // What is unsent was changed after the last tick that the watermark has passed.
    const { tickMs, hasUnsent } = this.#reduce;
    if (tickMs !== null) this.#tickMs = tickMs;
    else if (hasUnsent) this.#tickMs = tickAfter(watermarkMs, this.#everyMs);
  }

  #apply(row: Row): void {
    this.#reduce.take(row);
    this.#tickMs = Math.min(this.#tickMs, tickAfter(knownMs(row), this.#everyMs));
  }

  *#tick(): Iterable<number> {
    const tickMs = this.#tickMs;
    for (const _ of this.#reduce.emitUnsent(tickMs)) yield tickMs;
    this.#tickMs = Number.POSITIVE_INFINITY;
  }
}
