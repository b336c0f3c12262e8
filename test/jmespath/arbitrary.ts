// Random JMESPath expressions and documents, biased towards what finds something: names that are there,
// and arguments of the type a function takes, most of the time.

import fc from "fast-check";
import type { Json } from "../../plan/expr.ts";
import type { BinaryOp, Step, Tree } from "./tree.ts";

/** The grammar of 2015, which both peers know, or that of the community edition. */
export type Edition = "2015" | "community";

const NAMES = ["a", "b", "c", "n", "s", "ns", "ss", "os", "o", "foo bar", "true", "é"];
const VARIABLES = ["x", "y"];

const text = () =>
  fc
    .array(fc.constantFrom("a", "b", "B", "é", "\u{fb00}", "😀", "1", " ", ",", "'", "\\", "`"), {
      maxLength: 4,
    })
    .map((points) => points.join(""));
const number = () => fc.oneof(fc.integer({ min: -4, max: 9 }), fc.constantFrom(0.5, -1.5, 1e20));
const name = () => fc.constantFrom(...NAMES);

/** A document: fields of every type under names that expressions use. */
export function arbitraryDocument(): fc.Arbitrary<Json> {
  const { json } = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom<Json>(null, true, false),
      number(),
      text(),
      fc.array(tie("json"), { maxLength: 3 }),
      fc.dictionary(name(), tie("json"), { maxKeys: 3 }),
    ),
  }));
  const element = fc.record({ a: json, n: number(), s: text() }, { requiredKeys: ["n", "s"] });
  const shaped = fc.record(
    {
      a: json,
      b: json,
      c: json,
      n: number(),
      s: text(),
      ns: fc.array(number(), { maxLength: 4 }),
      ss: fc.array(text(), { maxLength: 4 }),
      os: fc.array(element, { maxLength: 3 }),
      o: fc.dictionary(name(), json, { maxKeys: 3 }),
      "foo bar": json,
      true: json,
    },
    { requiredKeys: ["a", "n", "s", "ns", "ss", "os", "o"] },
  );
  return fc.oneof({ weight: 6, arbitrary: shaped }, { weight: 1, arbitrary: json });
}

/** An expression of the edition, a few operators deep. */
export function arbitraryTree(edition: Edition): fc.Arbitrary<Tree> {
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => {
    const any = tie("tree");
    const kinds: fc.WeightedArbitrary<Tree>[] = [
      { weight: 3, arbitrary: leaf(edition) },
      { weight: 4, arbitrary: path(any, edition) },
      { weight: 3, arbitrary: operator(any, edition) },
      { weight: 1, arbitrary: construct(any) },
      { weight: 4, arbitrary: call(any, edition) },
    ];
    if (edition === "community") kinds.push({ weight: 1, arbitrary: letIn(any) });
    return { tree: fc.oneof({ depthSize: "small", withCrossShrink: true }, ...kinds) };
  });
  return tree;
}

function leaf(edition: Edition): fc.Arbitrary<Tree> {
  const own: fc.WeightedArbitrary<Tree>[] = [
    { weight: 8, arbitrary: name().map((one) => ({ kind: "field", name: one })) },
    { weight: 2, arbitrary: fc.constant<Tree>({ kind: "current" }) },
    { weight: 2, arbitrary: literalValue().map((value) => ({ kind: "literal", value })) },
    { weight: 2, arbitrary: rawText().map((value) => ({ kind: "text", value })) },
  ];
  if (edition === "community") own.push({ weight: 1, arbitrary: fc.constant({ kind: "root" }) });
  return fc.oneof(...own);
}

function literalValue(): fc.Arbitrary<Json> {
  const some: Json[] = [null, true, false, [], {}, [1, 2], ["b", "a"], { a: 1 }, [null, [0]]];
  return fc.oneof(fc.constantFrom(...some), number(), text());
}

/** What `'…'` can hold: before a quote, or its own end, a backslash would escape it. */
function rawText(): fc.Arbitrary<string> {
  return text().map((value) => value.replace(/\\+('|$)/g, "$1"));
}

function path(any: fc.Arbitrary<Tree>, edition: Edition): fc.Arbitrary<Tree> {
  const steps = fc.array(step(any, edition), { minLength: 1, maxLength: 3 });
  const based = fc.record({ kind: fc.constant("path" as const), base: any, steps });
  const bare = steps
    .filter(([first]) => first !== undefined && first.kind !== "name" && first.kind !== "sub")
    .map((list): Tree => ({ kind: "path", base: null, steps: list }));
  return fc.oneof({ weight: 5, arbitrary: based }, { weight: 1, arbitrary: bare });
}

function step(any: fc.Arbitrary<Tree>, edition: Edition): fc.Arbitrary<Step> {
  const bound = fc.option(fc.integer({ min: -3, max: 3 }), { nil: null });
  const stride = fc.option(fc.constantFrom(-2, -1, 1, 2), { nil: null });
  const slice = fc.oneof(fc.tuple(bound, bound), fc.tuple(bound, bound, stride));
  const sub = fc.oneof(construct(any), call(any, edition));
  return fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 6, arbitrary: name().map((one) => ({ kind: "name", name: one })) },
    { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }).map((at) => ({ kind: "index", at })) },
    { weight: 2, arbitrary: slice.map((bounds) => ({ kind: "slice", bounds })) },
    { weight: 2, arbitrary: fc.constant({ kind: "project" }) },
    { weight: 1, arbitrary: fc.constant({ kind: "values" }) },
    { weight: 2, arbitrary: fc.constant({ kind: "flatten" }) },
    { weight: 2, arbitrary: any.map((cond) => ({ kind: "select", cond })) },
    { weight: 2, arbitrary: sub.map((expr) => ({ kind: "sub", expr })) },
  );
}

