// Random expressions over random values, biased towards what finds something in them.

import fc from "fast-check";
import type { ArithmeticOp, CompareOp, Expr, Json } from "../../plan/expr.ts";
import { FUNCTIONS, type FunctionName } from "../../plan/functions.ts";
import { arbitraryNumber, arbitraryText, NAMES } from "./arbitrary.test-support.ts";
import { BUILTINS } from "./functions/index.ts";

const COMPARISONS: readonly CompareOp[] = ["==", "!=", "<", "<=", ">", ">="];
const ARITHMETIC: readonly ArithmeticOp[] = ["+", "-", "*", "/", "//", "%"];
const VARIABLES = ["x", "y"];
/** Sources whose meaning is one in RE2 and in JavaScript. */
const REGEXES = ["a", "^a", "[ab]+$", "é|B", ".", "x", ""];
const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[]; // its keys are these names

const bound = () => fc.option(fc.integer({ min: -3, max: 3 }), { nil: null });

function leaf(): fc.Arbitrary<Expr> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant<Expr>({ k: "current" }) },
    { weight: 1, arbitrary: fc.constant<Expr>({ k: "root" }) },
    { weight: 3, arbitrary: literal() },
    fc.record({ k: fc.constant("variable" as const), name: fc.constantFrom(...VARIABLES) }),
    fc.record({ k: fc.constant("instant" as const), ms: fc.integer({ min: -2, max: 2 }) }),
    fc.record({ k: fc.constant("duration" as const), ms: fc.integer({ min: -2, max: 2 }) }),
  );
}

function literal(): fc.Arbitrary<Expr> {
  const json = fc.oneof<fc.Arbitrary<Json>[]>(
    fc.constantFrom<Json>(null, true, false, [], {}, [1, "a"], { a: 1 }),
    arbitraryNumber(),
    arbitraryText(),
  );
  return json.map((value) => ({ k: "literal", value }));
}

/** Any expression, to a small depth. */
export function arbitraryExpr(): fc.Arbitrary<Expr> {
  const { expr } = fc.letrec<{ expr: Expr }>((tie) => {
    const any = tie("expr");
    return {
      expr: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf(),
        ...paths(any),
        ...projections(any),
        ...operators(any),
        ...constructs(any),
      ),
    };
  });
  return expr;
}

function paths(any: fc.Arbitrary<Expr>): fc.Arbitrary<Expr>[] {
  const name = fc.constantFrom(...NAMES);
  const field = fc.record({ k: fc.constant("field" as const), of: any, name });
  const index = fc.record({
    k: fc.constant("index" as const),
    of: any,
    at: fc.integer({ min: -3, max: 3 }),
  });
  const exists = fc.record({
    k: fc.constant("exists" as const),
    path: fc.oneof(field, index, any),
  });
  return [field, field, index, exists];
}

function projections(any: fc.Arbitrary<Expr>): fc.Arbitrary<Expr>[] {
  const parts = { of: any, each: any };
  const step = fc.integer({ min: -2, max: 2 });
  return [
    fc.record({ k: fc.constant("project" as const), ...parts }),
    fc.record({ k: fc.constant("values" as const), ...parts }),
    fc.record({ k: fc.constant("flatten" as const), ...parts }),
    fc.record({ k: fc.constant("select" as const), ...parts, cond: any }),
    fc.record({ k: fc.constant("slice" as const), ...parts, start: bound(), stop: bound(), step }),
  ];
}

function operators(any: fc.Arbitrary<Expr>): fc.Arbitrary<Expr>[] {
  const sides = { left: any, right: any };
  const compareOp = fc.constantFrom(...COMPARISONS);
  const arithmeticOp = fc.constantFrom(...ARITHMETIC);
  const source = fc.constantFrom(...REGEXES);
  const strict = fc.boolean();
  return [
    fc.record({ k: fc.constant("and" as const), ...sides }),
    fc.record({ k: fc.constant("or" as const), ...sides }),
    fc.record({ k: fc.constant("not" as const), of: any }),
    fc.record({ k: fc.constant("coalesce" as const), ...sides }),
    fc.tuple(any, any, any).map(([test, yes, no]) => conditional(test, yes, no)),
    fc.record({ k: fc.constant("compare" as const), op: compareOp, ...sides, strict }),
    fc.record({ k: fc.constant("arithmetic" as const), op: arithmeticOp, ...sides }),
    fc.record({ k: fc.constant("negate" as const), of: any }),
    fc.record({ k: fc.constant("has" as const), ...sides }),
    fc.record({ k: fc.constant("matches" as const), left: any, source }),
  ];
}

function conditional(test: Expr, yes: Expr, no: Expr): Expr {
  // biome-ignore lint/suspicious/noThenProperty: the contract's name of the branch; never awaited
  const branch = { then: yes }; // oxlint-disable-line unicorn/no-thenable
  return { k: "cond", test, ...branch, else: no };
}

function constructs(any: fc.Arbitrary<Expr>): fc.Arbitrary<Expr>[] {
  const entry = fc.record({ name: fc.constantFrom(...NAMES), value: any });
  const binding = fc.record({ name: fc.constantFrom(...VARIABLES), value: any });
  const bindings = fc.array(binding, { minLength: 1, maxLength: 2 });
  const nullStops = fc.boolean();
  return [
    fc.record({ k: fc.constant("pipe" as const), left: any, right: any, nullStops }),
    fc.record({ k: fc.constant("list" as const), items: fc.array(any, { maxLength: 3 }) }),
    fc.record({ k: fc.constant("object" as const), entries: fc.array(entry, { maxLength: 3 }) }),
    fc.record({ k: fc.constant("let" as const), bindings, body: any }),
    arbitraryCall(any),
    arbitraryCall(any),
  ];
}

function arbitraryCall(any: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> {
  return fc.constantFrom(...FUNCTION_NAMES).chain((fn) => {
    const { min, max } = FUNCTIONS[fn];
    const builtin = BUILTINS[fn];
    const referenceAt = builtin.kind === "by" ? builtin.referenceAt : -1;
    const args = fc.array(any, { minLength: min, maxLength: max ?? min + 2 });
    return args.map((list): Expr => ({ k: "call", fn, args: withReference(list, referenceAt) }));
  });
}

function withReference(args: readonly Expr[], at: number): Expr[] {
  return args.map((arg, i) => (i === at ? { k: "reference", body: arg } : arg));
}
