// What jmespath.js 0.16 makes of JMESPath otherwise than we do in `jmes'…'`.

import { agree, type Outcome } from "./engines.ts";
import {
  addsOneByOne,
  callOf,
  explain,
  hasSurrogates,
  isObject,
  isText,
  keysOf,
  lastStep,
  partValue,
  type Rule,
  seen,
  stopsBehind,
  twoEscapes,
} from "./rules.ts";
import { print } from "./tree.ts";

const against = "jmespath.js";
const ORDERS = ["<", "<=", ">", ">="];

const RULES: readonly Rule[] = [
  {
    name: "sum() and avg() of numbers of very different sizes",
    against,
    why: "the sum is exact before it is rounded, in any order of the list; it rounds after each number",
    example: ["sum(@)", [1e20, 1, -1e20]],
    holds: addsOneByOne,
  },
  {
    name: "order of what has none",
    against,
    why: "the specification orders numbers only and gives null for the rest; jmespath.js applies JavaScript's `<` to anything",
    example: ["a < b", { a: "x", b: "y" }],
    holds: (one) => {
      const { tree } = one;
      if (tree.kind !== "binary" || !ORDERS.includes(tree.op)) return false;
      const numbers = [tree.left, tree.right].every(
        (side) => typeof partValue(one, side) === "number",
      );
      return !numbers && agree(one.ours, { value: null }) && "value" in one.theirs;
    },
  },
  {
    name: "`!` before a path",
    against,
    why: "jmespath.js reads `!a.b` as `(!a).b`, which is null for every document; `!` binds a whole path here, as brackets do there",
    example: ["!a.b", { a: { b: 1 } }],
    holds: (one) => {
      const { tree } = one;
      if (tree.kind !== "unary" || tree.op !== "!" || tree.of.kind !== "path") return false;
      return agree(one.ours, one.ask(mend(`!(${print(tree.of, one.around)})`)));
    },
  },
  {
    name: "a function behind null",
    against,
    why: "`null.f(x)`: the community edition, which we follow, stops at null; jmespath.js calls the function on it",
    example: ["a.type(@)", {}],
    holds: (one) => {
      const last = lastStep(one);
      if (last?.step.kind !== "sub" || last.step.expr.kind !== "call") return false;
      if (partValue(one, last.before) === null) return agree(one.ours, { value: null });
      // Inside a projection: on what is left of it, without its nulls, they agree.
      const { step } = last;
      return [1, 2, 3].some((depth) => {
        const stars = Array.from({ length: depth }, () => ({ kind: "project" as const }));
        return agree(
          one.ours,
          one.theirPart({ kind: "path", base: last.before, steps: [...stars, step] }),
        );
      });
    },
  },
  {
    name: "a multi-select on null",
    against,
    why: "`[a]` and `{a: a}` on null are null in 2015 and hold nulls in the community edition, which we follow",
    example: ["[a]", null],
    holds: ({ tree, given, theirs }) =>
      (tree.kind === "list" || tree.kind === "object") &&
      given === null &&
      agree(theirs, { value: null }),
  },
  {
    name: "merge() of what is no object",
    against,
    why: "every argument is an object in the specification; it checks only the first",
    example: ["merge(@, `1`)", {}],
    holds: (one) =>
      callOf(one, "merge")
        ?.slice(1)
        .some((arg) => !isObject(arg)) ?? false,
  },
  {
    name: "a slice of a string",
    against,
    why: "slices of strings are of the community edition, and of code points",
    example: ["@[1:]", "abc"],
    holds: (one) => {
      const last = lastStep(one);
      return last?.step.kind === "slice" && seen(partValue(one, last.before)).some(isText);
    },
  },
  {
    name: "starts_with() of what comes again",
    against,
    why: "it looks for the last place of the prefix, which has to be the first: '' and repeated prefixes are not found",
    example: ["starts_with('aa', 'a')", null],
    holds: (one) => {
      const [text, prefix] = callOf(one, "starts_with") ?? [];
      if (!isText(text) || !isText(prefix)) return false;
      return text.startsWith(prefix) && text.lastIndexOf(prefix) > 0;
    },
  },
  {
    name: "more than one escape in a literal",
    against,
    why: "it replaces the first `\\'` or `` \\` `` only",
    example: ["'\\'\\''", null],
    holds: ({ tree, expression, theirs }) =>
      tree.kind === "text"
        ? (expression.match(/\\'/g)?.length ?? 0) > 1
        : twoEscapes(expression) && (tree.kind === "literal" || isJsonError(theirs)),
  },
  {
    name: "a projection ends too early",
    against,
    why: "what follows belongs to a projection until a pipe, a flatten or parentheses; it ends one behind `.*.name`, `.*[0]` and multi-selects",
    example: ["@.*.a.b", { x: { a: { b: 1 } } }],
    holds: (one) => stopsBehind(one),
  },
  {
    name: "sort() of numbers",
    against,
    why: "it sorts them as strings: 10 before 9, -1 before -2",
    example: ["sort(@)", [-1, -2]],
    holds: (one) => {
      const list = callOf(one, "sort")?.[0];
      return Array.isArray(list) && list.every((item) => typeof item === "number");
    },
  },
  {
    name: "strings ordered by a locale",
    against,
    why: "the specification orders by code point; min() and max() ask localeCompare, sort() and sort_by() compare UTF-16 units",
    example: ["min(@)", ["a", "B"]],
    holds: (one) => {
      const list = callOf(one, "min", "max", "sort")?.[0] ?? keysOf(one, "sort_by");
      return Array.isArray(list) && list.length > 1 && list.every(isText);
    },
  },
  {
    name: "max_by() and min_by() of strings",
    against,
    why: "it compares them with infinity, which nothing is greater or less than",
    example: ["max_by(@, &a)", [{ a: "x" }]],
    holds: (one) => (keysOf(one, "max_by", "min_by") ?? []).some(isText),
  },
  {
    name: "undefined for nothing found",
    against,
    why: "max_by() and min_by() of an empty list are null, it gives undefined",
    example: ["max_by(@, &a)", []],
    holds: (one) => keysOf(one, "max_by", "min_by")?.length === 0,
  },
  {
    name: "avg() of nothing",
    against,
    why: "null; it divides by zero",
    example: ["avg(@)", []],
    holds: (one) => agree(one.ours, { value: null }) && callOf(one, "avg") !== null,
  },
  {
    name: "to_number() of blank text",
    against,
    why: "'' is no JSON number, hence null; JavaScript's Number('') is 0",
    example: ["to_number(@)", ""],
    holds: (one) => {
      const [text] = callOf(one, "to_number") ?? [];
      return typeof text === "string" && text.trim() === "";
    },
  },
  {
    name: "contains() of a list or object in a list",
    against,
    why: "equality is deep, as for `==`; it looks for the same JavaScript object",
    example: ["contains(@, `[1]`)", [[1]]],
    holds: (one) => {
      const [within, what] = callOf(one, "contains") ?? [];
      return Array.isArray(within) && typeof what === "object" && what !== null;
    },
  },
  {
    name: "contains() of what is no string in a string",
    against,
    why: "false; it lets JavaScript turn it into a string",
    example: ["contains(@, `1`)", "1"],
    holds: (one) => {
      const [within, what] = callOf(one, "contains") ?? [];
      return isText(within) && what !== undefined && !isText(what);
    },
  },
  {
    name: "UTF-16 units for characters",
    against,
    why: "length() and reverse() are about code points; it counts surrogates",
    example: ["length(@)", "😀"],
    holds: (one) => hasSurrogates(callOf(one, "length", "reverse")?.[0]),
  },
];

function isJsonError(outcome: Outcome): boolean {
  return "error" in outcome && outcome.error.includes("JSON");
}

const PAREN_AT = /([(,]\s*)@/g;

/** `@` behind a parenthesis or comma, so that its parser goes on behind it. */
function mend(expression: string): string {
  return expression.replace(PAREN_AT, "$1not_null(@)");
}

export const ORIGINAL_RULES: readonly Rule[] = [
  ...RULES,
  {
    name: "`(@` begins more than `(@)`",
    against,
    why: "its parser takes `@` behind `(` or a comma for the whole, and fails at, or forgets, what follows",
    example: ["(@ || a)", { a: 1 }],
    holds: (one) => {
      if (!PAREN_AT.test(one.expression)) return false;
      const theirs = one.ask(mend(one.expression));
      return agree(one.ours, theirs) || explain({ ...one, theirs }, against, RULES) !== null;
    },
  },
];
