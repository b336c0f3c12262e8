// Expressions as data: what the compiler lowers to and the runtime compiles to closures.

/** JSON as a TypeScript type. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Comparison operators. */
export type CompareOp = "==" | "!=" | "<" | "<=" | ">" | ">=";
/** Arithmetic operators; `//` is floor division (JMESPath community edition). */
export type ArithmeticOp = "+" | "-" | "*" | "/" | "//" | "%";

/**
 * One expression. Semantics are JMESPath community edition unless a node says otherwise; params,
 * constants and `fn` are already inlined, so the only variables are those of `let … in`.
 */
export type Expr =
  | { readonly k: "literal"; readonly value: Json }
  | { readonly k: "instant"; readonly ms: number }
  | { readonly k: "duration"; readonly ms: number }
  /** RE2 source, without anchors added. Only as the second operand of `matches` and in regex functions. */
  | { readonly k: "regex"; readonly source: string }
  /** `@` */
  | { readonly k: "current" }
  /** `$`: the record the whole expression is applied to. */
  | { readonly k: "root" }
  | { readonly k: "variable"; readonly name: string }
  | { readonly k: "field"; readonly of: Expr; readonly name: string }
  /** Negative counts from the end; null outside. */
  | { readonly k: "index"; readonly of: Expr; readonly at: number }
  /** Of a list: a projection, `each` applied to every element. Of a string: code points, `each` applied to the part. */
  | {
      readonly k: "slice";
      readonly of: Expr;
      readonly start: number | null;
      readonly stop: number | null;
      readonly step: number;
      readonly each: Expr;
    }
  /** `[*]`: `each` of every element with `@` bound to it, nulls left out; null unless `of` is a list. */
  | { readonly k: "project"; readonly of: Expr; readonly each: Expr }
  /** `.*`: the same over the values of an object. */
  | { readonly k: "values"; readonly of: Expr; readonly each: Expr }
  /** `[]`: one level flattened, then projected. */
  | { readonly k: "flatten"; readonly of: Expr; readonly each: Expr }
  /** `[?cond]` */
  | { readonly k: "select"; readonly of: Expr; readonly cond: Expr; readonly each: Expr }
  /** `a | b`, and `a.[x]`, `a.{x: …}`, `a.f(@)`: `right` with `@` bound to the value of `left`. */
  | {
      readonly k: "pipe";
      readonly left: Expr;
      readonly right: Expr;
      /** True for the sub-expression forms, which give null when `left` is null. */
      readonly nullStops: boolean;
    }
  | { readonly k: "list"; readonly items: readonly Expr[] }
  | {
      readonly k: "object";
      readonly entries: readonly { readonly name: string; readonly value: Expr }[];
    }
  | { readonly k: "and"; readonly left: Expr; readonly right: Expr }
  | { readonly k: "or"; readonly left: Expr; readonly right: Expr }
  | { readonly k: "not"; readonly of: Expr }
  /** `c ? x : y` by JMESPath truth (false, null, '', [] and {} are false). */
  | { readonly k: "cond"; readonly test: Expr; readonly then: Expr; readonly else: Expr }
  /** `a ?? b`: `b` only where `a` is null. */
  | { readonly k: "coalesce"; readonly left: Expr; readonly right: Expr }
  /**
   * Equality is deep. Order: numbers; strings by code point; instants; durations; anything else null.
   * `strict`: JMESPath's own rule, where only numbers have an order.
   */
  | {
      readonly k: "compare";
      readonly op: CompareOp;
      readonly left: Expr;
      readonly right: Expr;
      readonly strict: boolean;
    }
  | {
      readonly k: "arithmetic";
      readonly op: ArithmeticOp;
      readonly left: Expr;
      readonly right: Expr;
    }
  | { readonly k: "negate"; readonly of: Expr }
  /** `x has y`: element of a list, substring of a string, key of an object; false on null. */
  | { readonly k: "has"; readonly left: Expr; readonly right: Expr }
  /** `x matches r'…'`: unanchored; false on null. */
  | { readonly k: "matches"; readonly left: Expr; readonly source: string }
  /** `exists(path)`: whether the last field of `path` is there, even if null. */
  | { readonly k: "exists"; readonly path: Expr }
  | { readonly k: "call"; readonly fn: string; readonly args: readonly Expr[] }
  /** `&expr` as an argument. */
  | { readonly k: "reference"; readonly body: Expr }
  | {
      readonly k: "let";
      readonly bindings: readonly { readonly name: string; readonly value: Expr }[];
      readonly body: Expr;
    };

/** Deepest nesting of an expression; one deeper is FPL0190. */
export const EXPR_DEPTH_MAX = 200;
