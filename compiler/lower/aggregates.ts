// The aggregates of one reduce: identical ones are shared, combined ones get a map behind the reduce.

import type { Expr } from "../../plan/expr.ts";
import type { Aggregate, AggregateKind } from "../../plan/plan.ts";
import type { CallShape, EntryNode, Span } from "../syntax/ast.ts";
import { AGGREGATES, type AggregateName, isAggregate } from "./aggregate-names.ts";
import { type ArgSpec, type Args, integerArg, numberArg, numbersArg, readArgs } from "./args.ts";
import { CURRENT, type Env, freshEnv, NULL } from "./env.ts";
import { lowerExpr } from "./expr.ts";

/**
 * Elements `collect` keeps, and values `distinct` counts exactly, at most, per key and window. Both keep
 * them in one entry of state, which has to fit a message.
 */
export const COLLECT_MAX = 1000;
export const DISTINCT_CAP_MAX = 50_000;
/** Quantiles of one `quantiles`, and values `top_k` names, at most. */
export const QUANTILES_MAX = 20;
export const TOP_K_MAX = 100;

export class AggregateTable {
  /** Arguments of the aggregates, each once. */
  readonly columns: Expr[] = [];
  readonly aggregates: Aggregate[] = [];
  /** Whether the entries are more than the aggregates themselves: then a map must follow. */
  combined = false;
  readonly #env: Env;
  readonly #keys: ReadonlySet<string>;
  readonly #windowed: boolean;

  constructor(env: Env, keys: ReadonlySet<string>, windowed: boolean) {
    this.#env = env;
    this.#keys = keys;
    this.#windowed = windowed;
  }

  /** Takes in `name: EXPR`; gives the field of the result, from the fields of the reduce. */
  add(entry: EntryNode): { name: string; value: Expr } {
    const name = entry.name.name;
    const plain = entry.value.kind === "call" && isAggregate(entry.value.name.name);
    const value = lowerExpr(entry.value, {
      ...freshEnv(this.#env),
      aggregate: (call, span) => this.#aggregate(call, span, plain ? name : null),
      bareFields: this.#keys,
    });
    const own = plain && value.k === "field" && value.name === name;
    if (!own) this.combined = true;
    return { name, value };
  }

  /** The field that holds the aggregate `call`. */
  #aggregate(call: CallShape, span: Span, name: string | null): Expr {
    const fn = call.name.name;
    if (!isAggregate(fn)) return NULL;
    if (fn === "rate" && !this.#windowed) {
      this.#env.report("FPL0421", span, "`rate` is per second of a window, and there is none", {
        help: "put `window tumbling(size: 1m)` before the `reduce`, or write `count()`",
      });
    }
    const args = readArgs(fn, call.args, specOf(fn), span, this.#env.report);
    const kind = kindOf(fn, args, this.#env);
    const column = this.#column(args);
    const shared = this.aggregates.find((one) => sameAggregate(one, kind, column));
    if (shared !== undefined) return { k: "field", of: CURRENT, name: shared.name };
    const own = name ?? this.#hiddenName();
    this.aggregates.push({ name: own, column, ...kind });
    return { k: "field", of: CURRENT, name: own };
  }

  #hiddenName(): string {
    const taken = new Set([...this.#keys, ...this.aggregates.map((one) => one.name)]);
    let n = this.aggregates.length;
    while (taken.has(`_${n}`)) n += 1;
    return `_${n}`;
  }

  /** The column of the first argument; null for `count()`. */
  #column(args: Args): number | null {
    const node = args.get("of");
    if (node === undefined) return null;
    const expr = lowerExpr(node, freshEnv(this.#env));
    const text = JSON.stringify(expr);
    const known = this.columns.findIndex((one) => JSON.stringify(one) === text);
    return known === -1 ? this.columns.push(expr) - 1 : known;
  }
}

/** The names of what stands after the aggregated expression. */
const PARAMETERS: Readonly<Partial<Record<AggregateName, string>>> = {
  collect: "max",
  distinct: "cap",
  quantile: "q",
  quantiles: "qs",
  top_k: "k",
};

function specOf(fn: AggregateName): ArgSpec {
  const parameter = PARAMETERS[fn];
  if (parameter !== undefined) {
    const names = ["of", parameter];
    return { positional: names, named: [], required: names };
  }
  return { positional: ["of"], named: [], required: AGGREGATES[fn].min === 1 ? ["of"] : [] };
}

function kindOf(fn: AggregateName, args: Args, env: Env): AggregateKind {
  switch (fn) {
    case "distinct":
      return { fn, cap: integerArg(args, "cap", [1, DISTINCT_CAP_MAX], env) ?? 1 };
    case "collect":
      return { fn, max: integerArg(args, "max", [1, COLLECT_MAX], env) ?? 1 };
    case "top_k":
      return { fn, k: integerArg(args, "k", [1, TOP_K_MAX], env) ?? 1 };
    case "quantile":
      return { fn, q: numberArg(args, "q", [0, 1], env) ?? 0 };
    case "quantiles":
      return { fn, qs: numbersArg(args, "qs", [0, 1], QUANTILES_MAX, env) ?? [0] };
    case "count":
    case "sum":
    case "min":
    case "max":
    case "avg":
    case "stddev":
    case "first":
    case "last":
    case "approx_distinct":
    case "rate":
      return { fn };
  }
}

function sameAggregate(one: Aggregate, kind: AggregateKind, column: number | null): boolean {
  const { name: _, ...rest } = one;
  return JSON.stringify(rest) === JSON.stringify({ column, ...kind });
}