function operator(any: fc.Arbitrary<Tree>, edition: Edition): fc.Arbitrary<Tree> {
  const early: BinaryOp[] = ["|", "||", "&&", "==", "!=", "<", "<=", ">", ">="];
  const ops: BinaryOp[] =
    edition === "2015" ? early : [...early, "+", "-", "*", "/", "//", "%", "+", "-"];
  const kind = fc.constant("binary" as const);
  const binary = fc.record({ kind, op: fc.constantFrom(...ops), left: any, right: any });
  const sign = edition === "2015" ? fc.constant("!" as const) : fc.constantFrom("!", "!", "-");
  const unary = fc.record({ kind: fc.constant("unary" as const), op: sign, of: any });
  return fc.oneof({ weight: 5, arbitrary: binary }, { weight: 1, arbitrary: unary });
}

function construct(any: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> {
  const many = { minLength: 1, maxLength: 3 };
  const items = fc.array(any, many);
  const entries = fc.uniqueArray(fc.tuple(name(), any), { ...many, selector: ([key]) => key });
  return fc.oneof(
    fc.record({ kind: fc.constant("list" as const), items }),
    fc.record({ kind: fc.constant("object" as const), entries }),
  );
}

/** The variables of the body are put in by name: some of its fields become them. */
function letIn(any: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> {
  const variable = fc.constantFrom(...VARIABLES);
  return fc.tuple(variable, any, any).map(([bound, value, body]): Tree => {
    const use: Tree = { kind: "variable", name: bound };
    const items = [use, body];
    return { kind: "let", name: bound, value, body: { kind: "list", items } };
  });
}

type Param = "any" | "number" | "text" | "list" | "numbers" | "texts" | "object" | "by" | "count";

/** What the functions of 2015 take; the last entry of a `…` list repeats. */
const FUNCTIONS_2015: Readonly<Record<string, readonly Param[]>> = {
  abs: ["number"],
  avg: ["numbers"],
  ceil: ["number"],
  contains: ["list", "any"],
  ends_with: ["text", "text"],
  floor: ["number"],
  join: ["text", "texts"],
  keys: ["object"],
  length: ["any"],
  map: ["by", "list"],
  max: ["numbers"],
  max_by: ["list", "by"],
  merge: ["object", "object"],
  min: ["texts"],
  min_by: ["list", "by"],
  not_null: ["any", "any"],
  reverse: ["list"],
  sort: ["texts"],
  sort_by: ["list", "by"],
  starts_with: ["text", "text"],
  sum: ["numbers"],
  to_array: ["any"],
  to_number: ["any"],
  to_string: ["any"],
  type: ["any"],
  values: ["object"],
};
const FUNCTIONS_COMMUNITY: Readonly<Record<string, readonly Param[]>> = {
  ...FUNCTIONS_2015,
  find_first: ["text", "text", "count", "count"],
  find_last: ["text", "text", "count"],
  from_items: ["list"],
  group_by: ["list", "by"],
  items: ["object"],
  lower: ["text"],
  pad_left: ["text", "count", "text"],
  pad_right: ["text", "count"],
  replace: ["text", "text", "text", "count"],
  split: ["text", "text"],
  trim: ["text"],
  trim_left: ["text", "text"],
  trim_right: ["text", "text"],
  upper: ["text"],
  zip: ["list", "list"],
};

function call(any: fc.Arbitrary<Tree>, edition: Edition): fc.Arbitrary<Tree> {
  const functions = edition === "2015" ? FUNCTIONS_2015 : FUNCTIONS_COMMUNITY;
  return fc.constantFrom(...Object.entries(functions)).chain(([fn, params]) => {
    const args = fc.tuple(...params.map((param) => argument(param, any)));
    return args.map((list): Tree => ({ kind: "call", fn, args: list }));
  });
}

const field = (...names: string[]): fc.Arbitrary<Tree> =>
  fc.constantFrom(...names).map((one) => ({ kind: "field", name: one }));

function argument(param: Param, any: fc.Arbitrary<Tree>): fc.Arbitrary<Tree> {
  const literal = rawText().map((value): Tree => ({ kind: "text", value }));
  const fitting: Record<Param, fc.Arbitrary<Tree>> = {
    any: fc.oneof(any, field(...NAMES)),
    number: fc.oneof(
      field("n"),
      number().map((value): Tree => ({ kind: "literal", value })),
    ),
    text: fc.oneof(field("s"), literal),
    list: field("ns", "ss", "os", "a", "s"),
    numbers: field("ns", "ns", "ss"),
    texts: field("ss", "ss", "ns"),
    object: field("o", "o", "a"),
    by: fc.oneof(field("n", "s", "a"), any).map((body): Tree => ({ kind: "reference", body })),
    count: fc.integer({ min: -1, max: 5 }).map((value): Tree => ({ kind: "literal", value })),
  };
  if (param === "by") return fitting.by;
  return fc.oneof({ weight: 5, arbitrary: fitting[param] }, { weight: 1, arbitrary: any });
}
