// Arguments of stages: which names there are, and values known at compile time.

import { printDuration } from "../../plan/print-expr.ts";
import type { Report } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import type { Arg, ExprNode, Span } from "../syntax/ast.ts";
import { constantOf } from "./constant.ts";
import { type Env, freshEnv } from "./env.ts";
import { lowerExpr } from "./expr.ts";

export type ArgSpec = {
  /** Names of the arguments that may stand without one, in order. */
  readonly positional: readonly string[];
  readonly named: readonly string[];
  readonly required: readonly string[];
};

export type Args = ReadonlyMap<string, ExprNode>;

/** The arguments of `what` by name; unknown, doubled and missing ones are reported. */
export function readArgs(
  what: string,
  args: readonly Arg[],
  spec: ArgSpec,
  span: Span,
  report: Report,
): Args {
  const values = new Map<string, ExprNode>();
  const known = [...spec.positional, ...spec.named];
  let position = 0;
  for (const arg of args) {
    const name = arg.name?.name ?? spec.positional[position];
    if (arg.name === null) position += 1;
    if (name === undefined) {
      report("FPL0112", arg.span, `\`${what}\` takes no more arguments without a name`);
    } else if (!known.includes(name)) {
      const hint = didYouMean(name, known);
      const help = `options are ${known.map((one) => `\`${one}\``).join(", ")}`;
      report(
        "FPL0110",
        arg.name?.span ?? arg.span,
        `\`${what}\` has no option \`${name}\`${hint}`,
        {
          help,
        },
      );
    } else if (values.has(name)) {
      report("FPL0112", arg.span, `\`${name}\` is given twice`);
    } else {
      values.set(name, arg.value);
    }
  }
  for (const name of spec.required) {
    if (!values.has(name)) report("FPL0111", span, `\`${what}\` needs \`${name}\``);
  }
  return values;
}

/** A duration in [min, max] milliseconds; null when absent or reported. */
export function durationArg(
  args: Args,
  name: string,
  [min, max]: readonly [number, number],
  env: Env,
): number | null {
  const node = args.get(name);
  if (node === undefined || node.kind === "error") return null;
  const constant = constantOf(lowerExpr(node, freshEnv(env)));
  if (constant?.kind !== "duration") {
    env.report("FPL0203", node.span, `\`${name}\` is a duration such as \`5m\``);
    return null;
  }
  if (constant.ms >= min && constant.ms <= max) return constant.ms;
  const range = `${printDuration(min)} and ${printDuration(max)}`;
  env.report("FPL0410", node.span, `\`${name}\` is between ${range}`);
  return null;
}

/** A whole number in [min, max]; null when absent or reported. */
export function integerArg(
  args: Args,
  name: string,
  [min, max]: readonly [number, number],
  env: Env,
): number | null {
  const node = args.get(name);
  if (node === undefined || node.kind === "error") return null;
  const constant = constantOf(lowerExpr(node, freshEnv(env)));
  const value = constant?.kind === "json" ? constant.value : null;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  env.report("FPL0203", node.span, `\`${name}\` is a whole number between ${min} and ${max}`);
  return null;
}

/** A number in [min, max]; null when absent or reported. */
export function numberArg(
  args: Args,
  name: string,
  [min, max]: readonly [number, number],
  env: Env,
): number | null {
  const node = args.get(name);
  if (node === undefined || node.kind === "error") return null;
  const constant = constantOf(lowerExpr(node, freshEnv(env)));
  const value = constant?.kind === "json" ? constant.value : null;
  if (typeof value === "number" && value >= min && value <= max) return value;
  env.report("FPL0203", node.span, `\`${name}\` is a number between ${min} and ${max}`);
  return null;
}

/** A list of 1 to `lengthMax` numbers in [min, max]; null when absent or reported. */
export function numbersArg(
  args: Args,
  name: string,
  [min, max]: readonly [number, number],
  lengthMax: number,
  env: Env,
): number[] | null {
  const node = args.get(name);
  if (node === undefined || node.kind === "error") return null;
  const constant = constantOf(lowerExpr(node, freshEnv(env)));
  const list = constant?.kind === "json" && Array.isArray(constant.value) ? constant.value : [];
  const numbers = list.filter((one) => typeof one === "number" && one >= min && one <= max);
  const fits = list.length >= 1 && list.length <= lengthMax && numbers.length === list.length;
  if (fits) return numbers.map(Number);
  const what = `a list of 1 to ${lengthMax} numbers between ${min} and ${max}`;
  env.report("FPL0203", node.span, `\`${name}\` is ${what}`);
  return null;
}

/** One of `words`, written without quotes; null when absent or reported. */
export function wordArg<W extends string>(
  args: Args,
  name: string,
  words: readonly W[],
  env: Env,
): W | null {
  const node = args.get(name);
  if (node === undefined || node.kind === "error") return null;
  const word = node.kind === "field" && !node.quoted ? node.name : null;
  const found = words.find((one) => one === word) ?? null;
  if (found === null) {
    const list = words.map((one) => `\`${one}\``).join(" or ");
    env.report("FPL0203", node.span, `\`${name}\` is ${list}${didYouMean(word ?? "", words)}`);
  }
  return found;
}

/** A string known at compile time; null when absent or reported. */
export function stringArg(args: Args, name: string, env: Env): string | null {
  const node = args.get(name);
  return node === undefined ? null : stringOf(node, name, env);
}

/** The string `node` stands for; null when it is none, which is reported. */
export function stringOf(node: ExprNode, what: string, env: Env): string | null {
  if (node.kind === "error") return null;
  const constant = constantOf(lowerExpr(node, freshEnv(env)));
  if (constant?.kind === "json" && typeof constant.value === "string") return constant.value;
  env.report("FPL0203", node.span, `${what} is a string such as 'text'`);
  return null;
}
