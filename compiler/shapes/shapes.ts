// placeholder
import type { Report } from "../diagnostics/diagnostic.ts";
import type { Scope } from "../resolve/scope.ts";
import type { ProgramNode, StageNode } from "../syntax/ast.ts";
import type { Shape } from "./shape.ts";
export function checkShapes(_p: ProgramNode, _s: Scope, _r: Report): Map<StageNode, Shape> {
  return new Map();
}
