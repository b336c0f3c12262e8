// What the names of a file mean: params, constants and functions, its own and the imported ones.

import type { Expr, Json } from "../../plan/expr.ts";
import type { ExprNode } from "../syntax/ast.ts";

export type FnDef = {
  readonly name: string;
  readonly params: readonly string[];
  readonly body: ExprNode;
  /** The names of the file the function was written in. */
  readonly scope: Scope;
};

export type Scope = {
  /** Values of `$name`. */
  readonly variables: Map<string, Expr>;
  readonly functions: Map<string, FnDef>;
  /** Names whose declaration or import failed: already reported, uses stay quiet. */
  readonly broken: Set<string>;
  /** The values of the params, for display. */
  readonly params: Map<string, Json>;
};

export function emptyScope(): Scope {
  return { variables: new Map(), functions: new Map(), broken: new Set(), params: new Map() };
}
