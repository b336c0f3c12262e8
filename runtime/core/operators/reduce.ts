// The windowed reduce: aggregates per pane and key, merged into windows when the watermark closes them.
//
//   result(window, key) = merge of the accumulators of `key` in the panes of the window
//
// Of overlapping windows some may be closed to a late record and some not. Such a record stands in a pane
// of its own that counts only from its first open window on, judged by the watermark of its own channel.

import { END_OF_TIME_MS } from "../../../plan/event.ts";
import type { AlignedWindow, ReduceOp } from "../../../plan/plan.ts";
import { decodeValue, encodeState, type Row } from "../../eval/codec.ts";
import { Instant } from "../../eval/values.ts";
import type { EncodedRows } from "../../eval/view/encoded-rows.ts";
import { listOf } from "../aggregates/accumulator.ts";
import { assert } from "../assert.ts";
import type { StageContext } from "../context.ts";
import type { StateChange } from "../message.ts";
import type { Panes } from "../panes.ts";
import { panesOf } from "../windows.ts";
import { knownMs } from "./event-time-queue.ts";
import type { GroupTable } from "./group-table.ts";
import { Groups } from "./groups.ts";
import { inOrder } from "./key-order.ts";
import { rowsSay } from "./rows-say.ts";
import type { EmitOrdered, StatefulOperator } from "./stateful.ts";
import { orderAtClose, orderAtTick } from "./ticks.ts";

export type AlignedReduceOp = ReduceOp & { readonly window: AlignedWindow };

type Pane = {
  readonly startMs: number;
  /** End of the first window it counts in, when that is not the first that contains it. */
  readonly fromEndMs: number | null;
  readonly groups: GroupTable;
};

/** Windows that end earlier, and keys up to `key` of that which ends at `endMs`, are sent. */
type Sent = { readonly endMs: number; readonly key: string; readonly tickMs: number | null };

