// The n greatest records of each window (and `per` value), emitted when the window is complete.
//
// Each ranked record is an entry of state of its own: a board of ten thousand of them is larger than any message, and
// one that comes in changes two entries, its own and that of the one that falls out.

import type { TopOp } from "../../../plan/plan.ts";
import { decodeValue, encodeState, type Row } from "../../eval/codec.ts";
import {
  compareOrder,
  loadOrder,
  orderOfResult,
  type RecordOrder,
  saveOrder,
} from "../../eval/record-order.ts";
import { canonicalKey, compareValues, isRecord, type Value } from "../../eval/values.ts";
import { listOf } from "../aggregates/accumulator.ts";
import { assert } from "../assert.ts";
import type { StateChange } from "../message.ts";
import type { EmitOrdered, StatefulOperator } from "./stateful.ts";

type Ranked = {
  readonly record: Value;
  readonly by: Value;
  readonly keys: Value;
  readonly order: RecordOrder;
  /** Names its entry of state. */
  readonly id: number;
};
/** All results of one window have the same time. */
type Board = {
  readonly timeMs: number;
  readonly per: string;
  /** The greatest first; the first `sent` of them are sent and not kept any more. */
  readonly ranked: Ranked[];
  sent: number;
  /** Those before, which were sent before the state was stored and restored. */
  sentBefore: number;
};

export class Top implements StatefulOperator {
  readonly #n: number;
  readonly #next: EmitOrdered;
  /** By time and `per`. */
  readonly #boards = new Map<string, Board>();
  /** By state key: writes the entry that is there now; null where there is none. */
  readonly #dirty = new Map<string, (() => Uint8Array) | null>();
  /** The board that is being sent. */
  #sending: Board | null = null;
  #nextId = 0;
  #keys = 0;
  /** What was put back, until `resume` ranks it. */
  readonly #restored = new Map<string, Uint8Array>();

  constructor(op: TopOp, next: EmitOrdered) {
    this.#n = op.n;
    this.#next = next;
  }

  get keys(): number {
    return this.#keys;
  }

