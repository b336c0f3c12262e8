// What inferring the type of an expression needs to know about its surroundings.

import type { Expr, Json } from "../../plan/expr.ts";
import type { Report } from "../diagnostics/diagnostic.ts";
import type { FnDef, Scope } from "../resolve/scope.ts";
import type { CallShape, ExprNode, Span } from "../syntax/ast.ts";
import { joinAll } from "./relate.ts";
import {
  ANY,
  BOOL,
  DURATION,
  INSTANT,
  INT,
  list,
  NULL_TYPE,
  NUMBER,
  object,
  REGEX,
  type Type,
  text,
} from "./type.ts";

/** Nodes looked at for one expression, functions put in place; what is over is `any`. */
const NODES_MAX = 20_000;

export type TypeEnv = {
  readonly scope: Scope;
  readonly report: Report;
  /** The text that spans are offsets into; null where that is another file's. */
  readonly source: string | null;
  /** Takes the fields that turn out to be the `duration` of a window. */
  readonly durations: Set<FieldName>;
  /** The type of `$`, and of `@` where `atRoot`. */
  readonly root: Type;
  readonly current: Type;
  readonly atRoot: boolean;
  /** Parameters of the function whose body this is. */
  readonly locals: ReadonlyMap<string, Local>;
  /** `$name`s bound by `let … in`. */
  readonly lets: ReadonlyMap<string, Type>;
  /** Functions being looked into, outermost first. */
  readonly calls: readonly FnDef[];
  readonly budget: { nodesLeft: number };
  /** In an entry of `reduce`: the type of an aggregate, and bare names are those of keys. */
  readonly aggregate: ((call: CallShape) => Type) | null;
};

/** A field as written. */
export type FieldName = { readonly name: string; readonly quoted: boolean; readonly span: Span };

/** What all expressions of a file have in common. */
export type FileEnv = Pick<TypeEnv, "scope" | "report" | "source" | "durations">;

/** A parameter: the type of its argument, and the path of the caller that this stands for. */
export type Local = { readonly type: Type; readonly path: Path | null };

/** A path of plain fields, and what it begins at. */
export type Path = { readonly base: PathBase; readonly names: readonly string[] };
export type PathBase =
  | { readonly kind: "current" | "root" }
  | { readonly kind: "local" | "variable"; readonly name: string };

export type Infer = (node: ExprNode, env: TypeEnv) => Type;

/** The surroundings of an expression of a stage whose records are of type `record`. */
export function stageEnv(record: Type, { scope, report, source, durations }: FileEnv): TypeEnv {
  return {
    scope,
    report,
    source,
    durations,
    root: record,
    current: record,
    atRoot: true,
    locals: new Map(),
    lets: new Map(),
    calls: [],
    budget: { nodesLeft: NODES_MAX },
    aggregate: null,
  };
}

/** Where `@` is an element or another value than the record. */
export function within(env: TypeEnv, current: Type): TypeEnv {
  return { ...env, current, atRoot: false, aggregate: null };
}

/** Without diagnostics: for looking at what is looked at again. */
export function quiet(env: TypeEnv): TypeEnv {
  return { ...env, report: () => undefined };
}

/** The source text of `node`; null where it is in another file. */
export function sourceOf(node: { readonly span: Span }, env: TypeEnv): string | null {
  return env.source?.slice(node.span.start, node.span.end) ?? null;
}

/** The type of JSON. */
export function jsonType(value: Json): Type {
  if (value === null) return NULL_TYPE;
  if (typeof value === "string") return text("string", [value]);
  if (typeof value === "number") return Number.isInteger(value) ? INT : NUMBER;
  if (typeof value === "boolean") return BOOL;
  if (Array.isArray(value)) return list(joinAll(value.map(jsonType)));
  return object(Object.entries(value).map(([name, field]) => [name, jsonType(field)] as const));
}

/** The type of a constant or param, as `resolve` declares it. */
export function constantType(expr: Expr): Type {
  if (expr.k === "literal") return jsonType(expr.value);
  if (expr.k === "instant") return INSTANT;
  if (expr.k === "duration") return DURATION;
  return expr.k === "regex" ? REGEX : ANY;
}
