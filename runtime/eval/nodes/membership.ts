// `has` and `matches`: questions about a value that null answers with false.

import { RE2JS } from "re2js";
import type { Expr } from "../../../plan/expr.ts";
import { EvaluationError } from "../eval-error.ts";
import { type Compile, chainOf, type Node, type Scope } from "../evaluate.ts";
import { burn } from "../fuel.ts";
import { deepEqual, isRecord, textOf, typeName, type Value } from "../values.ts";

type Of<K extends Expr["k"]> = Extract<Expr, { k: K }>;

/** `x has y`: element of a list, substring of a string, name of a field of an object. */
export function compileHas(expr: Of<"has">, scope: Scope, compile: Compile): Node {
  const left = compile(expr.left, scope);
  if (expr.right.k === "literal" && typeof expr.right.value === "string") {
    const text = expr.right.value;
    const direct = chainOf(expr.left, scope);
    const answer = direct?.source.hasText(direct.names, text) ?? null;
    if (answer === null) return (current, frame) => hasText(left(current, frame), text);
    return (current, frame) => answer() ?? hasText(left(current, frame), text);
  }
  const right = compile(expr.right, scope);
  return (current, frame) => has(left(current, frame), right(current, frame));
}

function hasText(container: Value, text: string): boolean {
  if (container === null) return false;
  if (!Array.isArray(container)) return has(container, text);
  for (const element of container) {
    if (element === text || (typeof element === "object" && textOf(element) === text)) return true;
  }
  return false;
}

function has(container: Value, member: Value): boolean {
  if (container === null) return false;
  if (Array.isArray(container)) {
    burn(container.length);
    return container.some((element) => deepEqual(element, member));
  }
  const text = textOf(container);
  if (text === null && !isRecord(container)) {
    throw new EvaluationError("invalid type for has", `${typeName(container)} has no members`);
  }
  if (member === null) return false;
  const name = textOf(member);
  if (name === null) {
    const detail = `${typeName(container)} has ${typeName(member)}: needs a string`;
    throw new EvaluationError("invalid type for has", detail);
  }
  return text === null
    ? isRecord(container) && Object.hasOwn(container, name)
    : text.includes(name);
}

/** `x matches r'…'`: whether the regex is found anywhere in the string. Linear time, whatever it is. */
export function compileMatches(expr: Of<"matches">, scope: Scope, compile: Compile): Node {
  const left = compile(expr.left, scope);
  const found = finder(expr.source);
  return (current, frame) => {
    const value = left(current, frame);
    if (value === null) return false;
    const text = textOf(value);
    if (text === null) {
      throw new EvaluationError("invalid type for matches", `${typeName(value)} is not a string`);
    }
    return found(text);
  };
}

/** A regex that is only a literal needs no engine. */
function finder(source: string): (text: string) => boolean {
  if (/^[^\\^$.|?*+()[\]{}]*$/.test(source)) return (text) => text.includes(source);
  const regex = RE2JS.compile(source);
  return (text) => regex.matcher(text).find();
}
