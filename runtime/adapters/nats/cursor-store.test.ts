import { afterAll, beforeAll, expect, it } from "vitest";
import { type Bench, openBench } from "./bench.test-support.ts";
import { NatsCursorStore } from "./cursor-store.ts";

let bench: Bench;
let store: NatsCursorStore;
beforeAll(async () => {
  bench = await openBench();
  store = await NatsCursorStore.open(bench.nc);
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const saved = async (key: string) => {
  const place = await store.load(key);
  return place && [place.numbering, place.position];
};

it("has no place before one is saved", async () => {
  expect(await saved("none")).toBeNull();
});

it.each([
  ["forwards", [1, 10], [1, 11], [1, 11]],
  ["not back", [1, 10], [1, 9], [1, 10]],
  ["to a later numbering, wherever it begins", [1, 10], [2, 1], [2, 1]],
  ["not to an earlier numbering, however far that is", [2, 1], [1, 10], [2, 1]],
])("moves %s", async (name, first, second, last) => {
  const key = name.replaceAll(/\W+/g, "-");
  for (const [numbering = 0, position = 0] of [first, second]) {
    await store.save(key, position, numbering);
  }
  expect(await saved(key)).toEqual(last);
});

it("tells who lags what is saved", async () => {
  await store.save("told", 10, 1);
  expect(await store.save("told", 5, 1)).toMatchObject({ position: 10, numbering: 1 });
});

it("keeps the furthest of what many save at once", async () => {
  const others = await Promise.all(
    Array.from({ length: 4 }, async () => await NatsCursorStore.open(bench.nc)),
  );
  await Promise.all(others.map(async (other, i) => await other.save("race", 100 + i, 0)));
  expect(await saved("race")).toEqual([0, 103]);
});
