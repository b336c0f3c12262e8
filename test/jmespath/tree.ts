// JMESPath expressions as trees, so that a disagreement about one can be traced to the part that makes it.

import type { Json } from "../../plan/expr.ts";

export type BinaryOp =
  | "|"
  | "||"
  | "&&"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "+"
  | "-"
  | "*"
  | "/"
  | "//"
  | "%";

export type Tree =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "current" }
  | { readonly kind: "root" }
  | { readonly kind: "variable"; readonly name: string }
  /** `` `json` `` */
  | { readonly kind: "literal"; readonly value: Json }
  /** `'text'` */
  | { readonly kind: "text"; readonly value: string }
  /** Without a base it begins with `[…]` or `*`. */
  | { readonly kind: "path"; readonly base: Tree | null; readonly steps: readonly Step[] }
  | {
      readonly kind: "binary";
      readonly op: BinaryOp;
      readonly left: Tree;
      readonly right: Tree;
    }
  | { readonly kind: "unary"; readonly op: "!" | "-"; readonly of: Tree }
  | { readonly kind: "list"; readonly items: readonly Tree[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Tree])[] }
  | { readonly kind: "call"; readonly fn: string; readonly args: readonly Tree[] }
  | { readonly kind: "reference"; readonly body: Tree }
  | { readonly kind: "let"; readonly name: string; readonly value: Tree; readonly body: Tree };

export type Step =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "index"; readonly at: number }
  | { readonly kind: "slice"; readonly bounds: readonly (number | null)[] }
  | { readonly kind: "project" }
  | { readonly kind: "values" }
  | { readonly kind: "flatten" }
  | { readonly kind: "select"; readonly cond: Tree }
  /** `.[a, b]`, `.{a: b}`, `.f(a)` */
  | { readonly kind: "sub"; readonly expr: Tree };

/** What stands for `$` and the variables that are bound outside of a part: their values, as literals. */
export type Surroundings = {
  readonly root: Json | undefined;
  readonly variables: ReadonlyMap<string, Json>;
};

export const NOWHERE: Surroundings = { root: undefined, variables: new Map() };

const STRENGTH: Readonly<Record<BinaryOp, number>> = {
  "|": 1,
  "||": 2,
  "&&": 3,
  "==": 4,
  "!=": 4,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  "+": 5,
  "-": 5,
  "*": 6,
  "/": 6,
  "//": 6,
  "%": 6,
};
const UNARY = 7;
const POSTFIX = 8;

/** The expression as it is written, with as few parentheses as our precedence allows. */
export function print(tree: Tree, around: Surroundings = NOWHERE): string {
  const inner = (one: Tree) => print(one, around);
  switch (tree.kind) {
    case "field":
      return printName(tree.name);
    case "current":
      return "@";
    case "root":
      return around.root === undefined ? "$" : printValue(around.root);
    case "variable": {
      const value = around.variables.get(tree.name);
      return value === undefined ? `$${tree.name}` : printValue(value);
    }
    case "literal":
      return printLiteral(tree.value);
    case "text":
      return `'${tree.value.replaceAll("'", "\\'")}'`;
    case "path": {
      const base = tree.base === null ? "" : printBase(tree.base, around);
      const steps = tree.steps.map((step) => printStep(step, around)).join("");
      return base === "" && steps.startsWith(".") ? steps.slice(1) : base + steps;
    }
    case "binary": {
      const own = STRENGTH[tree.op];
      const [left, right] = [within(tree.left, own, around), within(tree.right, own + 1, around)];
      return `${left} ${tree.op} ${right}`;
    }
    case "unary":
      return tree.op + within(tree.of, UNARY, around);
    case "list":
      return `[${tree.items.map(inner).join(", ")}]`;
    case "object":
      return `{${tree.entries.map(([name, value]) => `${printName(name)}: ${inner(value)}`).join(", ")}}`;
    case "call":
      return `${tree.fn}(${tree.args.map(inner).join(", ")})`;
    case "reference":
      return `&${within(tree.body, POSTFIX, around)}`;
    case "let": {
      const variables = new Map(around.variables);
      variables.delete(tree.name);
      const body = print(tree.body, { ...around, variables });
      return `let $${tree.name} = ${inner(tree.value)} in ${body}`;
    }
  }
}

function within(tree: Tree, strength: number, around: Surroundings): string {
  const text = print(tree, around);
  return strengthOf(tree) < strength ? `(${text})` : text;
}

function strengthOf(tree: Tree): number {
  switch (tree.kind) {
    case "binary":
      return STRENGTH[tree.op];
    case "unary":
      return UNARY;
    case "let":
    case "reference":
      return 0;
    case "field":
    case "current":
    case "root":
    case "variable":
    case "literal":
    case "text":
    case "path":
    case "list":
    case "object":
    case "call":
      return POSTFIX;
  }
}

/** A path in parentheses is a base whose projections have stopped. */
function printBase(tree: Tree, around: Surroundings): string {
  const text = print(tree, around);
  return tree.kind === "path" || strengthOf(tree) < POSTFIX ? `(${text})` : text;
}

function printStep(step: Step, around: Surroundings): string {
  switch (step.kind) {
    case "name":
      return `.${printName(step.name)}`;
    case "index":
      return `[${step.at}]`;
    case "slice":
      return `[${step.bounds.map((bound) => bound ?? "").join(":")}]`;
    case "project":
      return "[*]";
    case "values":
      return ".*";
    case "flatten":
      return "[]";
    case "select":
      return `[?${print(step.cond, around)}]`;
    case "sub":
      return `.${print(step.expr, around)}`;
  }
}

function printName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

function printLiteral(value: Json): string {
  return `\`${JSON.stringify(value).replaceAll("`", "\\`")}\``;
}

/** A literal that needs no escape of a backtick: peers are not at one about those. */
function printValue(value: Json): string {
  return `\`${JSON.stringify(value).replaceAll("`", "\\u0060")}\``;
}
