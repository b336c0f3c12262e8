// Where an expression of JMESPath means something else in the language itself than in `jmes'…'`.

import { agree } from "./engines.ts";
import { callOf, isText, keysOf, lastStep, partsOf, partValue, type Rule, seen } from "./rules.ts";
import type { Disagreement } from "./trace.ts";
import type { Tree } from "./tree.ts";

const against = "plain";

export const PLAIN_RULES: readonly Rule[] = [
  {
    name: "`true`, `false` and `null` are literals",
    against,
    why: "in JMESPath they are fields of that name, and literals only between backticks",
    example: ["true", { true: 1 }],
    holds: ({ tree }) => tree.kind === "field" && ["true", "false", "null"].includes(tree.name),
  },
  {
    name: "strings have an order",
    against,
    why: "by code point; JMESPath orders numbers only",
    example: ["a < b", { a: "x", b: "y" }],
    holds: (one) => {
      const { tree } = one;
      if (tree.kind !== "binary" || !agree(one.ours, { value: null })) return false;
      return [tree.left, tree.right].every((side) => isText(partValue(one, side)));
    },
  },
  {
    name: "nothing can be found there",
    against,
    why: "a step that finds nothing in any document is a mistake when it is compiled (FPL0205, FPL0211); in JMESPath it is null",
    example: ["'text'.a", null],
    holds: (one) => refusedFor(one, "FPL0205", "FPL0211") && isBarren(one),
  },
  {
    name: "what stands before a `|`, a `.` or a filter has a type",
    against,
    why: "behind it `@` is known, and a step that finds nothing in it, or a comparison with another type, is a mistake (FPL0204, FPL0205, FPL0211, FPL0215)",
    example: ["'text' | [a]", null],
    holds: (one) => refusedFor(one, "FPL0204", "FPL0205", "FPL0211", "FPL0215") && seesNothing(one),
  },
  {
    name: "types that cannot be compared",
    against,
    why: "a mistake when it is compiled (FPL0204, FPL0215); in JMESPath null, and equal only as null",
    example: ["'1' == `1`", null],
    holds: (one) => {
      const { tree } = one;
      if (tree.kind !== "binary" || !refusedFor(one, "FPL0204", "FPL0215")) return false;
      const nulls = [tree.left, tree.right].every((side) => partValue(one, side) === null);
      if (tree.op === "==") return agree(one.ours, { value: nulls });
      return agree(one.ours, { value: tree.op === "!=" ? !nulls : null });
    },
  },
  {
    name: "null has to be dealt with",
    against,
    why: "what may be null where a value is needed is a mistake when it is compiled (FPL0207), also for a document where it is none",
    example: ["avg(a) + `1`", { a: [1] }],
    holds: (one) => refusedFor(one, "FPL0207") && "value" in one.ours,
  },
  {
    name: "an empty list has a type",
    against,
    why: "a list of what a function does not take is refused (FPL0208); JMESPath looks at its elements, and there are none",
    example: ["sum(keys(@))", {}],
    holds: (one) => {
      if (one.tree.kind !== "call") return false;
      const keys = keysOf(one, "map", "sort_by", "max_by", "min_by", "group_by");
      if (keys?.every((key) => key === null)) return refusedFor(one, "FPL0208", "FPL0211");
      if (!refusedFor(one, "FPL0208")) return false;
      return one.tree.args.some((arg) => JSON.stringify(partValue(one, arg)) === "[]");
    },
  },
  {
    name: "a number that may not be whole",
    against,
    why: "counts and positions are `int`, so what is only known to be a number is refused (FPL0208); JMESPath looks at the number",
    example: ["pad_left('a', sum(@))", [3]],
    holds: (one) => {
      const counts = callOf(one, "find_first", "find_last", "pad_left", "pad_right", "replace");
      return refusedFor(one, "FPL0208") && (counts ?? []).slice(1).some(Number.isInteger);
    },
  },
  {
    name: "a mistake that this document does not reach",
    against,
    why: "types are checked in all of the expression; JMESPath fails only at what it evaluates",
    example: ["`1` || abs('x')", null],
    holds: (one) => {
      const ofNothing = keysOf(one, "map", "sort_by", "max_by", "min_by", "group_by")?.length === 0;
      if (codesOf(one.theirs).length === 0) return false;
      return ofNothing || ownCodes(one).length === 0 || stopsBefore(one);
    },
  },
];

/** The codes with which the compiler refuses an expression. */
function codesOf(outcome: Disagreement["theirs"]): string[] {
  return "error" in outcome ? (outcome.error.match(/\bFPL02\d\d\b/g) ?? []) : [];
}

/** Those of the whole that no part of it has on its own. */
function ownCodes(one: Disagreement): string[] {
  const inner = partsOf(one.tree).flatMap((part) => codesOf(one.theirPart(part)));
  return codesOf(one.theirs).filter((code) => !inner.includes(code));
}

/** Whether these codes, and nothing else that parts do not explain, are why it is refused. */
function refusedFor(one: Disagreement, ...codes: readonly string[]): boolean {
  const own = ownCodes(one);
  return own.length > 0 && own.every((code) => codes.includes(code));
}

/** Whether what JMESPath gives is null or lists of nothing. */
function isBarren({ ours }: Disagreement): boolean {
  return "value" in ours && seen(ours.value).every((some) => some === null || Array.isArray(some));
}

/** Whether a part of what stands behind `|`, `.` or `[?` is null, or compares, on what stands before it. */
function seesNothing(one: Disagreement): boolean {
  const [before, after] = beforeAndAfter(one);
  if (before === undefined || after === undefined) return false;
  const values = seen(partValue(one, before));
  return [after, ...partsOf(after)].some((part) => {
    if (part.kind === "binary" && (part.op === "==" || part.op === "!=")) return true;
    return values.some((value) => agree(one.on(part, value), { value: null }));
  });
}

function beforeAndAfter(one: Disagreement): readonly (Tree | undefined)[] {
  const { tree } = one;
  if (tree.kind === "binary" && tree.op === "|") return [tree.left, tree.right];
  const last = lastStep(one);
  if (last?.step.kind === "sub") return [last.before, last.step.expr];
  return last?.step.kind === "select" ? [last.before, last.step.cond] : [];
}

/** Whether there is nothing, or nothing to choose from, before the last step. */
function stopsBefore(one: Disagreement): boolean {
  const last = lastStep(one);
  if (last === null) return false;
  const before = partValue(one, last.before);
  if (last.step.kind === "select") return !Array.isArray(before) || before.length === 0;
  return (
    last.step.kind === "sub" && seen(before).every((some) => some === null || Array.isArray(some))
  );
}
