import { describe, expect, it } from "vitest";
import type { Expr } from "../../plan/expr.ts";
import { compileExpr, compilePredicate } from "./compile-expr.ts";
import { EvaluationError } from "./eval-error.ts";
import {
  and,
  arithmetic,
  call,
  compare,
  current,
  duration,
  has,
  instant,
  literal,
  path,
} from "./expr.test-support.ts";
import { LIST_LENGTH_MAX } from "./limits.ts";
import { INSTANT_MS_MAX } from "./time.ts";
import { CidLink, Duration, Instant, type Value } from "./values.ts";

function evaluate(expr: Expr, record: Value = null): Value {
  return compileExpr(expr)(record);
}

function reasonOf(expr: Expr, record: Value = null): string {
  try {
    return `no error: ${JSON.stringify(evaluate(expr, record))}`;
  } catch (error) {
    if (error instanceof EvaluationError) return error.reason;
    throw error;
  }
}

describe("paths", () => {
  it("read fields, and null where there is none", () => {
    const record = { a: { b: { c: { d: 1 } } }, l: [1], t: "text", n: null };
    expect(evaluate(path("a", "b", "c", "d"), record)).toBe(1);
    expect(evaluate(path("a", "b"), record)).toBe(record.a.b);
    expect(evaluate(path("n", "b", "c"), record)).toBeNull();
    expect(evaluate(path("x"), record)).toBeNull();
  });

  it("never see what JavaScript finds on its own objects", () => {
    const others: Value[] = [{}, [], "text", 1, true, new Instant(1), Uint8Array.of(1), null];
    const names = ["constructor", "__proto__", "toString", "length", "ms", "cid", "0", "buffer"];
    for (const other of [...others, new Duration(1), new CidLink("b")]) {
      for (const name of names) expect(evaluate(path(name), other)).toBeNull();
    }
  });

  it("read fields that are named like those", () => {
    const record = { constructor: 1, length: 2, ms: 3, cid: 4, "0": 5 };
    for (const [name, value] of Object.entries(record)) {
      expect(evaluate(path(name), record)).toBe(value);
    }
  });

  it("tell apart by exists what is null and what is missing", () => {
    const exists = (inner: Expr) => evaluate({ k: "exists", path: inner }, { a: null, l: [null] });
    expect(exists(path("a"))).toBe(true);
    expect(exists(path("b"))).toBe(false);
    expect(exists(path("a", "b"))).toBe(false);
    expect(exists({ k: "index", of: path("l"), at: -1 })).toBe(true);
    expect(exists({ k: "index", of: path("l"), at: 1 })).toBe(false);
  });

  it("go on with the part that a slice takes of a string, as it is no projection", () => {
    const slice = (of: Expr, step: number, each: Expr): Expr => {
      return { k: "slice", of, start: null, stop: null, step, each };
    };
    const reversed = slice(current, -1, current);
    expect(evaluate(slice(current, 2, reversed), "abc")).toBe("ca");
    expect(evaluate(slice(current, 2, path("a")), "abc")).toBeNull();
    expect(evaluate(slice(current, 2, reversed), ["abc", "x", "😀b"])).toEqual(["cba", "b😀"]);
  });

  it("mean the record by $ wherever they stand", () => {
    const root: Expr = { k: "field", of: { k: "root" }, name: "a" };
    const expr: Expr = { k: "project", of: path("l"), each: root };
    expect(evaluate(expr, { a: "x", l: [1, 2] })).toEqual(["x", "x"]);
  });
});

describe("let", () => {
  const bind = (name: string, value: Expr) => ({ name, value });
  const x: Expr = { k: "variable", name: "x" };

  it("binds in the outer scope and shadows in the inner one", () => {
    const inner: Expr = {
      k: "let",
      bindings: [bind("x", literal("in")), bind("y", x)],
      body: { k: "list", items: [x, { k: "variable", name: "y" }] },
    };
    const outer: Expr = { k: "let", bindings: [bind("x", literal("top"))], body: inner };
    expect(evaluate(outer)).toEqual(["in", "top"]);
  });

  it("keeps its value where `@` changes", () => {
    const each: Expr = { k: "list", items: [x, current] };
    const body: Expr = { k: "project", of: path("l"), each };
    const expr: Expr = { k: "let", bindings: [bind("x", path("a"))], body };
    expect(evaluate(expr, { a: 1, l: [2, 3] })).toEqual([
      [1, 2],
      [1, 3],
    ]);
  });

  it("gives an error only where an unbound variable is evaluated", () => {
    expect(evaluate({ k: "or", left: literal(1), right: x })).toBe(1);
    expect(reasonOf(x)).toBe("undefined variable");
  });
});

