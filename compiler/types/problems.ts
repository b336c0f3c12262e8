// Helpers to report on types: how a source text is put into another expression, and common sentences.

import type { Extra } from "../diagnostics/diagnostic.ts";
import type { ExprNode } from "../syntax/ast.ts";
import { labelOf } from "./describe.ts";
import type { Type } from "./type.ts";
import { sourceOf, type TypeEnv } from "./type-env.ts";

/** The text of `node` as an operand: in parentheses where it is not one word. */
export function operandText(node: ExprNode, env: TypeEnv): string | null {
  const text = sourceOf(node, env);
  if (text === null) return null;
  const simple = ["field", "path", "call", "literal", "variable", "current", "root", "list"];
  const whole = [...simple, "object", "duration", "instant"].includes(node.kind);
  return whole ? text : `(${text})`;
}

/** A label with the type of `node`, and help; `fix` replaces the node's text. */
export function blame(node: ExprNode, type: Type, help: string, fix: string | null = null): Extra {
  const label = { label: labelOf(type), help };
  return fix === null ? label : { ...label, fix: { span: node.span, text: fix } };
}

/** A value to write behind `??` where one of `type` may be null. */
export function standIn(type: Type): string | null {
  switch (type.kind) {
    case "text":
      return "''";
    case "number":
      return "0";
    case "duration":
      return "0ms";
    case "bool":
      return "false";
    case "list":
      return "`[]`";
    case "object":
    case "union":
      return "`{}`";
    case "any":
    case "never":
    case "null":
    case "instant":
    case "bytes":
    case "reference":
    case "regex":
      return null;
  }
}

/** `text` as code in a sentence. */
export function asCode(text: string): string {
  return text.includes("`") ? text : `\`${text}\``;
}

/** What may be done, in one line; null for what does not apply. */
export function alternatives(...ways: readonly (string | null)[]): string {
  return ways.filter((way) => way !== null).join("; or ");
}

/** Whether `node` reads `record` of an event that may be a delete: then the cause is worth a word. */
export function nullHelp(node: ExprNode, env: TypeEnv): string | null {
  const name = node.kind === "path" ? node.base : node;
  if (name.kind !== "field" || name.name !== "record" || env.locals.has("record")) return null;
  const { current } = env;
  const isEvent = current.kind === "object" && current.event !== null;
  const record = isEvent ? current.fields.get("record") : undefined;
  if (record === undefined || !record.nullable || record.kind === "any") return null;
  return "`record` is null on delete: put `filter op != 'delete'` before";
}
