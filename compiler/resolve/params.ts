// Params: declared types, defaults, and overrides given as text.

import type { Expr, Json } from "../../plan/expr.ts";
import { printDuration } from "../../plan/print-expr.ts";
import type { Report } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { type Constant, constantExpr, constantOf } from "../lower/constant.ts";
import { newEnv } from "../lower/env.ts";
import { lowerExpr } from "../lower/expr.ts";
import type { ParamNode } from "../syntax/ast.ts";
import { parseDuration, parseInstant } from "../syntax/literals.ts";
import type { Scope } from "./scope.ts";

const PARAM_TYPES = ["string", "int", "number", "bool", "duration", "instant"] as const;
type ParamType = (typeof PARAM_TYPES)[number];

/** Reads override texts; each is asked for by the name of its param. */
export type Overrides = ReadonlyMap<string, string>;

/** Declares `param` in `scope` with its override or default. */
export function declareParam(
  param: ParamNode,
  overrides: Overrides,
  scope: Scope,
  report: Report,
): void {
  const type = PARAM_TYPES.find((one) => one === param.type.name);
  if (type === undefined) {
    const hint = didYouMean(param.type.name, PARAM_TYPES);
    report("FPL0308", param.type.span, `unknown param type \`${param.type.name}\`${hint}`, {
      help: `types are ${PARAM_TYPES.map((one) => `\`${one}\``).join(", ")}`,
    });
  }
  const value = type === undefined ? null : paramValue(param, type, overrides, scope, report);
  scope.variables.set(param.name.name, value === null ? placeholder(type) : constantExpr(value));
  if (value !== null) scope.params.set(param.name.name, displayed(value));
}

function paramValue(
  param: ParamNode,
  type: ParamType,
  overrides: Overrides,
  scope: Scope,
  report: Report,
): Constant | null {
  const name = param.name.name;
  const fallback = param.value === null ? null : defaultValue(param, type, scope, report);
  const text = overrides.get(name);
  if (text === undefined) {
    if (param.value === null) {
      const help = `give it with \`--param ${name}=…\` or write a default after \`=\``;
      report("FPL0310", param.name.span, `param \`${name}\` has no value`, { help });
    }
    return fallback;
  }
  const value = parseOverride(text, type);
  if (value === null) {
    const message = `param \`${name}\` is of type ${type}, and \`${text}\` is none`;
    report("FPL0309", param.name.span, message, { help: EXAMPLES[type] });
  }
  return value;
}

const EXAMPLES: Readonly<Record<ParamType, string>> = {
  string: "any text",
  int: "a whole number, as 20",
  number: "a number, as 0.5",
  bool: "true or false",
  duration: "a duration, as 90s, 5m, 1h or 2d",
  instant: "an RFC 3339 time, as 2026-07-04T00:00:00Z",
};

function defaultValue(
  param: ParamNode,
  type: ParamType,
  scope: Scope,
  report: Report,
): Constant | null {
  const node = param.value;
  if (node === null || node.kind === "error") return null;
  const value = constantOf(lowerExpr(node, newEnv(scope, report)));
  if (value === null) {
    report("FPL0311", node.span, "the default of a param is a constant");
    return null;
  }
  if (hasType(value, type)) return value;
  report(
    "FPL0202",
    node.span,
    `param \`${param.name.name}\` is of type ${type}, its default is not`,
  );
  return null;
}

function hasType(value: Constant, type: ParamType): boolean {
  if (type === "duration" || type === "instant") return value.kind === type;
  if (value.kind !== "json") return false;
  if (type === "int") return Number.isSafeInteger(value.value);
  if (type === "number") return typeof value.value === "number";
  if (type === "bool") return typeof value.value === "boolean";
  return typeof value.value === "string";
}

/** An override's text as a value of `type`; null when it is malformed. */
function parseOverride(text: string, type: ParamType): Constant | null {
  switch (type) {
    case "string":
      return { kind: "json", value: text };
    case "int":
      return jsonIf(/^-?\d+$/.test(text) && Number.isSafeInteger(Number(text)), Number(text));
    case "number":
      return jsonIf(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text), Number(text));
    case "bool":
      return jsonIf(text === "true" || text === "false", text === "true");
    case "duration": {
      const ms = parseDuration(text);
      return ms === null ? null : { kind: "duration", ms };
    }
    case "instant": {
      const ms = parseInstant(text);
      return ms === null ? null : { kind: "instant", ms };
    }
  }
}

function jsonIf(valid: boolean, value: Json): Constant | null {
  return valid ? { kind: "json", value } : null;
}

/** A value of the right kind for a param whose own is missing: keeps later passes quiet about it. */
function placeholder(type: ParamType | undefined): Expr {
  if (type === "duration" || type === "instant") return { k: type, ms: 60_000 };
  if (type === "string") return { k: "literal", value: "placeholder" };
  if (type === "bool") return { k: "literal", value: false };
  return { k: "literal", value: 1 };
}

/** As `explain` shows it: instants in RFC 3339, durations as `90s`. */
function displayed(value: Constant): Json {
  if (value.kind === "json") return value.value;
  return value.kind === "instant" ? new Date(value.ms).toISOString() : printDuration(value.ms);
}
