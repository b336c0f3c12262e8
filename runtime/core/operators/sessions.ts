// The reduce over session windows: rows in order of time, each extending the session of its key or
// beginning the next one.
//
//   [start, end)   end = min(last + gap, start + max)   a row at t < end belongs, one at t ≥ end begins
//
// Rows wait until the watermark has passed their time + grace: out of order or not, what bridges two
// sessions is there before either is cut.

import { END_OF_TIME_MS } from "../../../plan/event.ts";
import type { ReduceOp, SessionWindow } from "../../../plan/plan.ts";
import type { Row } from "../../eval/codec.ts";
import { orderOfResult } from "../../eval/record-order.ts";
import { canonicalKey, Instant } from "../../eval/values.ts";
import type { StageContext } from "../context.ts";
import type { StateChange } from "../message.ts";
import { EventTimeQueue, isQueueKey, QUEUED_ROWS_MAX } from "./event-time-queue.ts";
import { type Group, Groups } from "./groups.ts";
import { drained, type EmitOrdered, type StatefulOperator } from "./stateful.ts";

export type SessionReduceOp = ReduceOp & { readonly window: SessionWindow };

/** Rows taken before what they have closed is sent. */
const PIECE_ROWS = 1000;

type Session = { readonly group: Group; startMs: number; lastMs: number };
/** A number: it was replaced. */
type Numbered = { readonly closed: Closed; readonly number?: number };
type Closed = { readonly key: string; readonly session: Session; readonly endMs: number };

export class Sessions implements StatefulOperator {
  readonly #window: SessionWindow;
  readonly #groups: Groups;
  readonly #queue: EventTimeQueue;
  /** Open sessions by canonical key. */
  readonly #open = new Map<string, Session>();
  readonly #dirty = new Map<string, Session | null>();
  /** Sessions that the next one of their key has replaced, by number, until they are sent. */
  readonly #replaced = new Map<number, Closed>();
  /** Numbers of those that stand in the stored state. */
  readonly #stored = new Set<number>();
  #nextReplaced = 0;
  /** No session ends before this. */
  #firstEndMs = Number.POSITIVE_INFINITY;

  constructor(
    op: SessionReduceOp,
    context: StageContext,
    next: EmitOrdered,
    rowsMax = QUEUED_ROWS_MAX,
  ) {
    this.#window = op.window;
    this.#groups = new Groups(op, context, next);
    this.#queue = new EventTimeQueue((row) => row.timeMs, rowsMax);
  }

  get keys(): number {
    return this.#open.size + this.#queue.size;
  }

