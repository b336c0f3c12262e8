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
import type { EmitOrdered, StatefulOperator } from "./stateful.ts";

export type SessionReduceOp = ReduceOp & { readonly window: SessionWindow };

/** Rows taken, or sessions closed, in one piece. */
const PIECE_ROWS = 1000;

type Session = { readonly group: Group; startMs: number; lastMs: number };
type Closed = { readonly key: string; readonly session: Session; readonly endMs: number };

export class Sessions implements StatefulOperator {
  readonly #window: SessionWindow;
  readonly #groups: Groups;
  readonly #queue: EventTimeQueue;
  /** Open sessions by canonical key. */
  readonly #open = new Map<string, Session>();
  readonly #dirty = new Map<string, Session | null>();
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
    if (this.#queue.overfull) this.#send(this.#take(this.#queue.pop().row));
  }

  *advance(fromMs: number, watermarkMs: number): Iterable<number> {
    const horizonMs = this.outputWatermarkMs(watermarkMs);
    let closed: Closed[] = [];
    for (let rows = 1; this.#queue.firstMs < horizonMs; rows += 1) {
      closed.push(...this.#take(this.#queue.pop().row));
      if (rows % PIECE_ROWS !== 0) continue;
      this.#send(closed);
      closed = [];
      yield fromMs;
    }
    const ended = this.#firstEndMs <= horizonMs ? this.#endedBy(horizonMs) : [];
    for (const piece of inPieces(closed, ended)) {
      this.#send(piece);
      for (const one of piece) this.#forget(one);
      yield fromMs;
    }
    if (ended.length > 0) this.#firstEndMs = this.#leastEnd();
  }

  outputWatermarkMs(watermarkMs: number): number {
    return watermarkMs === END_OF_TIME_MS ? watermarkMs : watermarkMs - this.#window.graceMs;
  }

  changes(): StateChange[] {
    const sessions = [...this.#dirty].map(([key, session]) => this.#entry(key, session));
    this.#dirty.clear();
    return [...this.#queue.changes(), ...sessions];
  }

  *entries(): Iterable<StateChange> {
    yield* this.#queue.entries();
    for (const [key, session] of this.#open) yield this.#entry(key, session);
  }

  restore(change: StateChange): void {
    if (isQueueKey(change.key)) {
      this.#queue.restore(change);
      return;
    }
    const key = change.key.slice(PREFIX.length);
    if (change.value === null) this.#open.delete(key);
    else {
      const { group, extra } = this.#groups.load(change.value);
      const [startMs, lastMs] = extra.map(Number);
      this.#open.set(key, { group, startMs: startMs ?? 0, lastMs: lastMs ?? 0 });
    }
  }

  resume(): void {
    this.#queue.resume();
    this.#firstEndMs = this.#leastEnd();
  }

  /** Counts a row; gives the session before it, if it has ended. */
  #take(row: Row): Closed[] {
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
    if (goesOn || before === undefined) return [];
    return [{ key, session: before, endMs: this.#endOf(before) }];
  }

  #endedBy(horizonMs: number): Closed[] {
    const ended: Closed[] = [];
    for (const [key, session] of this.#open) {
      const endMs = this.#endOf(session);
      if (endMs <= horizonMs) ended.push({ key, session, endMs });
    }
    return ended;
  }

  /** Of a session that the next one of its key has replaced there is nothing to forget. */
  #forget({ key, session }: Closed): void {
    if (this.#open.get(key) !== session) return;
    this.#open.delete(key);
    this.#dirty.set(key, null);
  }

  #send(closed: readonly Closed[]): void {
    for (const { session, endMs } of closed.toSorted(inOrder)) {
      const { group, startMs } = session;
      const result = this.#groups.result(group, endMs - startMs);
      result.fields.window = { start: new Instant(startMs), end: new Instant(endMs) };
      result.fields.time = new Instant(endMs - 1);
      this.#groups.send(result, orderOfResult(endMs - 1));
    }
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
    const value =
      session === null ? null : this.#groups.save(session.group, [session.startMs, session.lastMs]);
    return { key: `${PREFIX}${key}`, value };
  }
}

const PREFIX = "s|";

/** Together when they are few; else first those that are not open any more and so must not wait. */
function inPieces(closed: readonly Closed[], ended: readonly Closed[]): readonly Closed[][] {
  if (closed.length + ended.length <= PIECE_ROWS) return [[...closed, ...ended]];
  const sorted = ended.toSorted(inOrder);
  const pieces = [[...closed]];
  for (let i = 0; i < sorted.length; i += PIECE_ROWS) pieces.push(sorted.slice(i, i + PIECE_ROWS));
  return pieces;
}

function inOrder(a: Closed, b: Closed): number {
  return a.endMs - b.endMs || (a.key < b.key ? -1 : 1);
}
