// What @jmespath-community/jmespath 1.3 makes of JMESPath otherwise than we do in `jmes'…'`.

import { agree } from "./engines.ts";
import {
  addsOneByOne,
  callOf,
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
import { print, type Tree } from "./tree.ts";

const against = "community";

export const COMMUNITY_RULES: readonly Rule[] = [
  {
    name: "`!` before a path",
    against,
    why: "it reads `!a.b` as `(!a).b`, which is null for every document; `!` binds a whole path here, as brackets do there",
    example: ["!a.b", { a: { b: 1 } }],
    holds: (one) => {
      const { tree } = one;
      if (tree.kind !== "unary" || tree.op !== "!" || tree.of.kind !== "path") return false;
      return agree(one.ours, one.ask(`!(${print(tree.of, one.around)})`));
    },
  },
  {
    name: "`*` binds like a wildcard",
    against,
    why: "the star of a product has the strength of `.*`: tighter than `/`, and part of a projection before it",
    example: ["`8` / `2` * `2`", null],
    holds: (one) => {
      const { tree } = one;
      if ("error" in one.theirs && one.theirs.error.includes("*(Star)")) {
        return one.expression.includes(" * ");
      }
      if (tree.kind !== "binary" || tree.op !== "*") return false;
      const [left, right] = [tree.left, tree.right].map((side) => print(side, one.around));
      return agree(one.ours, one.ask(`(${left}) * (${right})`));
    },
  },
  {
    name: "a projection ends too early",
    against,
    why: "what follows belongs to a projection until a pipe, a flatten or parentheses; it ends one behind `.*.name`, `.*[0]` and multi-selects",
    example: ["@.*.a.b", { x: { a: { b: 1 } } }],
    holds: (one) => stopsBehind(one),
  },
  {
    name: "more than one escape in a literal",
    against,
    why: "it replaces the first `` \\` `` only",
    example: ['`"\\`\\`"`', null],
    holds: ({ expression, theirs }) =>
      twoEscapes(expression) && "error" in theirs && theirs.error.includes("JSON literal"),
  },
  {
    name: "two backslashes in a raw string",
    against,
    why: "in `'…'` only the quote is escaped, in the suite too; it makes one backslash of two",
    example: ["'\\\\'", null],
    holds: ({ tree }) => tree.kind === "text" && tree.value.includes("\\\\"),
  },
  {
    name: "group_by() with null keys",
    against,
    why: "elements without a key belong to no group here; it fails",
    example: ["group_by(@, &a)", [{ b: 1 }]],
    holds: (one) => {
      const { tree } = one;
      if (tree.kind !== "call" || tree.fn !== "group_by") return false;
      const keys = keysOf(one, "group_by") ?? [];
      return (
        keys.includes(null) &&
        keys.every((key) => key === null || isText(key)) &&
        "error" in one.theirs
      );
    },
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
    name: "zip() of a string",
    against,
    why: "it takes lists; it checks only the first argument",
    example: ["zip(@, 'ab')", [1, 2]],
    holds: (one) =>
      callOf(one, "zip")
        ?.slice(1)
        .some((arg) => !Array.isArray(arg)) ?? false,
  },
  {
    name: "padding an empty string",
    against,
    why: "it leaves '' as it is",
    example: ["pad_left('', `2`)", null],
    holds: (one) => callOf(one, "pad_left", "pad_right")?.[0] === "",
  },
  {
    name: "padding with an empty string",
    against,
    why: "the padding is one character; it takes '' for none given",
    example: ["pad_left('a', `2`, '')", null],
    holds: (one) => callOf(one, "pad_left", "pad_right")?.[2] === "" && "error" in one.ours,
  },
  {
    name: "UTF-16 units for characters",
    against,
    why: "padding, slices, positions and split(text, '') are about code points; it counts surrogates",
    example: ["pad_left('😀', `2`)", null],
    holds: (one) => {
      const [text, other, padding] =
        callOf(one, "pad_left", "pad_right", "split", "find_first", "find_last") ?? [];
      const last = lastStep(one);
      const sliced = last?.step.kind === "slice" ? seen(partValue(one, last.before)) : [];
      return [text, other, padding, ...sliced].some((some) => hasSurrogates(some));
    },
  },
  {
    name: "null among the elements of a projection",
    against,
    why: "`null.[a]` is null, for it too; on a null element of a projection it goes on: `[*].[a]` of `[null]`",
    example: ["[*].[a]", [null]],
    holds: (one) => {
      const last = lastStep(one);
      if (last?.step.kind !== "sub" || last.before.kind !== "path") return false;
      const projected: Tree = { ...last.before, steps: last.before.steps.slice(0, -1) };
      const elements = seen(
        partValue(
          one,
          projected.steps.length > 0 ? projected : (projected.base ?? { kind: "current" }),
        ),
      );
      const fields = elements.flatMap((some) =>
        isObject(some) ? Object.values(some ?? {}) : [some],
      );
      return fields.includes(null) && "value" in one.ours && Array.isArray(one.ours.value);
    },
  },
  {
    name: "sum() and avg() of numbers of very different sizes",
    against,
    why: "the sum is exact before it is rounded, in any order of the list; it rounds after each number",
    example: ["sum(@)", [1e20, 1, -1e20]],
    holds: addsOneByOne,
  },
  {
    name: "replacing more often than an array is long",
    against,
    why: "it makes an array of the count",
    example: ["replace('a', 'a', 'b', `1e20`)", null],
    holds: (one) => Number(callOf(one, "replace")?.[3]) >= 2 ** 32 && "error" in one.theirs,
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
    why: "false in the specification; it gives null",
    example: ["contains(@, `1`)", "1"],
    holds: (one) => {
      const [within, what] = callOf(one, "contains") ?? [];
      return isText(within) && what !== undefined && !isText(what);
    },
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
    why: "strings order by code point; min() and max() ask localeCompare",
    example: ["min(@)", ["a", "B"]],
    holds: (one) => {
      const list = callOf(one, "min", "max")?.[0];
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
    name: "find_first() up to 0 or before",
    against,
    why: "nothing lies before position 0; it takes 0 for no end, and counts a negative one from the end",
    example: ["find_first('a', 'a', `0`, `0`)", null],
    holds: (one) => Number(callOf(one, "find_first", "find_last")?.[3] ?? 1) <= 0,
  },
  {
    name: "find_first() of an empty string",
    against,
    why: "positions are whole numbers, whatever is looked for; it does not look at them when a string is empty",
    example: ["find_first('', 'a', `0.5`)", null],
    holds: (one) => {
      const [text, part, ...bounds] = callOf(one, "find_first", "find_last") ?? [];
      return (text === "" || part === "") && bounds.some((bound) => !Number.isInteger(bound));
    },
  },
  {
    name: "replacing an empty string",
    against,
    why: "'' is found nowhere here; with a count it puts the new text in front so many times",
    example: ["replace('a', '', 'b', `2`)", null],
    holds: (one) => callOf(one, "replace")?.[1] === "",
  },
  {
    name: "replacing what was put in",
    against,
    why: "with a count it looks again from the start, so it finds the old text in the new one",
    example: ["replace('ab', 'a', 'xa', `2`)", null],
    holds: (one) => {
      const [, old, text, count] = callOf(one, "replace") ?? [];
      return isText(old) && isText(text) && text.includes(old) && Number(count) > 1;
    },
  },
  {
    name: "sort_by() of equal strings",
    against,
    why: "sorting is stable; its comparison never says equal, and turns them round",
    example: [
      "sort_by(@, &a)",
      [
        { a: "x", n: 1 },
        { a: "x", n: 2 },
      ],
    ],
    holds: (one) => {
      const keys = keysOf(one, "sort_by") ?? [];
      return keys.every(isText) && new Set(keys).size < keys.length;
    },
  },
  {
    name: "a rest after division by zero",
    against,
    why: "an error, as for `/`; it gives NaN",
    example: ["`1` % `0`", null],
    holds: ({ tree, theirs, ...one }) =>
      tree.kind === "binary" &&
      tree.op === "%" &&
      agree(one.part(tree.right), { value: 0 }) &&
      agree(theirs, { value: "no JSON: NaN" }),
  },
  {
    name: "two minus signs",
    against,
    why: "`--a` is a number with two signs for its lexer, and then no number",
    example: ["--a", { a: 1 }],
    holds: ({ tree, theirs }) =>
      tree.kind === "unary" &&
      tree.op === "-" &&
      tree.of.kind === "unary" &&
      tree.of.op === "-" &&
      "error" in theirs &&
      theirs.error.includes('"NaN"'),
  },
  {
    name: "max_by() and min_by() of 0, '' and false",
    against,
    why: "an element that JavaScript takes for false it takes for none",
    example: ["max_by(@, &@)", [0]],
    holds: (one) =>
      keysOf(one, "max_by", "min_by") !== null &&
      [0, "", false].some((value) => agree(one.ours, { value })) &&
      agree(one.theirs, { value: null }),
  },
];