  add(row: Row): void {
    if (!this.#groups.accepts(row)) return;
    this.#queue.push(row);
    if (!this.#queue.overfull) return;
    this.#take(this.#queue.pop().row);
    drained(this.#sendAll([]));
  }

  *advance(fromMs: number, watermarkMs: number): Iterable<number> {
    const horizonMs = this.outputWatermarkMs(watermarkMs);
    for (let rows = 1; this.#queue.firstMs < horizonMs; rows += 1) {
      this.#take(this.#queue.pop().row);
      if (rows % PIECE_ROWS !== 0) continue;
      yield fromMs;
      for (const _ of this.#sendAll([])) yield fromMs;
    }
    const ended = this.#firstEndMs <= horizonMs ? this.#endedBy(horizonMs) : [];
    for (const _ of this.#sendAll(ended)) yield fromMs;
    if (ended.length > 0) this.#firstEndMs = this.#leastEnd();
  }

  outputWatermarkMs(watermarkMs: number): number {
    return watermarkMs === END_OF_TIME_MS ? watermarkMs : watermarkMs - this.#window.graceMs;
  }

  changes(): StateChange[] {
    const sessions = [...this.#dirty].map(([key, session]) => this.#entry(key, session));
    this.#dirty.clear();
    return [...this.#queue.changes(), ...sessions, ...this.#replacedChanges()];
  }

  *entries(): Iterable<StateChange> {
    yield* this.#queue.entries();
    for (const [key, session] of this.#open) yield this.#entry(key, session);
    for (const [number, { session }] of this.#replaced) yield this.#replacedEntry(number, session);
  }

  restore(change: StateChange): void {
    const { key, value } = change;
    if (isQueueKey(key)) this.#queue.restore(change);
    else if (key.startsWith(REPLACED)) this.#restoreReplaced(Number(key.slice(2)), value);
    else if (value === null) this.#open.delete(key.slice(PREFIX.length));
    else this.#open.set(key.slice(PREFIX.length), this.#load(value));
  }

  resume(): void {
    this.#queue.resume();
    this.#firstEndMs = this.#leastEnd();
  }

  /** Counts a row. The session before it, if it has ended, is replaced, and waits to be sent. */
  #take(row: Row): void {
    const key = canonicalKey(row.keys);
    const before = this.#open.get(key);
    const goesOn = before !== undefined && row.timeMs < this.#endOf(before);
    const session = goesOn
      ? before
      : { group: this.#groups.create(row.keys), startMs: row.timeMs, lastMs: row.timeMs };
    session.startMs = Math.min(session.startMs, row.timeMs);
    session.lastMs = Math.max(session.lastMs, row.timeMs);
    this.#groups.add(session.group, row);
    this.#open.set(key, session);
    this.#dirty.set(key, session);
    this.#firstEndMs = Math.min(this.#firstEndMs, this.#endOf(session));
    if (goesOn || before === undefined) return;
    this.#replaced.set(this.#nextReplaced, { key, session: before, endMs: this.#endOf(before) });
    this.#nextReplaced += 1;
  }

  #endedBy(horizonMs: number): Closed[] {
    const ended: Closed[] = [];
    for (const [key, session] of this.#open) {
      const endMs = this.#endOf(session);
      if (endMs <= horizonMs) ended.push({ key, session, endMs });
    }
    return ended;
  }

  /** Sends those that were replaced and those that have ended, one at a time. */
  *#sendAll(ended: readonly Closed[]): Iterable<void> {
    const all: Numbered[] = [...this.#replaced].map(numbered);
    for (const closed of ended) all.push({ closed });
    for (const one of all.sort((a, b) => inOrder(a.closed, b.closed))) {
      this.#send(one.closed);
      if (one.number === undefined) this.#forget(one.closed.key);
      else this.#replaced.delete(one.number);
      yield;
    }
  }

  #forget(key: string): void {
    this.#open.delete(key);
    this.#dirty.set(key, null);
  }

  #send({ session: { group, startMs }, endMs }: Closed): void {
    const result = this.#groups.result(group, endMs - startMs);
    result.fields.window = { start: new Instant(startMs), end: new Instant(endMs) };
    result.fields.time = new Instant(endMs - 1);
    this.#groups.send(result, orderOfResult(endMs - 1));
  }

  #endOf({ startMs, lastMs }: Session): number {
    return Math.min(lastMs + this.#window.gapMs, startMs + this.#window.maxMs);
  }

  #leastEnd(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const session of this.#open.values()) least = Math.min(least, this.#endOf(session));
    return least;
  }

  #entry(key: string, session: Session | null): StateChange {
    const value = session === null ? null : this.#save(session);
    return { key: `${PREFIX}${key}`, value };
  }

  #save({ group, startMs, lastMs }: Session): Uint8Array {
    return this.#groups.save(group, [startMs, lastMs]);
  }

  #load(value: Uint8Array): Session {
    const { group, extra } = this.#groups.load(value);
    const [startMs, lastMs] = extra.map(Number);
    return { group, startMs: startMs ?? 0, lastMs: lastMs ?? 0 };
  }

  /** Mostly they are sent before anything is stored. */
  #replacedChanges(): StateChange[] {
    const changes: StateChange[] = [];
    for (const number of this.#stored) {
      if (this.#replaced.has(number)) continue;
      this.#stored.delete(number);
      changes.push({ key: `${REPLACED}${number}`, value: null });
    }
    for (const [number, { session }] of this.#replaced) {
      if (this.#stored.has(number)) continue;
      this.#stored.add(number);
      changes.push(this.#replacedEntry(number, session));
    }
    return changes;
  }

  #replacedEntry(number: number, session: Session): StateChange {
    return { key: `${REPLACED}${number}`, value: this.#save(session) };
  }

  #restoreReplaced(number: number, value: Uint8Array | null): void {
    this.#nextReplaced = Math.max(this.#nextReplaced, number + 1);
    if (value === null) {
      this.#replaced.delete(number);
      this.#stored.delete(number);
      return;
    }
    const session = this.#load(value);
    const key = canonicalKey(session.group.keys);
    this.#replaced.set(number, { key, session, endMs: this.#endOf(session) });
    this.#stored.add(number);
  }
}

const PREFIX = "s|";
/** Of sessions that the next one of their key has replaced. */
const REPLACED = "r|";

function numbered([number, closed]: readonly [number, Closed]): Numbered {
  return { closed, number };
}

function inOrder(a: Closed, b: Closed): number {
  return a.endMs - b.endMs || (a.key < b.key ? -1 : 1);
}
