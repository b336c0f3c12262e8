import { hash } from "node:crypto";
import { expect, it } from "vitest";
import { IdSet } from "./id-set.ts";

const id = (i: number): string => hash("sha256", String(i), "base64url");

it("knows what was added, and nothing else, over many growths", () => {
  const ids = new IdSet();
  for (let i = 0; i < 50_000; i += 1) ids.add(id(i));
  for (let i = 0; i < 50_000; i += 1) ids.add(id(i));
  expect(ids.size).toBe(50_000);
  const known = Array.from({ length: 100_000 }, (_, i) => ids.has(id(i)));
  expect(known.indexOf(false)).toBe(50_000);
  expect(known.lastIndexOf(true)).toBe(49_999);
});

it("tells ids apart by any of their first ten characters", () => {
  const base = "A".repeat(43);
  for (let at = 0; at < 10; at += 1) {
    for (const other of "Baz09-_") {
      const ids = new IdSet();
      ids.add(base);
      expect(ids.has(`${base.slice(0, at)}${other}${base.slice(at + 1)}`)).toBe(false);
    }
  }
});

it("keeps ids of another form as they are", () => {
  const ids = new IdSet();
  ids.add("wm-1-2");
  expect([ids.has("wm-1-2"), ids.has("wm-1-3"), ids.size]).toEqual([true, false, 1]);
});
