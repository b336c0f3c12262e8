// TIDs order records and revisions, so their text must sort as their time does.
import { expect, it } from "vitest";
import { createTidClock, tidOf } from "./tid.ts";

it("writes time and clock id in sortable base32", () => {
  expect(tidOf(0, 0)).toBe("2222222222222");
  expect(tidOf(0, 1)).toBe("2222222222223");
  expect(tidOf(1, 0)).toBe("2222222222322");
  expect(tidOf(0, 1023)).toBe("22222222222zz");
});

it("sorts as time does", () => {
  const startMicros = Date.UTC(2026, 6, 4) * 1000;
  const tids = [0, 1, 31, 32, 1024, 86_400_000_000].map((later) => tidOf(startMicros + later, 9));
  expect(tids.toSorted()).toEqual(tids);
});

it("never gives the same TID twice nor an older one, even when time stands or steps back", () => {
  const clock = createTidClock(5);
  const tids = [1000, 1000, 900, 1001].map((timeMs) => clock.next(timeMs));
  expect(new Set(tids).size).toBe(tids.length);
  expect(tids.toSorted()).toEqual(tids);
});