  add(row: Row): void {
    const [record = null, by = null, per = null, keys = null] = row.columns;
    const board = this.#board(row.timeMs, canonicalKey([per]));
    const one = { record, by, keys, order: row.order, id: this.#nextId };
    const at = placeOf(board.ranked, one);
    if (at >= this.#n) return;
    board.ranked.splice(at, 0, one);
    this.#keep(board, one);
    if (board.ranked.length <= this.#n) return;
    const last = board.ranked.pop();
    if (last !== undefined) this.#forget(board, last);
  }

  *advance(fromMs: number, watermarkMs: number): Iterable<number> {
    const complete = [...this.#boards.values()].filter((board) => board.timeMs < watermarkMs);
    complete.sort((a, b) => a.timeMs - b.timeMs || compareText(a.per, b.per));
    for (const board of complete) {
      for (const one of board.ranked) {
        const { record } = one;
        const rank = board.sentBefore + board.sent;
        assert(isRecord(record), "top ranks records");
        this.#next(record, orderOfResult(board.timeMs, [rank]));
        board.sent += 1;
        this.#forget(board, one);
        this.#setSending(board.sent < board.ranked.length ? board : null);
        if (this.#sending === null) this.#boards.delete(boardName(board));
        yield fromMs;
      }
    }
  }

  outputWatermarkMs(watermarkMs: number): number {
    return watermarkMs;
  }

  changes(): StateChange[] {
    const changes = [...this.#dirty].map(([key, save]) => ({ key, value: save?.() ?? null }));
    this.#dirty.clear();
    return changes;
  }

  skipChanges(): void {
    this.#dirty.clear();
  }

  *entries(): Iterable<StateChange> {
    if (this.#sending !== null) yield { key: SENT_KEY, value: saveSent(this.#sending) };
    for (const board of this.#boards.values()) {
      for (const one of board.ranked.slice(board.sent)) {
        yield { key: rowKey(board, one), value: saveRanked(one) };
      }
    }
  }

  restore({ key, value }: StateChange): void {
    if (value === null) this.#restored.delete(key);
    else this.#restored.set(key, value);
  }

  /** A record is deleted when it is sent: what was restored is still to come. */
  resume(): void {
    const sent = this.#restored.get(SENT_KEY);
    this.#restored.delete(SENT_KEY);
    const old = [...this.#restored].filter(([key]) => !key.startsWith(ROW_PREFIX));
    for (const [key, value] of this.#restored) {
      if (key.startsWith(ROW_PREFIX)) this.#restoreRow(key, value);
    }
    for (const [key, value] of old) this.#restoreOld(key, value);
    this.#restored.clear();
    for (const { ranked } of this.#boards.values()) {
      ranked.sort((a, b) => compareRanked(a, b) || a.id - b.id);
    }
    if (sent !== undefined) this.#restoreSent(sent);
  }

  #restoreRow(key: string, value: Uint8Array): void {
    const [timeMs = "", id = ""] = key.slice(ROW_PREFIX.length).split("|", 2);
    const per = key.slice(ROW_PREFIX.length + timeMs.length + id.length + 2);
    this.#board(Number(timeMs), per).ranked.push(loadRanked(decodeValue(value), Number(id)));
    this.#nextId = Math.max(this.#nextId, Number(id) + 1);
    this.#keys += 1;
  }

  /** A whole board, as 0.1 stored it in one entry: from now on each record has its own. */
  #restoreOld(key: string, value: Uint8Array): void {
    const bar = key.indexOf("|");
    const board = this.#board(Number(key.slice(0, bar)), key.slice(bar + 1));
    for (const saved of listOf(decodeValue(value))) {
      const one = loadRanked(saved, this.#nextId);
      board.ranked.push(one);
      this.#keep(board, one);
    }
    this.#dirty.set(key, null);
  }

  #restoreSent(saved: Uint8Array): void {
    const [timeMs, per, count] = listOf(decodeValue(saved));
    assert(typeof per === "string", "state is not of this operator");
    const board = this.#board(Number(timeMs), per);
    board.sentBefore = Number(count);
    this.#sending = board;
  }

  #board(timeMs: number, per: string): Board {
    const fresh: Board = { timeMs, per, ranked: [], sent: 0, sentBefore: 0 };
    const name = boardName(fresh);
    const board = this.#boards.get(name) ?? fresh;
    this.#boards.set(name, board);
    return board;
  }

  #keep(board: Board, one: Ranked): void {
    this.#nextId += 1;
    this.#keys += 1;
    this.#dirty.set(rowKey(board, one), () => saveRanked(one));
  }

  #forget(board: Board, one: Ranked): void {
    this.#keys -= 1;
    this.#dirty.set(rowKey(board, one), null);
  }

  #setSending(board: Board | null): void {
    if (board === null && this.#sending === null) return;
    this.#sending = board;
    this.#dirty.set(SENT_KEY, board === null ? null : () => saveSent(board));
  }
}

/** Where a record is to stand among those ranked: behind its equals. By halving, for a board may have ten thousand. */
function placeOf(ranked: readonly Ranked[], one: Ranked): number {
  const last = ranked.at(-1);
  // Most of what comes has no place.
  if (last === undefined || compareRanked(last, one) <= 0) return ranked.length;
  let [low, high] = [0, ranked.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = ranked[middle];
    if (other !== undefined && compareRanked(other, one) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Greatest `by` first, null last of all; ties by key, then in the order of records. */
function compareRanked(a: Ranked, b: Ranked): number {
  return compareBy(a.by, b.by) || compareValues(a.keys, b.keys) || compareOrder(a.order, b.order);
}

function compareBy(a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return compareValues(b, a);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A board of 0.1 stood under its name. */
function boardName({ timeMs, per }: Pick<Board, "timeMs" | "per">): string {
  return `${timeMs}|${per}`;
}

const ROW_PREFIX = "r|";
const SENT_KEY = "sent|";

function rowKey({ timeMs, per }: Board, { id }: Ranked): string {
  return `${ROW_PREFIX}${timeMs}|${id}|${per}`;
}

function saveRanked({ record, by, keys, order }: Ranked): Uint8Array {
  return encodeState([record, by, keys, ...saveOrder(order)]);
}

function loadRanked(saved: Value, id: number): Ranked {
  assert(Array.isArray(saved), "state is not of this operator");
  const [record = null, by = null, keys = null, ...order] = saved;
  return { record, by, keys, order: loadOrder(order), id };
}

function saveSent({ timeMs, per, sent, sentBefore }: Board): Uint8Array {
  return encodeState([timeMs, per, sentBefore + sent]);
}
