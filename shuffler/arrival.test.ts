import { describe, expect, it } from "vitest";
import { ARRIVAL_TURN_MS, ArrivalOrder } from "./arrival.ts";

/** Messages of one event: `[seq, timeMs]`. */
function ordersOf(messages: readonly (readonly [number, number])[]): string[] {
  const arrival = new ArrivalOrder();
  return messages.map(([seq, timeMs]) => {
    arrival.turnTo(seq, timeMs, 1);
    return `${arrival.seq}.${arrival.place}`;
  });
}

describe("the order of arrival", () => {
  it("is that of seqs that rise", () => {
    expect(
      ordersOf([
        [1, 0],
        [2, 0],
        [5, 0],
      ]),
    ).toEqual(["1.0", "2.0", "5.0"]);
  });

  it("leaves room for the events of one message", () => {
    const arrival = new ArrivalOrder();
    arrival.turnTo(1, 0, 3);
    expect(arrival.place).toBe(0);
    arrival.turnTo(1, 0, 2);
    expect(arrival.place).toBe(3);
    arrival.turnTo(1, 0, 1);
    expect(arrival.place).toBe(5);
  });

  it("goes on where seqs fall or come again, whoever's they are", () => {
    expect(
      ordersOf([
        [9, 0],
        [6, 0],
        [9, 0],
        [7, -500],
        [10, 0],
        [3, 0],
      ]),
    ).toEqual(["9.0", "9.1", "9.2", "9.3", "10.0", "10.1"]);
  });

  it("begins anew when time has gone on by so much, and not a millisecond before", () => {
    const turn = ARRIVAL_TURN_MS;
    expect(
      ordersOf([
        [9, 1000],
        [1, 999 + turn],
        [1, 1000 + turn],
        [2, 0],
      ]),
    ).toEqual(["9.0", "9.1", "1.0", "2.0"]);
  });
});
