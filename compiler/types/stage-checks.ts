// What stages ask of the types of their expressions.

import type { ExprNode } from "../syntax/ast.ts";
import { aNoun, describeType, labelOf } from "./describe.ts";
import { asCode, blame, nullHelp, operandText } from "./problems.ts";
import { isObjects, isOrdered, isUnknown } from "./relate.ts";
import type { Type } from "./type.ts";
import { sourceOf, type TypeEnv } from "./type-env.ts";

/** `filter` and `when`: only `true` keeps a record, so anything but a bool keeps none. */
export function checkCondition(what: string, node: ExprNode, type: Type, env: TypeEnv): void {
  if (isUnknown(type) || type.kind === "bool") return;
  const fix = asked(node, type, env);
  const help = fix === null ? "say what is asked, as `… != null`" : `did you mean ${asCode(fix)}?`;
  env.report(
    "FPL0210",
    node.span,
    `\`${what}\` keeps a record only where this is true, and ${aNoun(type)} never is`,
    blame(node, type, help, fix),
  );
}

/** The question that was meant by naming a value. */
function asked(node: ExprNode, type: Type, env: TypeEnv): string | null {
  const text = operandText(node, env);
  const inner = sourceOf(node, env);
  if (text === null || inner === null) return null;
  if (type.kind === "list") return `length(${type.nullable ? `${text} ?? \`[]\`` : inner}) > 0`;
  if (type.nullable) return `${text} != null`;
  if (type.kind === "text") return `${text} != ''`;
  if (type.kind === "number") return `${text} != 0`;
  return type.kind === "object" || type.kind === "union" ? `length(${inner}) > 0` : null;
}

/** `on:` is an instant; where it is null the record goes to dead letters. */
export function checkInstant(node: ExprNode, type: Type, env: TypeEnv): void {
  if (isUnknown(type) || type.kind === "instant") return;
  const help =
    type.kind === "text"
      ? "a string is no instant; `tid_time(rkey)` is when a record was made, by its key"
      : "as `time`, `tid_time(rkey)` or `bucket(time, 1h)`";
  const message = `\`on\` is an instant, not ${aNoun(type)}`;
  env.report("FPL0212", node.span, message, blame(node, type, help));
}

/** `by:` of `top`. */
export function checkRank(node: ExprNode, type: Type, env: TypeEnv): void {
  if (isOrdered(type)) return;
  const text = sourceOf(node, env);
  const fix = type.kind === "list" && !type.nullable && text !== null ? `length(${text})` : null;
  const help =
    fix === null
      ? "rank by a number, a string, an instant or a duration"
      : `did you mean \`${fix}\`?`;
  const message = `\`top\` ranks by something with an order, and ${aNoun(type)} has none`;
  env.report("FPL0213", node.span, message, blame(node, type, help, fix));
}

/** The new record is an object, and never null. */
export function checkRecord(node: ExprNode, type: Type, env: TypeEnv): void {
  if (type.kind === "any" || type.kind === "never") return;
  if (isObjects(type) && !type.nullable) return;
  const named = node.kind === "field" ? node.name : lastName(node);
  const text = sourceOf(node, env);
  const fix = isObjects(type) || text === null ? null : `{ ${named}: ${text} }`;
  const canBeNull = isObjects(type) || type.kind === "null";
  const message = canBeNull
    ? "`map` needs an object, and this can be null"
    : `\`map\` needs an object, not ${aNoun(type)}`;
  const why = canBeNull ? (nullHelp(node, env) ?? "leave null out before") : null;
  const help = why ?? (fix === null ? "write `map { name: … }`" : `did you mean \`${fix}\`?`);
  env.report("FPL0214", node.span, message, blame(node, type, help, fix));
}

function lastName(node: ExprNode): string {
  const last = node.kind === "path" ? node.steps.at(-1) : undefined;
  return last?.kind === "field" && !last.quoted ? last.name : "value";
}

/** The type of the elements of what is unnested. */
export function checkUnnest(node: ExprNode, type: Type, env: TypeEnv): void {
  if (isUnknown(type) || type.kind === "list") return;
  const text = sourceOf(node, env);
  const fix = text === null ? null : elementsOf(text, type);
  env.report("FPL0216", node.span, `\`unnest\` takes a list, not ${describeType(type)}`, {
    label: labelOf(type),
    ...(fix === null
      ? {}
      : { help: `did you mean \`${fix}\`?`, fix: { span: node.span, text: fix } }),
  });
}

/** A list that was perhaps meant: the words of a string, the values of an object, or the value alone. */
function elementsOf(text: string, type: Type): string | null {
  if (type.nullable) return null;
  if (type.kind === "text") return `split(${text}, ' ')`;
  return isObjects(type) ? `values(${text})` : `[${text}]`;
}
