// The reduce without a window: one result per key that changes for ever, sent at every tick of event time
// in which it changed. What bounds its state is in the plan: groups expire, or are capped, or both.
//
//   sent at tick T:  groups changed by rows with seen < T since they were last sent, with time T − 1 ms
//   forgotten:       groups without a row for `expire`; beyond `cap`, the one without a row for longest, which is sent
//                    before the tick, with the tick's time and the instant of the row that it makes place for
//
// Rows are taken in the order of records (`record-order.ts`), so the answer does not depend on interleaving.

import type { FoldOp } from "../../../plan/plan.ts";
import type { Row } from "../../eval/codec.ts";
import { FIRST_PLACE, orderOfResult, type RecordOrder } from "../../eval/record-order.ts";
import { canonicalKey, Instant } from "../../eval/values.ts";
import type { StageContext } from "../context.ts";
import type { StateChange } from "../message.ts";
import { EventTimeQueue, isQueueKey, knownMs, seenMs } from "./event-time-queue.ts";
import { type Group, Groups } from "./groups.ts";
import { rowsSay } from "./rows-say.ts";
import { drained, type EmitOrdered, type StatefulOperator } from "./stateful.ts";
import { tickAfter } from "./ticks.ts";

/** `turn` grows from row to row: the group with the least has had none for longest. */
type Kept = { readonly group: Group; readonly lastMs: number; readonly turn: number };

/** With a `cap`, the place of what is sent at a tick: behind all that left before it at the same instant. */
const AT_TICK: readonly number[] = [1];

export class Fold implements StatefulOperator {
  readonly #op: FoldOp;
  readonly #groups: Groups;
  readonly #queue: EventTimeQueue;
  /** By canonical key, in the order of their turns. */
  #kept = new Map<string, Kept>();
  readonly #dirty = new Map<string, Kept | null>();
  readonly #unsent = new Set<string>();
  #turn = 0;
  /** The tick at which what is unsent leaves; Infinity when nothing is. */
  #tickMs = Number.POSITIVE_INFINITY;

  constructor(op: FoldOp, context: StageContext, next: EmitOrdered) {
    this.#op = op;
    this.#groups = new Groups(op, context, next);
    // Rows of a plan of 0.1 say when they were known instead.
    this.#queue = new EventTimeQueue(rowsSay("seen", context) ? seenMs : knownMs);
  }

  get keys(): number {
    return this.#kept.size + this.#queue.size;
  }

  add(row: Row): void {
    if (!this.#groups.accepts(row)) return;
    this.#queue.push(row);
    if (!this.#queue.overfull) return;
    drained(this.#passTo(this.#queue.firstMs));
    this.#take(this.#queue.pop());
  }

  *advance(_fromMs: number, watermarkMs: number): Iterable<number> {
    while (this.#queue.firstMs < watermarkMs) {
      yield* this.#passTo(this.#queue.firstMs);
      const first = this.#queue.pop();
      this.#take(first);
      yield first.atMs;
    }
    yield* this.#passTo(watermarkMs);
  }

  outputWatermarkMs(watermarkMs: number): number {
    return watermarkMs;
  }

  changes(): StateChange[] {
    const groups = [...this.#dirty].map(([key, kept]) => this.#entry(key, kept));
    this.#dirty.clear();
    return [...this.#queue.changes(), ...groups];
  }

  *entries(): Iterable<StateChange> {
    yield* this.#queue.entries();
    // A key that gets a row moves to the end, and would be met again for ever.
    for (const key of Array.from(this.#kept.keys())) {
      const kept = this.#kept.get(key);
      if (kept !== undefined) yield this.#entry(key, kept);
    }
  }

  restore(change: StateChange): void {
    if (isQueueKey(change.key)) {
      this.#queue.restore(change);
      return;
    }
    const key = change.key.slice(PREFIX.length);
    if (change.value === null) this.#kept.delete(key);
    else {
      const { group, extra } = this.#groups.load(change.value);
      const [lastMs, turn] = extra.map(Number);
      this.#kept.set(key, { group, lastMs: lastMs ?? 0, turn: turn ?? 0 });
    }
  }

  resume(watermarkMs: number): void {
    this.#queue.resume();
    const ordered = [...this.#kept].sort(([, a], [, b]) => a.turn - b.turn);
    this.#kept = new Map(ordered);
    this.#turn = (ordered.at(-1)?.[1].turn ?? -1) + 1;
    for (const [key, { group }] of ordered) if (group.unsent) this.#unsent.add(key);
    // What is unsent was changed after the last tick that the watermark has passed.
    if (this.#unsent.size > 0) this.#tickMs = tickAfter(watermarkMs, this.#op.everyMs);
  }

  #take({ atMs, row }: { readonly atMs: number; readonly row: Row }): void {
    const key = canonicalKey(row.keys);
    const known = this.#kept.get(key);
    if (known === undefined) this.#makeRoom(atMs);
    const group = known?.group ?? this.#groups.create(row.keys);
    this.#groups.add(group, row);
    const kept = { group, lastMs: atMs, turn: this.#turn };
    this.#turn += 1;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    this.#dirty.set(key, kept);
    this.#unsent.add(key);
    this.#tickMs = Math.min(this.#tickMs, tickAfter(atMs, this.#op.everyMs));
  }

  /** Event time has come to `nowMs`: the tick, then what expires (never before it was sent). */
  *#passTo(nowMs: number): Iterable<number> {
    if (this.#tickMs <= nowMs) yield* this.#tick();
    const { expireMs } = this.#op;
    if (expireMs === null) return;
    for (const [key, { lastMs }] of this.#kept) {
      if (lastMs + expireMs > nowMs) return;
      this.#forget(key);
      yield nowMs;
    }
    // As after a crash, which goes on from the greatest turn of what is kept.
    if (this.#kept.size === 0) this.#turn = 0;
  }

  /** Stands just before the tick until all is sent. */
  *#tick(): Iterable<number> {
    const place = this.#op.cap === null ? FIRST_PLACE : AT_TICK;
    const order = orderOfResult(this.#tickMs - 1, place);
    for (const key of [...this.#unsent].sort()) {
      this.#send(key, order);
      this.#unsent.delete(key);
      yield this.#tickMs - 1;
    }
    this.#tickMs = Number.POSITIVE_INFINITY;
  }

  #send(key: string, order: RecordOrder): void {
    const kept = this.#kept.get(key);
    if (kept === undefined) return;
    kept.group.unsent = false;
    this.#dirty.set(key, kept);
    const result = this.#groups.result(kept.group, 0);
    result.fields.time = new Instant(this.#tickMs - 1);
    this.#groups.send(result, order);
  }

  /** Where `cap` is reached, one group makes place for a row of that instant; what of it is unsent leaves first. */
  #makeRoom(atMs: number): void {
    const { cap } = this.#op;
    if (cap === null || this.#kept.size < cap) return;
    const [first] = this.#kept;
    if (first === undefined) return;
    const [oldest, { turn }] = first;
    if (this.#unsent.has(oldest)) this.#send(oldest, orderOfResult(atMs, [0, turn + 1]));
    this.#forget(oldest);
  }

  #forget(key: string): void {
    this.#kept.delete(key);
    this.#unsent.delete(key);
    this.#dirty.set(key, null);
  }

  #entry(key: string, kept: Kept | null): StateChange {
    const value = kept === null ? null : this.#groups.save(kept.group, [kept.lastMs, kept.turn]);
    return { key: `${PREFIX}${key}`, value };
  }
}

const PREFIX = "g|";
