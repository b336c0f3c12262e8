// Where we and others disagree about JMESPath, each named, explained, and told apart by what it needs: the
// part of the expression and the values it sees. What no rule holds for is a bug of ours until shown otherwise.

import type { Json } from "../../plan/expr.ts";
import { agree, type Engine } from "./engines.ts";
import type { Disagreement } from "./trace.ts";
import type { Tree } from "./tree.ts";

export type Rule = {
  readonly name: string;
  /** With whom. */
  readonly against: Engine["name"];
  readonly why: string;
  /** The least there is of it: they disagree about this. */
  readonly example: readonly [expression: string, given: Json];
  readonly holds: (one: Disagreement) => boolean;
};

/** The rule that explains the disagreement. */
export function explain(
  one: Disagreement,
  against: Engine["name"],
  rules: readonly Rule[],
): Rule | null {
  return rules.find((rule) => rule.against === against && rule.holds(one)) ?? null;
}

/** The value of a part, undefined when it is an error. */
export function partValue(one: Disagreement, part: Tree): Json | undefined {
  const outcome = one.part(part);
  return "error" in outcome ? undefined : outcome.value;
}

/** The values of the arguments of a call of one of `names`; null when it is something else. */
export function callOf(
  one: Disagreement,
  ...names: readonly string[]
): (Json | undefined)[] | null {
  const { tree } = one;
  if (tree.kind !== "call" || !names.includes(tree.fn)) return null;
  return tree.args.map((arg) => (arg.kind === "reference" ? undefined : partValue(one, arg)));
}

/** What `of` of a call by `&expr` gives for each of its elements. */
export function keysOf(
  one: Disagreement,
  ...names: readonly string[]
): (Json | undefined)[] | null {
  const { tree } = one;
  if (tree.kind !== "call" || !names.includes(tree.fn)) return null;
  const [list, by] = tree.args[0]?.kind === "reference" ? [...tree.args].reverse() : tree.args;
  if (list === undefined || by?.kind !== "reference") return null;
  const keys = partValue(one, { kind: "call", fn: "map", args: [by, list] });
  return Array.isArray(keys) ? keys : null;
}

/** Whether they add up the numbers of a list one by one, and so round after each. */
export function addsOneByOne(one: Disagreement): boolean {
  const [list] = callOf(one, "sum", "avg") ?? [];
  if (!Array.isArray(list)) return false;
  const total = list.reduce<number>((sum, number) => sum + Number(number), 0);
  return [total, total / list.length].some((value) => agree(one.theirs, { value }));
}

/** Whether some text in it has characters that are two units of UTF-16. */
export function hasSurrogates(value: unknown): boolean {
  return /[\ud800-\udfff]|\\ud[89a-f]/i.test(JSON.stringify(value) ?? "");
}

export function isText(value: Json | undefined): value is string {
  return typeof value === "string";
}

export function isObject(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

type PathTree = Extract<Tree, { kind: "path" }>;

/** A path and what stands before its last step; null for anything else. */
export function lastStep(one: Disagreement): {
  readonly path: PathTree;
  readonly before: Tree;
  readonly step: PathTree["steps"][number];
} | null {
  const { tree } = one;
  const step = tree.kind === "path" ? tree.steps.at(-1) : undefined;
  if (tree.kind !== "path" || step === undefined) return null;
  const rest = tree.steps.slice(0, -1);
  const before: Tree =
    rest.length > 0 ? { ...tree, steps: rest } : (tree.base ?? { kind: "current" });
  return { path: tree, before, step };
}

/** The value itself, its elements, and theirs: what a step behind projections may see. */
export function seen(value: Json | undefined): Json[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [value];
  return [value, ...value.flatMap((inner) => seen(inner))];
}

/** Whether theirs is what our path gives when its projections end behind a name, an index or a sub-expression. */
export function stopsBehind(one: Disagreement): boolean {
  const { tree } = one;
  if (tree.kind !== "path") return false;
  return tree.steps.some((step, i) => {
    const ends = step.kind === "name" || step.kind === "index" || step.kind === "sub";
    if (i === tree.steps.length - 1 || !ends) return false;
    const base: Tree = { ...tree, steps: tree.steps.slice(0, i + 1) };
    const stopped = one.part({ kind: "path", base, steps: tree.steps.slice(i + 1) });
    return agree(stopped, one.theirs);
  });
}

/** Whether a literal of the expression has more than one escaped backtick. */
export function twoEscapes(expression: string): boolean {
  return /`(?:[^`\\]|\\[^`])*\\`(?:[^`\\]|\\[^`])*\\`/.test(expression);
}

/** All proper parts of a tree. */
export function partsOf(tree: Tree): Tree[] {
  return directParts(tree).flatMap((part) => [part, ...partsOf(part)]);
}

function directParts(tree: Tree): readonly Tree[] {
  switch (tree.kind) {
    case "field":
    case "current":
    case "root":
    case "variable":
    case "literal":
    case "text":
      return [];
    case "path":
      return [
        ...(tree.base === null ? [] : [tree.base]),
        ...tree.steps.map((_, i): Tree => ({ ...tree, steps: tree.steps.slice(0, i) })).slice(1),
        ...tree.steps.flatMap((step) =>
          step.kind === "select" ? [step.cond] : step.kind === "sub" ? [step.expr] : [],
        ),
      ];
    case "binary":
      return [tree.left, tree.right];
    case "unary":
      return [tree.of];
    case "list":
      return tree.items;
    case "object":
      return tree.entries.map(([, value]) => value);
    case "call":
      return tree.args;
    case "reference":
      return [tree.body];
    case "let":
      return [tree.value, tree.body];
  }
}
