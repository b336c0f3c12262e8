import { expect, it } from "vitest";
import { Tally } from "./tally.ts";

function tallyOf(expected: readonly string[], actual: readonly string[]): Tally {
  const tally = new Tally("topic");
  for (const record of expected) tally.expect(record);
  for (const record of actual) tally.take(record);
  return tally;
}

it("finds nothing where all records are there, in any order and as often as they must be", () => {
  const { lost, doubled, changed } = tallyOf(["a", "b", "b"], ["b", "a", "b"]);
  expect({ lost, doubled, changed }).toEqual({ lost: [], doubled: [], changed: [] });
});

it("tells what is lost, what is doubled and what is changed", () => {
  const { lost, doubled, changed } = tallyOf(["a", "b", "b"], ["b", "c", "b", "b", "b"]);
  expect({ lost, doubled, changed }).toEqual({ lost: ["a"], doubled: ["b", "b"], changed: ["c"] });
});

it("takes records that are expected only later", () => {
  const tally = tallyOf([], ["a", "b"]);
  tally.expect("a");
  expect(tally.lost).toEqual([]);
  expect(tally.changed).toEqual(["b"]);
});

it("misses nothing in a topic that holds a part of another", () => {
  const part = tallyOf(["a", "b", "b"], ["a", "b", "b"]).expectingTheSame("part");
  for (const record of ["b", "b", "b", "c"]) part.take(record);
  expect(part.lost).toEqual([]);
  expect(part.doubled).toEqual(["b"]);
  expect(part.changed).toEqual(["c"]);
});
