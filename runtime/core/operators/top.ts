// The n greatest records of each window (and `per` value), emitted when the window is complete.

import type { TopOp } from "../../../plan/plan.ts";
import { decodeValue, encodeRecord, type Row } from "../../eval/codec.ts";
import {
  compareOrder,
  loadOrder,
  orderOfResult,
  type RecordOrder,
  saveOrder,
} from "../../eval/record-order.ts";
import { canonicalKey, compareValues, isRecord, type Value } from "../../eval/values.ts";
import { assert } from "../assert.ts";
import type { StateChange } from "../message.ts";
import type { EmitOrdered, StatefulOperator } from "./stateful.ts";

type Ranked = {
  readonly record: Value;
  readonly by: Value;
  readonly keys: Value;
  readonly order: RecordOrder;
};
type Board = { readonly timeMs: number; readonly per: string; ranked: Ranked[] };

export class Top implements StatefulOperator {
  readonly #n: number;
  readonly #next: EmitOrdered;
  /** By time and `per`: all results of one window have the same time. */
  readonly #boards = new Map<string, Board>();
  readonly #dirty = new Map<string, Board | null>();

  constructor(op: TopOp, next: EmitOrdered) {
    this.#n = op.n;
    this.#next = next;
  }

  get keys(): number {
    return this.#boards.size;
  }

  add(row: Row): void {
    const [record = null, by = null, per = null, keys = null] = row.columns;
    const board = this.#board(row.timeMs, canonicalKey([per]));
    const one = { record, by, keys, order: row.order };
    const at = board.ranked.findLastIndex((other) => compareRanked(other, one) <= 0) + 1;
    if (at >= this.#n) return;
    board.ranked.splice(at, 0, one);
    if (board.ranked.length > this.#n) board.ranked.pop();
    this.#dirty.set(stateKey(board), board);
  }

  *advance(fromMs: number, watermarkMs: number): Iterable<number> {
    const complete = [...this.#boards.values()].filter((board) => board.timeMs < watermarkMs);
    complete.sort((a, b) => a.timeMs - b.timeMs || compareText(a.per, b.per));
    for (const board of complete) {
      for (const [rank, { record }] of board.ranked.entries()) {
        assert(isRecord(record), "top ranks records");
        this.#next(record, orderOfResult(board.timeMs, [rank]));
      }
      this.#boards.delete(stateKey(board));
      this.#dirty.set(stateKey(board), null);
      yield fromMs;
    }
  }

  outputWatermarkMs(watermarkMs: number): number {
    return watermarkMs;
  }

  changes(): StateChange[] {
    const changes = [...this.#dirty].map(([key, board]) => ({
      key,
      value: board === null ? null : saveBoard(board),
    }));
    this.#dirty.clear();
    return changes;
  }

  *entries(): Iterable<StateChange> {
    for (const [key, board] of this.#boards) yield { key, value: saveBoard(board) };
  }

  restore(change: StateChange): void {
    if (change.value === null) this.#boards.delete(change.key);
    else this.#boards.set(change.key, loadBoard(change.key, change.value));
  }

  resume(): void {
    // A board is deleted when it is emitted: what was restored is still to come.
  }

  #board(timeMs: number, per: string): Board {
    const fresh: Board = { timeMs, per, ranked: [] };
    const key = stateKey(fresh);
    const board = this.#boards.get(key) ?? fresh;
    this.#boards.set(key, board);
    return board;
  }
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

function stateKey(board: Board): string {
  return `${board.timeMs}|${board.per}`;
}

function saveBoard(board: Board): Uint8Array {
  return encodeRecord(
    board.ranked.map(({ record, by, keys, order }) => [record, by, keys, ...saveOrder(order)]),
  );
}

function loadBoard(key: string, bytes: Uint8Array): Board {
  const saved = decodeValue(bytes);
  assert(Array.isArray(saved), "state is not of this operator");
  const bar = key.indexOf("|");
  const ranked = saved.map((one): Ranked => {
    const [record = null, by = null, keys = null, ...order] = Array.isArray(one) ? one : [];
    return { record, by, keys, order: loadOrder(order) };
  });
  return { timeMs: Number(key.slice(0, bar)), per: key.slice(bar + 1), ranked };
}
