import { expect, it } from "vitest";
import { PRESENT_ITEMS, Reread } from "./reread.ts";

const NOW_MS = 1_000_000;
const OLD_MS = 10_000;

it("believes the trusted time of the first connection, however old the claim", () => {
  expect(new Reread().timeMs(1, OLD_MS, NOW_MS)).toBe(NOW_MS);
});

it("believes the claims of a new connection until most of them are of the present", () => {
  const reread = new Reread();
  reread.timeMs(1, NOW_MS, NOW_MS);
  for (let i = 0; i < 3; i += 1) expect(reread.timeMs(2, OLD_MS + i, NOW_MS)).toBe(OLD_MS + i);
  for (let i = 1; i < PRESENT_ITEMS; i += 1) reread.timeMs(2, NOW_MS, NOW_MS);
  expect(reread.timeMs(2, OLD_MS, NOW_MS)).toBe(OLD_MS);
  for (let i = 0; i < 2; i += 1) reread.timeMs(2, NOW_MS, NOW_MS);
  expect(reread.timeMs(2, OLD_MS, NOW_MS)).toBe(NOW_MS);
});

it("never takes an item for one of the future", () => {
  const reread = new Reread();
  reread.timeMs(1, NOW_MS, NOW_MS);
  expect(reread.timeMs(2, NOW_MS * 2, NOW_MS)).toBe(NOW_MS);
});
