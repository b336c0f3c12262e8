// One run of random expressions on random documents through all engines: what disagreed, and which rule
// explains it.

import fc from "fast-check";
import type { Json } from "../../plan/expr.ts";
import { arbitraryDocument, arbitraryTree, type Edition } from "./arbitrary.ts";
import { COMMUNITY, type Engine, ORIGINAL, type Outcome, PLAIN, STRICT } from "./engines.ts";
import { explain, type Rule } from "./rules.ts";
import { COMMUNITY_RULES } from "./rules-community.ts";
import { ORIGINAL_RULES } from "./rules-original.ts";
import { PLAIN_RULES } from "./rules-plain.ts";
import { type Disagreement, trace } from "./trace.ts";
import { print, type Tree } from "./tree.ts";

export const RULES: readonly Rule[] = [...ORIGINAL_RULES, ...COMMUNITY_RULES, ...PLAIN_RULES];

/** `jmes'…'` is held against the peers, and the language itself against `jmes'…'`. */
const OTHERS: Readonly<Record<Edition, readonly Engine[]>> = {
  "2015": [ORIGINAL, COMMUNITY, PLAIN],
  community: [COMMUNITY, PLAIN],
};

export type FuzzReport = {
  readonly cases: number;
  /** Cases in which nobody gave an error. */
  readonly values: number;
  /** The least case that each rule was needed for, and how many there were. */
  readonly explained: ReadonlyMap<Rule, { readonly count: number; readonly least: Disagreement }>;
};

/** Runs `cases` random cases. @throws with the smallest case when one is not explained. */
export function fuzz(cases: number, seed: number, progress: (done: number) => void): FuzzReport {
  const explained = new Map<Rule, { count: number; least: Disagreement }>();
  let [done, values] = [0, 0];
  const edition = fc.constantFrom<Edition>("2015", "community");
  const one = edition.chain((chosen) =>
    fc.tuple(fc.constant(chosen), arbitraryTree(chosen), arbitraryDocument()),
  );
  const property = fc.property(one, ([chosen, tree, given]) => {
    for (const other of OTHERS[chosen]) {
      const found = trace(tree, given, STRICT, other);
      if (found === null) continue;
      const rule = explain(found, other.name, RULES);
      if (rule === null) throw new Error(describe(found, other.name));
      count(explained, rule, found);
    }
    if (hasValue(tree, given)) values += 1;
    done += 1;
    if (done % 1000 === 0) progress(done);
  });
  fc.assert(property, { numRuns: cases, seed });
  return { cases: done, values, explained };
}

function count(
  explained: Map<Rule, { count: number; least: Disagreement }>,
  rule: Rule,
  found: Disagreement,
): void {
  const before = explained.get(rule);
  const least = before === undefined || size(found) < size(before.least) ? found : before.least;
  explained.set(rule, { count: (before?.count ?? 0) + 1, least });
}

function size({ expression, given }: Disagreement): number {
  return expression.length + JSON.stringify(given).length;
}

function hasValue(tree: Tree, given: Json): boolean {
  const outcome = STRICT.evaluate(print(tree), given);
  return "value" in outcome && outcome.value !== null;
}

/** A disagreement for people. */
export function describe(one: Disagreement, other: Engine["name"]): string {
  const [ours, theirs] = [one.ours, one.theirs].map(show);
  return `${one.expression}\n  on ${JSON.stringify(one.given)}\n  jmes'…' ${ours}\n  ${other} ${theirs}`;
}

function show(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "";
  return "error" in outcome ? `fails: ${outcome.error}` : `gives ${JSON.stringify(outcome.value)}`;
}
