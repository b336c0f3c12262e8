import { describe, expect, it } from "vitest";
import { compileExpr } from "../compile-expr.ts";
import { FUEL_MAX } from "../fuel.ts";
import { LIST_LENGTH_MAX, TEXT_LENGTH_MAX } from "../limits.ts";
import type { Value } from "../values.ts";
import { call, refusal } from "./call.test-support.ts";

const TOO_LONG = "string too long";
const half = "a".repeat(TEXT_LENGTH_MAX / 2);

describe("what a function makes stays within the limits", () => {
  it.each<[string, () => Value, () => Value]>([
    [
      "pad_left",
      () => call("pad_left", "", TEXT_LENGTH_MAX),
      () => call("pad_left", "", TEXT_LENGTH_MAX + 1),
    ],
    [
      "pad_right",
      () => call("pad_right", "a", TEXT_LENGTH_MAX),
      () => call("pad_right", "a", TEXT_LENGTH_MAX + 1),
    ],
    ["join", () => call("join", "", [half, half]), () => call("join", "b", [half, half])],
    [
      "replace",
      () => call("replace", `${half}b`.slice(1), "b", `${half.slice(1)}cc`),
      () => call("replace", `${half}b`.slice(1), "b", `${half}cc`),
    ],
    ["upper", () => call("upper", half + half), () => call("upper", `${half}${half.slice(1)}ß`)],
    [
      "to_string",
      () => call("to_string", [(half + half).slice(4)]),
      () => call("to_string", [(half + half).slice(3)]),
    ],
  ])("%s makes a string at the limit and none above", (_fn, at, above) => {
    expect(at()).toHaveLength(TEXT_LENGTH_MAX);
    expect(refusal(above)).toBe(TOO_LONG);
  });

  it("split makes a list at the limit and none above", () => {
    const text = ",".repeat(LIST_LENGTH_MAX - 1);
    expect(call("split", text, ",")).toHaveLength(LIST_LENGTH_MAX);
    expect(refusal(() => call("split", `${text},`, ","))).toBe("list too long");
  });

  it("a function cannot be asked for more work than the fuel allows", () => {
    const nulls = new Array<Value>(FUEL_MAX).fill(null);
    const project = compileExpr({ k: "project", of: { k: "current" }, each: { k: "current" } });
    expect(project(nulls)).toEqual([]);
    expect(refusal(() => project([...nulls, null]))).toBe("out of fuel");
    expect(project([1])).toEqual([1]);
  });
});
