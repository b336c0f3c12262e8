import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Row } from "../../eval/codec.ts";
import { NO_ORDER } from "../../eval/record-order.ts";
import { EventTimeQueue, isQueueKey, knownMs } from "./event-time-queue.ts";

function row(atMs: number, seq = 0, key = "k"): Row {
  return { timeMs: atMs, order: { ...NO_ORDER, seq }, keys: [key], columns: [atMs] };
}

function drain(queue: EventTimeQueue, beforeMs = Number.POSITIVE_INFINITY): Row[] {
  const rows: Row[] = [];
  while (queue.firstMs < beforeMs) rows.push(queue.pop().row);
  return rows;
}

const rowsOf = fc.array(
  fc.record({ at: fc.nat(20), seq: fc.nat(3), key: fc.constantFrom("a", "b", "c") }),
  { maxLength: 40 },
);

describe("EventTimeQueue", () => {
  it("gives rows in one order, however they came", () => {
    fc.assert(
      fc.property(rowsOf, fc.nat(), (specs, turn) => {
        const rows = specs.map(({ at, seq, key }) => row(at, seq, key));
        const cut = rows.length === 0 ? 0 : turn % rows.length;
        const [one, other] = [new EventTimeQueue(knownMs), new EventTimeQueue(knownMs)];
        for (const each of rows) one.push(each);
        for (const each of [...rows.slice(cut), ...rows.slice(0, cut)].reverse()) other.push(each);
        const order = drain(one);
        expect(drain(other)).toEqual(order);
        expect(order.map(({ timeMs }) => timeMs)).toEqual(
          order.map(({ timeMs }) => timeMs).sort((a, b) => a - b),
        );
      }),
    );
  });

  it("comes back from its changes, or from a snapshot, with what has not left", () => {
    fc.assert(
      fc.property(rowsOf, rowsOf, fc.nat(20), (first, second, before) => {
        const queue = new EventTimeQueue(knownMs);
        const log = [];
        for (const { at, seq, key } of first) queue.push(row(at, seq, key));
        log.push(...queue.changes());
        drain(queue, before);
        for (const { at, seq, key } of second) queue.push(row(at, seq, key));
        log.push(...queue.changes());
        const [replayed, loaded] = [new EventTimeQueue(knownMs), new EventTimeQueue(knownMs)];
        for (const change of log) replayed.restore(change);
        for (const entry of queue.entries()) loaded.restore(entry);
        replayed.resume();
        loaded.resume();
        const left = drain(queue);
        expect(drain(replayed)).toEqual(left);
        expect(drain(loaded)).toEqual(left);
      }),
    );
  });

  it("saves nothing of a row that came and left between two checkpoints", () => {
    const queue = new EventTimeQueue(knownMs);
    queue.push(row(1));
    queue.pop();
    expect(queue.changes()).toEqual([]);
    queue.push(row(2));
    expect(queue.changes().every(({ key }) => isQueueKey(key))).toBe(true);
  });

  it("is full at its limit and overfull one past it", () => {
    const queue = new EventTimeQueue(knownMs, 3);
    for (const at of [5, 4, 3]) queue.push(row(at));
    expect(queue.overfull).toBe(false);
    queue.push(row(9));
    expect(queue.overfull).toBe(true);
    expect(queue.pop().atMs).toBe(3);
    expect(queue.overfull).toBe(false);
  });
});