describe("comparison", () => {
  it.each<[Expr, Value]>([
    [compare(literal(1), "<", literal(2)), true],
    [compare(literal("b"), ">", literal("a")), true],
    [compare(literal("b"), ">", literal("a"), true), null],
    [compare(literal(2), ">=", literal(2), true), true],
    [compare(literal("1"), "<", literal(2)), null],
    [compare(literal(null), "<", literal(2)), null],
    [compare(instant(1), "<", instant(2)), true],
    [compare(duration(1), ">=", duration(2)), false],
    [compare(instant(1), "<", duration(2)), null],
    [compare(literal([1, { a: 2 }]), "==", literal([1, { a: 2 }])), true],
    [compare(literal([1]), "!=", literal([2])), true],
    [compare(literal(null), "==", literal(null)), true],
  ])("%j is %j", (expr, value) => {
    expect(evaluate(expr)).toBe(value);
  });

  it("takes a CID link for its string", () => {
    const record = { link: new CidLink("bafy"), text: "bafy" };
    expect(evaluate(compare(path("link"), "==", literal("bafy")), record)).toBe(true);
    expect(evaluate(compare(path("link"), "==", path("text")), record)).toBe(true);
    expect(evaluate(compare(path("link"), "!=", literal("bafy")), record)).toBe(false);
    expect(evaluate(compare(path("link"), "<", literal("c")), record)).toBe(true);
  });
});

describe("has", () => {
  const record = { l: ["a", 1, new CidLink("b")], t: "text", o: { k: null }, n: null, i: 5 };

  it.each<[Expr, Expr, boolean]>([
    [path("l"), literal("a"), true],
    [path("l"), literal("b"), true],
    [path("l"), literal(1), true],
    [path("l"), literal("1"), false],
    [path("t"), literal("ex"), true],
    [path("t"), literal(null), false],
    [path("o"), literal("k"), true],
    [path("o"), literal("constructor"), false],
    [path("n"), literal("a"), false],
    [path("n"), literal(1), false],
  ])("%j has %j is %j", (left, right, answer) => {
    expect(evaluate(has(left, right), record)).toBe(answer);
  });

  it("is an error of what has no members", () => {
    expect(reasonOf(has(path("i"), literal("a")), record)).toBe("invalid type for has");
    expect(reasonOf(has(path("t"), literal(1)), record)).toBe("invalid type for has");
  });
});

describe("matches", () => {
  const matches = (source: string): Expr => ({ k: "matches", left: current, source });

  it("finds RE2 syntax anywhere in the text, and false in null", () => {
    expect(evaluate(matches("b+c$"), "abbc")).toBe(true);
    expect(evaluate(matches("(?i)ABB"), "abbc")).toBe(true);
    expect(evaluate(matches("^.$"), "😀")).toBe(true);
    expect(evaluate(matches("bb"), new CidLink("abbc"))).toBe(true);
    expect(evaluate(matches("b"), null)).toBe(false);
    expect(reasonOf(matches("b"), 1)).toBe("invalid type for matches");
  });

  it("comes to an end on what stalls a backtracking engine", () => {
    // Such an engine tries 2^5000 ways.
    expect(evaluate(matches("(a+)+$"), `${"a".repeat(5000)}!`)).toBe(false);
  });
});

