// The JMESPath compliance suite through `jmes'…'`: compiler and compiled closures together. The suite is
// read where it lies; without it, a few cases of our own still run.

import { describe, expect, it } from "vitest";
import type { Json } from "../../plan/expr.ts";
import { agree, STRICT } from "./engines.ts";
import { casesOf, HAS_SUITE, SUITE_FILES, type SuiteCase } from "./suite.ts";

describe("JMESPath through jmes'…'", () => {
  it.each<[string, Json, Json]>([
    ["foo.bar[-1]", { foo: { bar: [1, 2] } }, 2],
    ["foo[?a > `1`].b | [0]", { foo: [{ a: 1 }, { a: 2, b: "x" }] }, "x"],
    ["sort_by(@, &a)[*].a", [{ a: 2 }, { a: 1 }], [1, 2]],
    ["let $x = foo in [$x, $.foo]", { foo: 1 }, [1, 1]],
  ])("%s", (text, given, value) => {
    expect(STRICT.evaluate(text, given)).toEqual({ value });
  });

  it("true is a field", () => {
    expect(STRICT.evaluate("true", { true: 5 })).toEqual({ value: 5 });
  });

  it.each(["foo.", "abs('a')", "unknown(@)", "foo[*", "abs()"])("%s is an error", (text) => {
    expect(STRICT.evaluate(text, {})).toHaveProperty("error");
  });
});

describe.skipIf(!HAS_SUITE)("the compliance suite in ../shared/data/jmespath", () => {
  it("is there", () => {
    expect(SUITE_FILES.length).toBeGreaterThan(10);
  });

  it.each(SUITE_FILES)("%s", (file) => {
    const failed = casesOf(file).filter((one) => !complies(one));
    expect(failed.map(({ expression }) => expression)).toEqual([]);
  });
});

function complies({ expression, given, result, error }: SuiteCase): boolean {
  const found = STRICT.evaluate(expression, given);
  if (error !== undefined) return "error" in found;
  return result === undefined ? "value" in found : agree(found, { value: result });
}
