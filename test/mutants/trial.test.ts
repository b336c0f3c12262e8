import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { mutateFile, type NamedMutant } from "./mutant.ts";
import { TreeCopy } from "./tree-copy.ts";
import { tryMutant } from "./trial.ts";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const FILE = "runtime/ownership.ts";
const SUITE = ["runtime/ownership.test.ts"];
const copy = TreeCopy.of(ROOT);
afterAll(() => copy[Symbol.dispose]());

const mutant = (over: Partial<NamedMutant>): NamedMutant => ({
  name: "a fault",
  file: FILE,
  find: "let best = -1;",
  replace: "let best = 0;",
  suite: SUITE,
  why: "",
  ...over,
});

it.each<[string, Partial<NamedMutant>, string]>([
  ["its tests fail", { replace: "let best = Infinity;" }, "killed"],
  ["its tests pass", { replace: "let best = -2;" }, "survived"],
  ["its text is not there", { find: "nowhere" }, "does-not-apply"],
  ["it has no tests", { suite: ["nowhere.test.ts"] }, "no-tests"],
])("a fault is told apart when %s, and taken out again", async (_, over, kind) => {
  const source = readFileSync(join(ROOT, FILE), "utf8");
  expect((await tryMutant(mutant(over), ROOT, copy)).kind).toBe(kind);
  expect(readFileSync(join(copy.root, FILE), "utf8")).toBe(source);
  expect(readFileSync(join(ROOT, FILE), "utf8")).toBe(source);
});

it("a killed fault names the test that noticed", async () => {
  const one = mutant({ replace: "let best = Infinity;" });
  expect(mutateFile(ROOT, one)).not.toBeNull();
  expect(await tryMutant(one, ROOT, copy)).toEqual({
    kind: "killed",
    by: expect.stringContaining("ownerOf"),
  });
});
