// Traces a disagreement of two engines to the smallest part of the expression, on the value that this part
// sees, about which they disagree.

import type { Json } from "../../plan/expr.ts";
import { agree, type Engine, type Outcome } from "./engines.ts";
import { NOWHERE, print, type Step, type Surroundings, type Tree } from "./tree.ts";

export type Disagreement = {
  readonly tree: Tree;
  readonly expression: string;
  readonly given: Json;
  readonly ours: Outcome;
  readonly theirs: Outcome;
  /** What we make of a part of `tree` here. */
  readonly part: (part: Tree) => Outcome;
  /** What we make of it on another value. */
  readonly on: (part: Tree, given: Json) => Outcome;
  /** What they make of it here. */
  readonly theirPart: (part: Tree) => Outcome;
  /** What they make of an expression here. */
  readonly ask: (expression: string) => Outcome;
  /** What `print` needs for a part. */
  readonly around: Surroundings;
};

/** A part of an expression and what it is evaluated on. */
type Place = { readonly tree: Tree; readonly given: Json; readonly around: Surroundings };

/** Where `ours` and `theirs` part ways; null when they agree about the whole. */
export function trace(tree: Tree, given: Json, ours: Engine, theirs: Engine): Disagreement | null {
  return traceAt({ tree, given, around: NOWHERE }, ours, theirs);
}

function traceAt(place: Place, ours: Engine, theirs: Engine): Disagreement | null {
  const { tree, given, around } = place;
  const expression = print(tree, around);
  const [own, other] = [ours, theirs].map(({ evaluate }) => evaluate(expression, given));
  if (own === undefined || other === undefined || agree(own, other)) return null;
  const inside = { ...around, root: around.root ?? given };
  const part = (one: Tree) => ours.evaluate(print(one, around), given);
  for (const inner of parts({ tree, given, around: inside }, part)) {
    const found = traceAt(inner, ours, theirs);
    if (found !== null) return found;
  }
  const ask = (text: string) => theirs.evaluate(text, given);
  const theirPart = (one: Tree) => ask(print(one, around));
  const on = (one: Tree, value: Json) => ours.evaluate(print(one, inside), value);
  const about = { ...place, expression, ours: own, theirs: other };
  return { ...about, part, on, theirPart, ask };
}

/** The direct parts of an expression, each with every value it is evaluated on. */
function parts({ tree, given, around }: Place, part: (one: Tree) => Outcome): Place[] {
  const here = (one: Tree): Place => ({ tree: one, given, around });
  const on = (one: Tree, values: readonly Json[]) =>
    values.map((value): Place => ({ tree: one, given: value, around }));
  switch (tree.kind) {
    case "field":
    case "current":
    case "root":
    case "variable":
    case "literal":
    case "text":
      return [];
    case "path": {
      const { base, steps } = tree;
      if (steps.length === 1 && base === null) return lastStep(steps[0], on, [given]);
      const before: Tree | null = steps.length > 1 ? { ...tree, steps: steps.slice(0, -1) } : base;
      const found = before === null ? [given] : valuesOf(part(before));
      return [...(before === null ? [] : [here(before)]), ...lastStep(steps.at(-1), on, found)];
    }
    case "binary":
      return [
        here(tree.left),
        ...(tree.op === "|" ? on(tree.right, valuesOf(part(tree.left))) : [here(tree.right)]),
      ];
    case "unary":
      return [here(tree.of)];
    case "list":
      return tree.items.map(here);
    case "object":
      return tree.entries.map(([, value]) => here(value));
    case "call":
      return tree.args.flatMap((arg) => {
        if (arg.kind !== "reference") return [here(arg)];
        const subjects = tree.args.filter(({ kind }) => kind !== "reference");
        return on(
          arg.body,
          subjects.flatMap((one) => elements(valuesOf(part(one)))),
        );
      });
    case "reference":
      return [here(tree.body)];
    case "let": {
      const [value] = valuesOf(part(tree.value));
      if (value === undefined) return [here(tree.value)];
      const variables = new Map([...around.variables, [tree.name, value]]);
      const body = { tree: tree.body, given, around: { ...around, variables } };
      return [here(tree.value), body];
    }
  }
}

function lastStep(
  step: Step | undefined,
  on: (tree: Tree, values: readonly Json[]) => Place[],
  found: readonly Json[],
): Place[] {
  if (step?.kind === "select") return on(step.cond, elements(found));
  // Behind a projection a step sees elements, perhaps of elements; else the value itself.
  if (step?.kind === "sub") return on(step.expr, [...found, ...elements(found)]);
  return [];
}

function valuesOf(outcome: Outcome): Json[] {
  return "error" in outcome ? [] : [outcome.value];
}

function elements(values: readonly Json[]): Json[] {
  return values.flatMap((value) => (Array.isArray(value) ? value : []));
}
