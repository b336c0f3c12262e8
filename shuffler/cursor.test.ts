import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CursorTracker, type Mark, type Ticket } from "./cursor.ts";

function at(position: number, host = "relay"): Mark {
  return { host, numbering: 0, position };
}

describe("CursorTracker", () => {
  it("moves only over a gapless run of completed items", async () => {
    const tracker = new CursorTracker();
    const tickets: Ticket[] = [];
    for (const position of [10, 20, 30, 40]) tickets.push(await tracker.begin(at(position)));
    const complete = (index: number): number | null => {
      const ticket = tickets[index];
      if (ticket !== undefined) tracker.complete(ticket);
      return tracker.frontier?.position ?? null;
    };
    expect([complete(2), complete(0), complete(3), complete(1)]).toEqual([null, 10, 10, 40]);
    expect(tracker.outstanding).toBe(0);
  });

  it("ends at the last position whatever the order, and never runs ahead of a gap", async () => {
    const order = fc.shuffledSubarray(Array.from({ length: 3000 }, (_, i) => i));
    await fc.assert(
      fc.asyncProperty(order, async (done) => {
        const tracker = new CursorTracker();
        const tickets = await Promise.all(
          Array.from({ length: 3000 }, (_, i) => tracker.begin(at(i))),
        );
        const open = new Set(tickets.keys());
        for (const index of done) {
          const ticket = tickets[index];
          if (ticket !== undefined) tracker.complete(ticket);
          open.delete(index);
        }
        const gap = open.values().next().value ?? 3000;
        expect(tracker.frontier?.position ?? null).toBe(gap === 0 ? null : gap - 1);
        expect(tracker.outstanding).toBe(3000 - gap);
      }),
      { numRuns: 30 },
    );
  });

  it("keeps the last of every host", async () => {
    const tracker = new CursorTracker();
    for (const mark of [at(7, "a"), at(3, "b"), at(8, "a")]) {
      tracker.complete(await tracker.begin(mark));
    }
    await tracker.begin(at(4, "b"));
    expect(tracker.frontiers).toEqual([at(8, "a"), at(3, "b")]);
  });

  it("lets as many begin as its limit, and the next only once there is room", async () => {
    const tracker = new CursorTracker(2);
    const first = await tracker.begin(at(1));
    await tracker.begin(at(2));
    let begun = false;
    const third = tracker.begin(at(3)).then(() => {
      begun = true;
    });
    await Promise.resolve();
    expect(begun).toBe(false);
    tracker.complete(first);
    await third;
    expect(tracker.outstanding).toBe(2);
  });

  it("tells everybody who waits or comes later of a failure, and stays where it is", async () => {
    const tracker = new CursorTracker(1);
    await tracker.begin(at(1));
    const waiting = [tracker.begin(at(2)), tracker.idle()];
    tracker.fail(new Error("gone"));
    for (const promise of waiting) await expect(promise).rejects.toThrow("gone");
    await expect(tracker.begin(at(3))).rejects.toThrow("gone");
    expect(tracker.frontier).toBeNull();
  });
});