describe("arithmetic", () => {
  const day = 86_400_000;

  it.each<[Expr, Value]>([
    [arithmetic(literal(7), "//", literal(2)), 3],
    [arithmetic(literal(-7), "//", literal(2)), -4],
    [arithmetic(literal(-7), "%", literal(2)), -1],
    [arithmetic(literal(1), "/", literal(4)), 0.25],
    [arithmetic(instant(5), "-", instant(3)), new Duration(2)],
    [arithmetic(instant(5), "+", duration(3)), new Instant(8)],
    [arithmetic(duration(3), "+", instant(5)), new Instant(8)],
    [arithmetic(duration(day), "/", duration(day / 24)), 24],
    [arithmetic(duration(day), "*", literal(0.5)), new Duration(day / 2)],
    [arithmetic(literal(2), "*", duration(5)), new Duration(10)],
    [arithmetic(duration(5), "/", literal(2)), new Duration(3)],
    [arithmetic(duration(7), "%", duration(4)), new Duration(3)],
    [{ k: "negate", of: duration(5) }, new Duration(-5)],
    [{ k: "negate", of: literal(5) }, -5],
  ])("%j gives %j", (expr, value) => {
    expect(evaluate(expr)).toEqual(value);
  });

  it.each<[Expr, string]>([
    [arithmetic(literal(1), "/", literal(0)), "division by zero"],
    [arithmetic(literal(1), "%", literal(0)), "division by zero"],
    [arithmetic(duration(1), "/", duration(0)), "division by zero"],
    [arithmetic(literal(1e308), "*", literal(10)), "number out of range"],
    [arithmetic(literal("a"), "+", literal("b")), "invalid type for +"],
    [arithmetic(literal(1), "+", literal(null)), "invalid type for +"],
    [arithmetic(instant(1), "+", instant(1)), "invalid type for +"],
    [arithmetic(duration(1), "-", instant(1)), "invalid type for -"],
    [arithmetic(duration(1), "+", literal(1)), "invalid type for +"],
    [arithmetic(instant(INSTANT_MS_MAX), "+", duration(1)), "instant out of range"],
    [arithmetic(duration(2 ** 53 - 1), "+", duration(1)), "duration out of range"],
    [{ k: "negate", of: literal("a") }, "invalid type for -"],
  ])("%j is an error", (expr, reason) => {
    expect(reasonOf(expr)).toBe(reason);
  });
});

describe("limits", () => {
  const each = current;

  it("flatten makes a list at the limit and none above", () => {
    const half = new Array<Value>(LIST_LENGTH_MAX / 2).fill(1);
    const flatten: Expr = { k: "flatten", of: current, each };
    expect(evaluate(flatten, [half, half])).toHaveLength(LIST_LENGTH_MAX);
    expect(reasonOf(flatten, [half, [...half, 1]])).toBe("list too long");
  });

  it("an expression that doubles its value over and over runs out of fuel when it looks at it", () => {
    const twice: Expr = { k: "list", items: [current, current] };
    let doubled: Expr = current;
    for (let i = 0; i < 40; i += 1) {
      doubled = { k: "pipe", left: doubled, right: twice, nullStops: false };
    }
    expect(reasonOf(compare(doubled, "==", doubled), 1)).toBe("out of fuel");
    expect(reasonOf(call("to_string", doubled), 1)).toBe("out of fuel");
    expect(reasonOf(call("hash", doubled), 1)).toBe("out of fuel");
  });
});

describe("a plan that no compiler made", () => {
  it("is refused when it is compiled: unknown functions and wrong numbers of arguments", () => {
    expect(() => compileExpr(call("no_such"))).toThrow("unknown function no_such()");
    expect(() => compileExpr(call("constructor"))).toThrow("unknown function constructor()");
    expect(() => compileExpr(call("abs"))).toThrow("arguments of abs()");
    expect(() => compileExpr(call("zip"))).toThrow("arguments of zip()");
  });

  it("is an error where &expr stands for a value, or a value for &expr", () => {
    const reference: Expr = { k: "reference", body: current };
    expect(reasonOf(call("abs", reference))).toBe("invalid type");
    expect(reasonOf(call("sort_by", current, current), [])).toBe("invalid type for sort_by()");
  });
});

describe("compilePredicate", () => {
  const holds = compilePredicate(
    and(
      compare(path("op"), "==", literal("create")),
      has(path("record", "langs"), literal("en")),
      { k: "not", of: { k: "coalesce", left: path("record", "reply"), right: literal(false) } },
      compare(call("length", path("record", "text")), ">", literal(40)),
    ),
  );
  const long = "x".repeat(41);

  it.each<[Value, boolean | string]>([
    [{ op: "create", record: { langs: ["en"], text: long } }, true],
    [{ op: "create", record: { langs: ["en"], text: long.slice(1) } }, false],
    [{ op: "create", record: { langs: ["de"], text: long } }, false],
    [{ op: "create", record: { langs: ["en"], text: long, reply: { root: {} } } }, false],
    [{ op: "delete", record: null }, false],
    [{ op: "create", record: { langs: ["en"] } }, "error: invalid type for length()"],
  ])("of %j is %j", (event, answer) => {
    expect(holds(event)).toBe(answer);
  });

  it("keeps nothing that is not true, and says why", () => {
    const answer = compilePredicate(current);
    expect([true, false, null, 1, "true", [1]].map(answer)).toEqual([
      true,
      false,
      "null",
      "not a boolean",
      "not a boolean",
      "not a boolean",
    ]);
  });
});
