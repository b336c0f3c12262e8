import { describe, expect, it } from "vitest";
import {
  STATE_BACK_MS_MAX,
  STATES_MAX,
  STATES_OF_ONE_MS_MAX,
  type StateMessage,
  StateOrder,
} from "./state-order.ts";

const DID = "did:plc:alice234567abcdefghijklm";
const AT = 1_783_166_400_250;

function account(seq: number, active: boolean, timeMs = AT, did = DID): StateMessage {
  return { kind: "account", did, seq, timeMs, active, status: active ? null : "deactivated" };
}

function identity(seq: number, handle: string, timeMs = AT): StateMessage {
  return { kind: "identity", did: DID, seq, timeMs, handle };
}

/** Ordinals, or -1 for what is superseded. */
function taken(order: StateOrder, states: readonly StateMessage[], numbering = "", laterMs = 0) {
  return states.map((state) => {
    const verdict = order.take(state, { numbering, arrivedMs: state.timeMs + laterMs });
    return verdict.kind === "fresh" ? verdict.ordinal : -1;
  });
}

const FLAP = [account(1, false), account(2, true), account(3, false)];
const NAMES = [identity(4, "a.test"), identity(5, "b.test"), identity(6, "a.test")];

describe("StateOrder", () => {
  it("counts how often a state was there before within its millisecond", () => {
    const order = new StateOrder();
    expect(taken(order, [...FLAP, account(4, true), account(5, false)])).toEqual([0, 0, 1, 1, 2]);
    expect(taken(order, NAMES)).toEqual([0, 0, 1]);
    expect(taken(order, [account(9, false, AT + 1), account(10, true, AT + 1)])).toEqual([0, 0]);
  });

  it("gives what comes again the number that it had", () => {
    const order = new StateOrder();
    const all = [...FLAP, ...NAMES.map((one) => ({ ...one, timeMs: AT + 750 }))];
    const expected = [0, 0, 1, 0, 0, 1];
    expect(taken(order, all)).toEqual(expected);
    expect(taken(order, all), "in one numbering").toEqual(expected);
    const others = all.map((one) => ({ ...one, seq: one.seq + 1000 }));
    expect(taken(order, others), "numbered otherwise, in one file").toEqual(expected);
    const renumbered = all.map((one) => ({ ...one, seq: one.seq + 50 }));
    expect(taken(order, renumbered, "two.example 0"), "by another relay").toEqual(expected);
    expect(taken(order, all, "one.example 0"), "by a third").toEqual(expected);
  });

  it("goes on counting on the next connection to a relay", () => {
    const order = new StateOrder();
    expect(taken(order, FLAP.slice(0, 2), "one.example 0")).toEqual([0, 0]);
    expect(taken(order, FLAP.slice(2), "one.example 0")).toEqual([1]);
  });

  it("comes to numbers that are stored already when it begins in the middle", () => {
    const known = new Set(["false 0", "true 0", "false 1"]);
    for (const from of [1, 2]) {
      const rest = FLAP.slice(from);
      const ordinals = taken(new StateOrder(), rest);
      rest.forEach((state, i) => {
        const { active } = state as { active?: boolean }; // They are all accounts.
        expect(known).toContain(`${active} ${ordinals[i]}`);
      });
    }
  });

  it("takes a state that is told twice in a row for one", () => {
    const twice = [account(1, false), account(2, false), account(3, true), account(4, true)];
    expect(taken(new StateOrder(), twice)).toEqual([0, 0, 0, 0]);
  });

  it("leaves out what is further behind a later state than clocks step back", () => {
    const order = new StateOrder();
    taken(order, [account(1, true, AT)]);
    expect(taken(order, [account(2, false, AT - STATE_BACK_MS_MAX)])).toEqual([0]);
    expect(taken(order, [account(3, false, AT - STATE_BACK_MS_MAX - 1)])).toEqual([-1]);
    expect(taken(order, [identity(4, "a.test", AT - STATE_BACK_MS_MAX - 1)])).toEqual([0]);
  });

  it("leaves out a state that comes again long after, within the millisecond of the last too", () => {
    for (const timeMs of [AT, AT - 1]) {
      const order = new StateOrder();
      taken(order, [account(1, false, timeMs), account(2, true, AT)]);
      expect(taken(order, [account(3, false, timeMs)], "", STATE_BACK_MS_MAX)).toEqual([
        timeMs === AT ? 1 : 0,
      ]);
      expect(taken(order, [account(4, false, timeMs)], "", STATE_BACK_MS_MAX + 2)).toEqual([-1]);
    }
  });

  it("lets a host put its clock right that was ahead", () => {
    const order = new StateOrder();
    const ahead = account(1, false, AT + 3_600_000);
    expect(order.take(ahead, { numbering: "", arrivedMs: AT }).kind).toBe("fresh");
    const right = account(2, true, AT + 60_001);
    expect(order.take(right, { numbering: "", arrivedMs: AT + 60_001 }).kind).toBe("fresh");
  });

  it("remembers as many accounts as its limit", () => {
    expect(STATES_MAX).toBe(100_000);
    const order = new StateOrder(1);
    taken(order, [account(1, true)]);
    taken(order, [account(2, true, AT, "did:plc:bob")]);
    expect(taken(order, [account(3, false, AT - 100_000)])).toEqual([0]);
  });

  it("tells as many states of one millisecond apart as its limit", () => {
    const order = new StateOrder();
    const flaps = Array.from({ length: STATES_OF_ONE_MS_MAX + 1 }, (_, i) =>
      account(i, i % 2 === 0),
    );
    const ordinals = taken(order, flaps);
    expect(ordinals.slice(-3)).toEqual([31, 31, 31]);
    expect(ordinals.slice(0, 4)).toEqual([0, 0, 1, 1]);
  });
});
