// Calls a builtin by its name in the language, for tables of arguments and answers.

import type { FunctionName } from "../../../plan/functions.ts";
import { EvaluationError } from "../eval-error.ts";
import { isRecord, type Value } from "../values.ts";
import { BUILTINS } from "./index.ts";

/** Field `name` as a `&expr` argument. */
export function byField(name: string): (element: Value) => Value {
  return (element) => (isRecord(element) ? (element[name] ?? null) : null);
}

/** The answer of a function of values. */
export function call(name: FunctionName, ...args: Value[]): Value {
  const builtin = BUILTINS[name];
  if (builtin.kind !== "plain") throw new Error(`${name} takes an &expr`);
  return builtin.call(...args);
}

/** The answer of a function of a list and a `&expr`. */
export function callBy(name: FunctionName, list: Value, by: (element: Value) => Value): Value {
  const builtin = BUILTINS[name];
  if (builtin.kind !== "by") throw new Error(`${name} takes no &expr`);
  return builtin.call(list, by);
}

/** The reason a call is refused for. */
export function refusal(body: () => Value): string {
  try {
    return `no refusal: ${JSON.stringify(body())}`;
  } catch (error) {
    if (error instanceof EvaluationError) return error.reason;
    throw error;
  }
}
