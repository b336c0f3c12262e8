// The semantics of expressions once more, as plainly as possible: a tree walker to hold the compiled
// closures against. Shares only the builtins and the value rules with them.

import type { Expr } from "../../plan/expr.ts";
import { FUNCTIONS, type FunctionName } from "../../plan/functions.ts";
import { EvaluationError } from "./eval-error.ts";
import { BUILTINS } from "./functions/index.ts";
import { durationOf, instantAt } from "./time.ts";
import {
  compareValues,
  Duration,
  Instant,
  isRecord,
  isTruthy,
  type RecordValue,
  setField,
  textOf,
  typeName,
  type Value,
} from "./values.ts";

type Variables = ReadonlyMap<string, Value>;

/** The value of `expr` on `record`. @throws EvaluationError */
export function interpret(expr: Expr, record: Value): Value {
  return walk(expr, record, record, new Map());
}

function walk(expr: Expr, current: Value, root: Value, variables: Variables): Value {
  const at = (inner: Expr, value: Value = current) => walk(inner, value, root, variables);
  switch (expr.k) {
    case "literal":
      return expr.value as Value; // JSON is a subset of values
    case "instant":
      return new Instant(expr.ms);
    case "duration":
      return new Duration(expr.ms);
    case "current":
      return current;
    case "root":
      return root;
    case "variable":
      if (!variables.has(expr.name)) throw new EvaluationError("undefined variable");
      return variables.get(expr.name) ?? null;
    case "field":
      return field(at(expr.of), expr.name) ?? null;
    case "index": {
      const list = at(expr.of);
      return Array.isArray(list) ? (list.at(expr.at) ?? null) : null;
    }
    case "slice": {
      const sliced = at(expr.of);
      const text = textOf(sliced);
      if (text !== null) return at(expr.each, python(Array.from(text), expr).join(""));
      return Array.isArray(sliced) ? notNull(python(sliced, expr), expr.each, at) : null;
    }
    case "project": {
      const list = at(expr.of);
      return Array.isArray(list) ? notNull(list, expr.each, at) : null;
    }
    case "values": {
      const object = at(expr.of);
      return isRecord(object) ? notNull(Object.values(object), expr.each, at) : null;
    }
    case "flatten": {
      const list = at(expr.of);
      return Array.isArray(list) ? notNull(list.flat(1), expr.each, at) : null;
    }
    case "select": {
      const list = at(expr.of);
      if (!Array.isArray(list)) return null;
      const kept = list.filter((element) => isTruthy(at(expr.cond, element)));
      return notNull(kept, expr.each, at);
    }
    case "pipe": {
      const left = at(expr.left);
      return left === null && expr.nullStops ? null : at(expr.right, left);
    }
    case "list":
      return expr.items.map((item) => at(item));
    case "object": {
      const object: RecordValue = {};
      for (const { name, value } of expr.entries) setField(object, name, at(value));
      return object;
    }
    case "and": {
      const left = at(expr.left);
      return isTruthy(left) ? at(expr.right) : left;
    }
    case "or": {
      const left = at(expr.left);
      return isTruthy(left) ? left : at(expr.right);
    }
    case "not":
      return !isTruthy(at(expr.of));
    case "cond":
      return isTruthy(at(expr.test)) ? at(expr.then) : at(expr.else);
    case "coalesce": {
      const left = at(expr.left);
      return left === null ? at(expr.right) : left;
    }
    case "compare":
      return compare(expr, at(expr.left), at(expr.right));
    case "arithmetic":
      return arithmetic(expr.op, at(expr.left), at(expr.right));
    case "negate": {
      const value = at(expr.of);
      if (typeof value === "number") return -value;
      if (value instanceof Duration) return new Duration(0 - value.ms);
      throw new EvaluationError("invalid type for -");
    }
    case "has":
      return has(at(expr.left), at(expr.right));
    case "matches": {
      const value = at(expr.left);
      if (value === null) return false;
      const text = textOf(value);
      if (text === null) throw new EvaluationError("invalid type for matches");
      return new RegExp(expr.source, "u").test(text);
    }
    case "exists":
      return exists(expr.path, at);
    case "call":
      return call(expr.fn as FunctionName, expr.args, at); // tests call functions that exist
    case "let": {
      const inner = new Map(variables);
      for (const { name, value } of expr.bindings) inner.set(name, at(value));
      return walk(expr.body, current, root, inner);
    }
    case "regex":
    case "reference":
      throw new EvaluationError("invalid type");
  }
}

