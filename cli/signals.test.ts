import { EventEmitter } from "node:events";
import { expect, it, vi } from "vitest";
import { wasInterrupted, watchSignals } from "./signals.ts";

it("asks for a clean stop first, and gives up on a later signal only", () => {
  const now = vi.spyOn(performance, "now");
  const source = new EventEmitter();
  let givenUp = 0;
  const stop = watchSignals(source, () => {
    givenUp += 1;
  });
  now.mockReturnValue(1000);
  source.emit("SIGINT");
  expect([stop.signal.aborted, wasInterrupted(stop.signal), givenUp]).toEqual([true, true, 0]);
  now.mockReturnValue(1500);
  source.emit("SIGINT");
  expect(givenUp).toBe(0);
  now.mockReturnValue(1501);
  source.emit("SIGTERM");
  expect(givenUp).toBe(1);
  now.mockRestore();
});

it("is no interrupt when only the reader of the output has gone", () => {
  const stop = watchSignals(new EventEmitter(), () => {});
  stop.abort("closed");
  expect([stop.signal.aborted, wasInterrupted(stop.signal)]).toEqual([true, false]);
});