export class Reduce implements StatefulOperator {
  readonly #op: AlignedReduceOp;
  readonly #panesOf: Panes;
  readonly #groups: Groups;
  /** When a row was known, milliseconds; null: the rows do not say. */
  readonly #known: ((row: Pick<Row, "columns">) => number) | null;
  /** By start, and where it is not the first window's, the end they count from: `12000`, `12000:24000`. */
  readonly #panes = new Map<string, Pane>();
  /** The one the last row counted in, if it counts in all windows that contain it. */
  #lastPane: Pane | null = null;
  /** Panes dropped since the last checkpoint. */
  readonly #forgotten: string[] = [];
  /** How far the results of a close, or of a tick, have been sent; null outside of one. */
  #sent: Sent | null = null;
  #savedSent = false;
  #watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(op: AlignedReduceOp, context: StageContext, next: EmitOrdered) {
    this.#op = op;
    this.#panesOf = panesOf(op.window);
    this.#groups = new Groups(op, context, next);
    this.#known = rowsSay("known", context) ? knownMs : null;
  }

  get keys(): number {
    return [...this.#panes.values()].reduce((sum, { groups }) => sum + groups.size, 0);
  }

  add(row: Row): void {
    if (this.accepts(row)) this.take(row);
  }

  /** Whether every aggregate takes the row; one that does not goes to dead letters. */
  accepts(row: Row): boolean {
    return this.#groups.accepts(row);
  }

  addAll(rows: EncodedRows): void {
    let pane: Pane | null = null;
    let from = 0;
    for (let i = 0; i < rows.count; i += 1) {
      const isTaken = this.#groups.takesAll || rows.isCombined(i) || this.accepts(rows.row(i));
      const own = isTaken ? this.#paneOfRow(rows, i) : null;
      if (own === pane) continue;
      pane?.groups.addRows(rows, from, i);
      pane = own;
      from = i;
    }
    pane?.groups.addRows(rows, from, rows.count);
  }

  #paneOfRow(rows: EncodedRows, row: number): Pane {
    const timeMs = rows.timeMs(row);
    return this.#known === null
      ? this.#paneAt(timeMs)
      : this.#paneOf({ timeMs, columns: rows.columns(row) });
  }

  /** Counts a row that was accepted. */
  take(row: Row): void {
    const { groups } = this.#paneOf(row);
    groups.add(groups.groupOf(row.keys), row);
  }

  #paneOf(row: Pick<Row, "timeMs" | "columns">): Pane {
    if (this.#known === null) return this.#paneAt(row.timeMs);
    this.#checkOpen(row.timeMs);
    return this.#pane(this.#paneId(row.timeMs, this.#known(row) - this.#op.window.graceMs));
  }

  /** The pane of a row that counts in all windows that contain it. */
  #paneAt(timeMs: number): Pane {
    this.#checkOpen(timeMs);
    const startMs = this.#panesOf.paneStart(timeMs);
    if (this.#lastPane?.startMs !== startMs) this.#lastPane = this.#pane(String(startMs));
    return this.#lastPane;
  }

  #checkOpen(timeMs: number): void {
    if (this.#watermarkMs <= timeMs) return;
    const closesMs = this.#panesOf.lastEnd(timeMs) + this.#op.window.graceMs;
    assert(closesMs > this.#watermarkMs, "a row of a closed window passed the window operator");
  }

  *advance(fromMs: number, watermarkMs: number): Iterable<number> {
    const { graceMs } = this.#op.window;
    for (let endMs = this.#nextEnd(fromMs - graceMs); endMs + graceMs <= watermarkMs; ) {
      for (const _ of this.#close(endMs, null)) yield endMs + graceMs - 1;
      this.#sent = null;
      endMs = this.#nextEnd(endMs);
    }
    this.#watermarkMs = watermarkMs;
    this.#forget();
  }

  outputWatermarkMs(watermarkMs: number): number {
    // The end of time stays the end of time: nothing will come, grace or not.
    return watermarkMs === END_OF_TIME_MS ? watermarkMs : watermarkMs - this.#op.window.graceMs;
  }

  /** When the next window closes, milliseconds; Infinity when none is open. */
  get nextCloseMs(): number {
    const { graceMs } = this.#op.window;
    return this.#nextEnd(this.#watermarkMs - graceMs) + graceMs;
  }

  /** When the first open window that counts the row closes. */
  closeMsOf(row: Row): number {
    const { graceMs } = this.#op.window;
    return this.#panesOf.firstEnd(Math.max(row.timeMs, this.#knownOf(row) - graceMs)) + graceMs;
  }

  #knownOf(row: Row): number {
    return this.#known?.(row) ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether some group has changed since it was last sent. */
  get hasUnsent(): boolean {
    return [...this.#panes.values()].some(({ groups }) => groups.hasUnsent);
  }

  /** Sends what has changed of every open window, as it stands at the tick, a record at a time. */
  *emitUnsent(tickMs: number): Iterable<void> {
    const { graceMs } = this.#op.window;
    const ends = new Set<number>();
    for (const pane of this.#panes.values()) {
      if (!pane.groups.hasUnsent) continue;
      let endMs = this.#endOf(pane, this.#watermarkMs - graceMs);
      for (; Number.isFinite(endMs); endMs = this.#endOf(pane, endMs)) ends.add(endMs);
    }
    for (const endMs of [...ends].sort((a, b) => a - b)) yield* this.#close(endMs, tickMs);
    this.#sent = { endMs: Number.MAX_SAFE_INTEGER, key: "", tickMs };
    for (const { groups } of this.#panes.values()) {
      for (let group = 0; group < groups.size; group += 1) {
        if (!groups.isUnsent(group)) continue;
        groups.markSent(group);
        yield;
      }
    }
    this.#sent = null;
  }

  /** The tick that `emitUnsent` was in the middle of when the state was stored. */
  get tickMs(): number | null {
    return this.#sent?.tickMs ?? null;
  }

  changes(): StateChange[] {
    const changes: StateChange[] = [];
    for (const [id, { groups }] of this.#panes) {
      for (const group of groups.takeChanged()) changes.push(entryOf(id, groups, group));
    }
    for (const pane of this.#forgotten) changes.push({ key: pane, value: null });
    this.#forgotten.length = 0;
    if (this.#sent !== null || this.#savedSent) changes.push(sentEntry(this.#sent));
    this.#savedSent = this.#sent !== null;
    return changes;
  }

  skipChanges(): void {
    for (const { groups } of this.#panes.values()) groups.takeChanged();
    this.#forgotten.length = 0;
  }

  *entries(): Iterable<StateChange> {
    if (this.#sent !== null) yield sentEntry(this.#sent);
    for (const [id, { groups }] of this.#panes) {
      const { size } = groups; // New keys must not keep this from coming to an end.
      for (let group = 0; group < size; group += 1) yield entryOf(id, groups, group);
    }
  }

  restore({ key, value }: StateChange): void {
    if (key === SENT_KEY) {
      this.#sent = value === null ? null : loadSent(value);
      this.#savedSent = value !== null;
    } else if (value === null) {
      this.#drop(key);
    } else {
      this.#pane(key.slice(0, key.indexOf("|"))).groups.load(value);
    }
  }

  resume(watermarkMs: number): void {
    this.#watermarkMs = watermarkMs;
  }

  /** @param closedMs windows with an end up to here are closed to the row */
  #paneId(timeMs: number, closedMs: number): string {
    const start = this.#panesOf.paneStart(timeMs);
    if (closedMs < timeMs) return String(start);
    const fromEndMs = this.#panesOf.firstEnd(closedMs);
    return fromEndMs === this.#panesOf.firstEnd(timeMs) ? String(start) : `${start}:${fromEndMs}`;
  }

  #pane(id: string): Pane {
    let pane = this.#panes.get(id);
    if (pane === undefined) {
      const [start, fromEnd] = id.split(":").map(Number);
      pane = {
        startMs: start ?? 0,
        fromEndMs: fromEnd ?? null,
        groups: this.#groups.table(),
      };
      this.#panes.set(id, pane);
    }
    return pane;
  }

  /** The least window end after `afterMs` whose window has a pane; Infinity when there is none. */
  #nextEnd(afterMs: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const pane of this.#panes.values()) least = Math.min(least, this.#endOf(pane, afterMs));
    return least;
  }

  /** The least window end after `afterMs` whose window has this pane; Infinity when there is none. */
  #endOf({ startMs, fromEndMs }: Pane, afterMs: number): number {
    const from = Math.max(startMs, afterMs, (fromEndMs ?? Number.NEGATIVE_INFINITY) - 1);
    const endMs = this.#panesOf.firstEnd(from);
    return endMs <= this.#panesOf.lastEnd(startMs) ? endMs : Number.POSITIVE_INFINITY;
  }

  /**
   * Sends the results of the window that ends at `endMs`, or with `emit changes`, those not sent yet; one at
   * a time, and not what was sent before the state was stored.
   */
  *#close(endMs: number, tickMs: number | null): Iterable<void> {
    const startMs = this.#panesOf.startOf(endMs);
    const groups = this.#merge(startMs, endMs);
    const window = { start: new Instant(startMs), end: new Instant(endMs) };
    const time = new Instant(endMs - 1);
    const { window: shape, changesEveryMs } = this.#op;
    const order =
      tickMs === null
        ? orderAtClose(shape, endMs, changesEveryMs)
        : orderAtTick(shape, endMs, tickMs);
    const keys = Array.from({ length: groups.size }, (_, group) => groups.key(group));
    for (const group of inOrder(keys)) {
      const key = keys[group] ?? "";
      if (this.#isSent(endMs, key)) continue;
      if (changesEveryMs !== undefined && !groups.isUnsent(group)) continue;
      const result = groups.result(group, endMs - startMs, key);
      result.fields.window = window;
      result.fields.time = time;
      this.#groups.send(result, order);
      this.#sent = { endMs, key, tickMs };
      yield;
    }
  }

  #isSent(endMs: number, key: string): boolean {
    const sent = this.#sent;
    return sent !== null && (endMs < sent.endMs || (endMs === sent.endMs && key <= sent.key));
  }

  #merge(startMs: number, endMs: number): GroupTable {
    const panes = [...this.#panes.values()].filter(
      (pane) =>
        pane.startMs >= startMs && pane.startMs < endMs && (pane.fromEndMs ?? endMs) <= endMs,
    );
    const [only] = panes;
    if (panes.length === 1 && only !== undefined) return only.groups;
    const merged = this.#groups.table();
    for (const { groups } of panes) merged.merge(groups);
    return merged;
  }

  /** Drops the panes no open window has. */
  #forget(): void {
    for (const [id, pane] of this.#panes) {
      const closesMs = this.#panesOf.lastEnd(pane.startMs) + this.#op.window.graceMs;
      if (closesMs > this.#watermarkMs) continue;
      this.#forgotten.push(id);
      this.#drop(id);
    }
  }

  #drop(pane: string): void {
    this.#panes.delete(pane);
    this.#lastPane = null;
  }
}

function entryOf(pane: string, groups: GroupTable, group: number): StateChange {
  return { key: `${pane}|${groups.key(group)}`, value: groups.save(group) };
}

const SENT_KEY = "sent|";

function sentEntry(sent: Sent | null): StateChange {
  const value = sent === null ? null : encodeState([sent.endMs, sent.key, sent.tickMs]);
  return { key: SENT_KEY, value };
}

function loadSent(bytes: Uint8Array): Sent {
  const [endMs, key, tickMs] = listOf(decodeValue(bytes));
  assert(typeof endMs === "number" && typeof key === "string", "state is not of this operator");
  return { endMs, key, tickMs: typeof tickMs === "number" ? tickMs : null };
}
