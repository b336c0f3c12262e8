import { describe, expect, it } from "vitest";
import { encodeState } from "../../eval/codec.ts";
import { type RecordOrder, saveOrder } from "../../eval/record-order.ts";
import { canonicalKey, type Value } from "../../eval/values.ts";
import type { StateChange } from "../message.ts";
import { Top } from "./top.ts";

const TIME_MS = 1000;
type Given = { readonly name: Value; readonly place: readonly number[] };

/** A top and what it sends, begun with some state. */
function topOf(n: number, state: Iterable<StateChange> = []) {
  const sent: Given[] = [];
  const top = new Top({ op: "top", n }, (record, { place }) => {
    sent.push({ name: record.name ?? null, place });
  });
  for (const one of state) top.restore(one);
  top.resume();
  return { top, sent };
}

function orderOf(seq: number): RecordOrder {
  return { seenMs: TIME_MS, seq, place: [0], contents: 0 };
}

function add(top: Top, name: string, by: number, per: Value = null): void {
  const columns = [{ name }, by, per, [name]];
  top.add({ timeMs: TIME_MS, order: orderOf(by), keys: [], columns });
}

/** The state after these changes. */
function applied(state: ReadonlyMap<string, StateChange>, changes: readonly StateChange[]) {
  const after = new Map(state);
  for (const one of changes) {
    if (one.value === null) after.delete(one.key);
    else after.set(one.key, one);
  }
  return after;
}

describe("the state of top", () => {
  it("is an entry for each ranked record: one that comes in changes its own and that of the last", () => {
    const { top } = topOf(2);
    add(top, "a", 1);
    add(top, "b", 2);
    expect(top.changes().map(({ value }) => value !== null)).toEqual([true, true]);
    expect(top.keys).toBe(2);
    add(top, "c", 3);
    expect(top.changes().map(({ value }) => value !== null)).toEqual([true, false]);
    expect(top.keys).toBe(2);
    add(top, "too little", 0);
    expect(top.changes()).toEqual([]);
    expect([...top.entries()]).toHaveLength(2);
  });

  it.each([0, 1, 2, 3, 4, 5])("goes on at its rank when it is stored after %i sent", (stop) => {
    const names = ["a", "b", "c", "d"];
    const { top, sent } = topOf(3);
    for (const [i, name] of names.entries()) add(top, name, i);
    for (const [i, name] of names.entries()) add(top, name, i, "other");
    let state = applied(new Map(), top.changes());
    const pieces = top.advance(0, TIME_MS + 1)[Symbol.iterator]();
    for (let i = 0; i < stop; i += 1) pieces.next();
    const snapshot = applied(new Map(), [...top.entries()]);
    state = applied(state, top.changes());
    expect(snapshot).toEqual(state);
    const again = topOf(3, state.values());
    for (const _ of again.top.advance(0, TIME_MS + 1));
    const board = ["d", "c", "b"].map((name, rank) => ({ name, place: [rank] }));
    expect([...sent, ...again.sent]).toEqual([...board, ...board]);
    expect(applied(state, again.top.changes()).size).toBe(0);
    expect(again.top.keys).toBe(0);
  });

  it("goes on from a whole board in one entry, as 0.1 stored it, and stores it anew", () => {
    const key = `${TIME_MS}|${canonicalKey(["x|1|y"])}`;
    const rows = ["b", "a"].map((name, i) => [{ name }, 2 - i, [name], ...saveOrder(orderOf(i))]);
    const old = new Map([[key, { key, value: encodeState(rows) }]]);
    const { top } = topOf(2, old.values());
    const state = applied(old, top.changes());
    expect([state.has(key), state.size]).toEqual([false, 2]);
    const again = topOf(2, state.values());
    add(again.top, "c", 3, "x|1|y");
    for (const _ of again.top.advance(0, TIME_MS + 1));
    expect(again.sent.map(({ name }) => name)).toEqual(["c", "b"]);
  });

  it("keeps ties in the order they came in, over a restart", () => {
    const { top } = topOf(3);
    const same = { timeMs: TIME_MS, order: orderOf(1), keys: [] };
    for (const name of ["x", "y", "z"]) {
      top.add({ ...same, columns: [{ name }, 1, null, ["key"]] });
    }
    const again = topOf(3, applied(new Map(), top.changes()).values());
    for (const _ of again.top.advance(0, TIME_MS + 1));
    expect(again.sent.map(({ name }) => name)).toEqual(["x", "y", "z"]);
  });
});

describe("the place of a record in a top", () => {
  /** How often a record is compared: each look at `by` is part of one. */
  function counted(by: number, looks: { count: number }): Value {
    return new Proxy([by], {
      get: (target, name) => {
        if (name === "length") looks.count += 1;
        return Reflect.get(target, name);
      },
    });
  }

  it("is behind its equals and before what is less, in whatever order they come", () => {
    const bys = [3, 1, 2, 3, 0, 2, 3, 1, 9, 9, 4, 0];
    const { top, sent } = topOf(8);
    for (const [i, by] of bys.entries()) {
      const name = `${by} ${String(i).padStart(2, "0")}`;
      top.add({ timeMs: TIME_MS, order: orderOf(i), keys: [], columns: [{ name }, by, null, []] });
    }
    for (const _ of top.advance(0, TIME_MS + 1));
    const names = bys.map((by, i) => `${by} ${String(i).padStart(2, "0")}`);
    const expected = names.toSorted(
      (a, b) => Number(b.split(" ")[0]) - Number(a.split(" ")[0]) || (a < b ? -1 : 1),
    );
    expect(sent.map(({ name }) => name)).toEqual(expected.slice(0, 8));
  });

  it("is found in a few steps on a board of thousands, each greater than all before", () => {
    const { top } = topOf(4000);
    const looks = { count: 0 };
    for (let i = 0; i < 4000; i += 1) {
      const by = counted(i, looks);
      top.add({ timeMs: TIME_MS, order: orderOf(i), keys: [], columns: [{}, by, null, []] });
    }
    expect(looks.count).toBeLessThan(4000 * 100);
  });
});