type At = (expr: Expr, current?: Value) => Value;

function field(value: Value, name: string): Value | undefined {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function notNull(list: readonly Value[], each: Expr, at: At): Value[] {
  return list.map((element) => at(each, element)).filter((value) => value !== null);
}

/** Python's `items[start:stop:step]`: the indices it visits, one by one. */
function python<T>(items: readonly T[], slice: Extract<Expr, { k: "slice" }>): T[] {
  const { start, stop, step } = slice;
  if (step === 0) throw new EvaluationError("slice step is zero");
  const indices = [...items.keys()];
  const from = (bound: number) => (bound < 0 ? bound + items.length : bound);
  const inOrder = step > 0 ? indices : indices.reverse();
  const within = inOrder.filter((i) => {
    const afterStart = start === null || (step > 0 ? i >= from(start) : i <= from(start));
    const beforeStop = stop === null || (step > 0 ? i < from(stop) : i > from(stop));
    return afterStart && beforeStop;
  });
  return within.filter((_, n) => n % Math.abs(step) === 0).map((i) => items[i] as T); // an index
}

function compare(
  { op, strict }: Extract<Expr, { k: "compare" }>,
  left: Value,
  right: Value,
): Value {
  const order = compareValues(left, right);
  if (op === "==") return order === 0;
  if (op === "!=") return order !== 0;
  const type = typeName(left);
  const ordered = strict ? ["number"] : ["number", "string", "instant", "duration"];
  if (type !== typeName(right) || !ordered.includes(type)) return null;
  if (order === 0) return op === "<=" || op === ">=";
  return order < 0 === op.startsWith("<");
}

/** What an operator gives, by the types of its operands. */
const GIVES: readonly (readonly [RegExp, (result: number) => Value])[] = [
  [/^number .+ number$/, (result) => result],
  [/^duration \/\/? duration$/, (result) => result],
  [/^duration [-+%] duration$/, durationOf],
  [/^duration [*/] number$|^number \* duration$/, durationOf],
  [/^instant - instant$/, durationOf],
  [/^instant [-+] duration$|^duration \+ instant$/, instantAt],
];

function arithmetic(op: string, a: Value, b: Value): Value {
  const types = `${typeName(a)} ${op} ${typeName(b)}`;
  const gives = GIVES.find(([pattern]) => pattern.test(types));
  if (gives === undefined) throw new EvaluationError(`invalid type for ${op}`);
  return gives[1](number(op, amount(a), amount(b)));
}

function amount(value: Value): number {
  return value instanceof Instant || value instanceof Duration ? value.ms : Number(value);
}

function number(op: string, a: number, b: number): number {
  if (op === "+") return finite(a + b);
  if (op === "-") return finite(a - b);
  if (op === "*") return finite(a * b);
  if (b === 0) throw new EvaluationError("division by zero");
  if (op === "%") return a % b;
  return finite(op === "/" ? a / b : Math.floor(a / b));
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new EvaluationError("number out of range");
  return value;
}

function has(container: Value, member: Value): boolean {
  if (container === null) return false;
  if (Array.isArray(container)) return container.some((one) => compareValues(one, member) === 0);
  const [text, name] = [textOf(container), textOf(member)];
  if (text === null && !isRecord(container)) throw new EvaluationError("invalid type for has");
  if (member === null) return false;
  if (name === null) throw new EvaluationError("invalid type for has");
  return text === null ? field(container, name) !== undefined : text.includes(name);
}

function exists(path: Expr, at: At): boolean {
  if (path.k === "field") return field(at(path.of), path.name) !== undefined;
  if (path.k !== "index") return at(path) !== null;
  const list = at(path.of);
  return Array.isArray(list) && list.at(path.at) !== undefined;
}

function call(fn: FunctionName, args: readonly Expr[], at: At): Value {
  const builtin = BUILTINS[fn];
  if (builtin.kind === "plain") return builtin.call(...args.map((arg) => at(arg)));
  const reference = args[builtin.referenceAt];
  const subject = args[1 - builtin.referenceAt];
  if (FUNCTIONS[fn].max !== 2 || reference === undefined || subject === undefined) {
    throw new Error("a function of an &expr takes two arguments");
  }
  if (reference.k !== "reference") throw new EvaluationError(`invalid type for ${fn}()`);
  return builtin.call(at(subject), (element) => at(reference.body, element));
}
