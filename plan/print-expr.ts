// Expressions back to text that reads like the source: for `explain` and messages.

import type { Expr, Json } from "./expr.ts";

/** Binding strength, as in the language; what binds looser gets parentheses. */
const LOOSEST = 0;
const PIPE = 1;
const COND = 2;
const OR = 3;
const AND = 4;
const COMPARE = 5;
const COALESCE = 6;
const SUM = 7;
const PRODUCT = 8;
const UNARY = 9;
const POSTFIX = 10;

/** `expr` in the syntax of the language. */
export function printExpr(expr: Expr): string {
  return print(expr, LOOSEST);
}

/** Text of `expr` as an operand of something of strength `around`. */
function print(expr: Expr, around: number): string {
  const [text, strength] = printed(expr);
  return strength < around ? `(${text})` : text;
}

function printed(expr: Expr): [text: string, strength: number] {
  switch (expr.k) {
    case "literal":
      return [printLiteral(expr.value), POSTFIX];
    case "instant":
      return [printInstant(expr.ms), POSTFIX];
    case "duration":
      return expr.ms < 0
        ? [`-${printDuration(-expr.ms)}`, UNARY]
        : [printDuration(expr.ms), POSTFIX];
    case "regex":
      return [`r${quote(expr.source)}`, POSTFIX];
    case "current":
      return ["@", POSTFIX];
    case "root":
      return ["$", POSTFIX];
    case "variable":
      return [`$${expr.name}`, POSTFIX];
    case "field":
      return [after(expr.of, fieldName(expr.name)), POSTFIX];
    case "index":
      return [`${prefix(expr.of)}[${expr.at}]`, POSTFIX];
    case "slice":
    case "project":
    case "values":
    case "flatten":
    case "select":
      return [printProjection(expr), POSTFIX];
    case "pipe":
      return expr.nullStops
        ? [`${prefix(expr.left)}.${print(expr.right, POSTFIX)}`, POSTFIX]
        : [infix("|", PIPE, expr.left, expr.right), PIPE];
    case "list":
      return [`[${expr.items.map(printExpr).join(", ")}]`, POSTFIX];
    case "object":
      return [`{ ${expr.entries.map(printEntry).join(", ")} }`, POSTFIX];
    case "and":
    case "or":
    case "coalesce":
    case "compare":
    case "arithmetic":
    case "has":
      return printBinary(expr);
    case "not":
      return [`!${print(expr.of, UNARY)}`, UNARY];
    case "cond": {
      const branches = `${print(expr.then, COND + 1)} : ${print(expr.else, COND)}`;
      return [`${print(expr.test, COND + 1)} ? ${branches}`, COND];
    }
    case "negate":
      return [`-${print(expr.of, UNARY)}`, UNARY];
    case "matches":
      return [`${print(expr.left, COMPARE)} matches r${quote(expr.source)}`, COMPARE];
    case "exists":
      return [`exists(${printExpr(expr.path)})`, POSTFIX];
    case "call":
      return [`${expr.fn}(${expr.args.map(printExpr).join(", ")})`, POSTFIX];
    case "reference":
      return [`&${printExpr(expr.body)}`, LOOSEST];
    case "let": {
      const bindings = expr.bindings.map(({ name, value }) => `$${name} = ${printExpr(value)}`);
      return [`let ${bindings.join(", ")} in ${printExpr(expr.body)}`, LOOSEST];
    }
  }
}

type Projection = Extract<Expr, { each: Expr }>;

function printProjection(expr: Projection): string {
  switch (expr.k) {
    case "slice": {
      const step = expr.step === 1 ? "" : `:${expr.step}`;
      return `${prefix(expr.of)}[${expr.start ?? ""}:${expr.stop ?? ""}${step}]${each(expr.each)}`;
    }
    case "project":
      return `${prefix(expr.of)}[*]${each(expr.each)}`;
    case "values":
      return `${after(expr.of, "*")}${each(expr.each)}`;
    case "flatten":
      return `${flattened(expr.of)}[]${each(expr.each)}`;
    case "select":
      return `${prefix(expr.of)}[?${printExpr(expr.cond)}]${each(expr.each)}`;
  }
}

type Binary = Extract<Expr, { k: "and" | "or" | "coalesce" | "compare" | "arithmetic" | "has" }>;

function printBinary(expr: Binary): [text: string, strength: number] {
  const [op, strength] = operatorOf(expr);
  return [infix(op, strength, expr.left, expr.right), strength];
}

function operatorOf(expr: Binary): [op: string, strength: number] {
  switch (expr.k) {
    case "and":
      return ["&&", AND];
    case "or":
      return ["||", OR];
    case "coalesce":
      return ["??", COALESCE];
    case "has":
      return ["has", COMPARE];
    case "compare":
      return [expr.op, COMPARE];
    case "arithmetic":
      return [expr.op, expr.op === "+" || expr.op === "-" ? SUM : PRODUCT];
  }
}

/** Operators associate to the left: an equal one on the right needs parentheses. */
function infix(op: string, strength: number, left: Expr, right: Expr): string {
  return `${print(left, strength)} ${op} ${print(right, strength + 1)}`;
}

function printEntry({ name, value }: { readonly name: string; readonly value: Expr }): string {
  const text = printExpr(value);
  return text === name ? name : `${fieldName(name)}: ${text}`;
}

/** `of.name`, or `name` alone when it is of the record itself. */
function after(of: Expr, name: string): string {
  return of.k === "current" ? name : `${prefix(of)}.${name}`;
}

/** What a bracket stands behind; nothing when it is the record itself. */
function prefix(of: Expr): string {
  if (of.k === "current") return "";
  const text = print(of, POSTFIX);
  return projects(of) ? `(${text})` : text;
}

/** Projections stop at a flatten: no parentheses. */
function flattened(of: Expr): string {
  return of.k === "current" ? "" : print(of, POSTFIX);
}

/** A projection would take in what follows, so it is closed off with parentheses. */
function projects(expr: Expr): boolean {
  if (expr.k === "field" || expr.k === "index") return projects(expr.of);
  return PROJECTIONS.has(expr.k);
}

const PROJECTIONS = new Set<Expr["k"]>(["slice", "project", "values", "flatten", "select"]);

/** What stands behind a projection. */
function each(expr: Expr): string {
  if (expr.k === "current") return "";
  const text = print(expr, POSTFIX);
  return text.startsWith("[") || text.startsWith("(") ? text : `.${text}`;
}

function fieldName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name);
}

function printLiteral(value: Json): string {
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object" || value === null) return String(value);
  return `\`${JSON.stringify(value).replaceAll("`", "\\`")}\``;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "\\'")}'`;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** The shortest whole way to write `ms` milliseconds: `90s`, `5m`, `250ms`. */
export function printDuration(ms: number): string {
  const unit = UNITS.find(([, size]) => ms !== 0 && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

export function printInstant(ms: number): string {
  return `t'${new Date(ms).toISOString()}'`;
}
