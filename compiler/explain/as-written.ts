// The logical plan: the stages of a pipeline as they are written, with the type of what leaves each.

import type { ArmNode, ItemNode, PipelineNode, Span } from "../syntax/ast.ts";
import { lex } from "../syntax/lexer.ts";
import { parse } from "../syntax/parser.ts";
import type { PipelineTypes } from "../types/check.ts";
import { describeFields, describeType } from "../types/describe.ts";
import type { ObjectType, Type } from "../types/type.ts";

export type WrittenStage = {
  /** On one line, without comments. */
  readonly text: string;
  /** Branches it stands in, twice: an arm and the stages of the arm. */
  readonly depth: number;
  /** Of the records behind it; null where nothing goes on. */
  readonly type: string | null;
  /** What of the type the stage before had not; null when it is the same. */
  readonly change: string | null;
};

type Row = {
  readonly span: Span;
  readonly text: string;
  readonly depth: number;
  readonly type: Type | null;
};

/** The source and the stages of a pipeline of `text`, which compiled to `types`. */
export function stagesAsWritten(text: string, types: PipelineTypes): WrittenStage[] {
  const rows = rowsOf(text, types).sort((a, b) => a.span.start - b.span.start);
  // What goes into a stage is what left the last one at its depth, or else the branch around it.
  const last: (Type | undefined)[] = [];
  return rows.map(({ text: line, depth, type }) => {
    if (type === null) return { text: line, depth, type, change: null };
    last.length = Math.min(last.length, depth + 1);
    const before = last.findLast((one) => one !== undefined) ?? null;
    last[depth] = type;
    return { text: line, depth, type: typeText(type), change: changeText(before, type) };
  });
}

function rowsOf(text: string, types: PipelineTypes): Row[] {
  const node = parse(text, () => {}).items.find((item) => isPipeline(item, types.pipeline));
  const arms = types.stages.flatMap(({ stage }) => (stage.kind === "branch" ? stage.arms : []));
  const depthOf = (span: Span) => arms.filter((arm) => isInside(span, arm.span)).length * 2;
  const stages = types.stages.map(({ stage, type }): Row => {
    const { span } = stage;
    const depth = depthOf(span);
    if (stage.kind === "branch") return { span, text: "|> branch", depth, type: null };
    if (stage.kind === "drop") return { span, text: "drop", depth, type: null };
    return { span, text: `|> ${oneLine(text, span)}`, depth, type };
  });
  const heads = arms.map((arm): Row => {
    return { span: arm.span, text: armText(text, arm), depth: depthOf(arm.span) + 1, type: null };
  });
  const span = node?.source?.span ?? { start: 0, end: 0 };
  const source = { span, text: `from ${oneLine(text, span)}`, depth: 0, type: types.source };
  return [source, ...stages, ...heads];
}

function isPipeline(item: ItemNode, name: string): item is PipelineNode {
  return item.kind === "pipeline" && item.name.name === name;
}

function armText(text: string, { when }: ArmNode): string {
  return when === null ? "else" : `when ${oneLine(text, when.span)}`;
}

/** The tokens of a part of the text, one space where there is any room between them. */
function oneLine(text: string, { start, end }: Span): string {
  let line = "";
  let at = 0;
  for (const { image, startOffset } of lex(text.slice(start, end), "fpl", () => {}).tokens) {
    line += startOffset > at && line !== "" ? ` ${image}` : image;
    at = startOffset + image.length;
  }
  return line;
}

/** Strictly: an arm is not inside itself. */
function isInside(inner: Span, outer: Span): boolean {
  return outer.start < inner.start && inner.end <= outer.end;
}

/** `{…, tag: string}` when fields were only added or changed, else the whole type. */
function changeText(before: Type | null, after: Type): string | null {
  if (before === null || typeText(before) === typeText(after)) {
    return before === null ? typeText(after) : null;
  }
  if (before.kind !== "object" || after.kind !== "object") return typeText(after);
  const kept = [...before.fields.keys()].every((name) => after.fields.has(name));
  return kept ? addedText(before, after) : typeText(after);
}

function addedText(before: ObjectType, after: ObjectType): string {
  const changed = [...after.fields].filter(([name, type]) => {
    const old = before.fields.get(name);
    return old === undefined || describeType(old) !== describeType(type);
  });
  return `{…, ${changed.map(([name, type]) => `${name}: ${describeType(type)}`).join(", ")}}`;
}

function typeText(type: Type): string {
  return type.kind === "object" ? describeFields(type) : describeType(type);
}
