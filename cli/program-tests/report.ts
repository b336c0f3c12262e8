// The outcome of tests as people read it: a line a test, and below a failed one what was expected and what
// there was.

import type { NumberOf } from "../../compiler/program-tests/program-test.ts";
import type { Json } from "../../plan/expr.ts";
import type { Paint } from "../terminal/paint.ts";
import { plural } from "../terminal/units.ts";
import { differences } from "./match.ts";
import type { Failure } from "./run-test.ts";

/** Records shown of a topic; the rest are counted. */
const RECORDS_SHOWN_MAX = 10;

/** One failure, without its place. Ends in a newline. */
export function failureText(failure: Failure, paint: Paint): string {
  return detail(failure, paint)
    .map((line) => `    ${line}\n`)
    .join("");
}

/** What a failure says in one line. */
export function failureMessage(failure: Failure): string {
  switch (failure.kind) {
    case "records": {
      const { topic, expected, actual } = failure;
      return expected.length === actual.length
        ? `the records of '${topic}' differ`
        : `'${topic}' has ${plural(actual.length, "record")}, expected ${expected.length}`;
    }
    case "member": {
      const { topic, present, actual } = failure;
      return present
        ? `none of the ${plural(actual.length, "record")} of '${topic}' has these fields`
        : `'${topic}' has a record with these fields, expected none`;
    }
    case "number":
      return `${numberText(failure.of)} is ${failure.actual}, expected ${failure.op} ${failure.expected}`;
    case "problem":
      return failure.message;
  }
}

function detail(failure: Failure, paint: Paint): string[] {
  const head = failureMessage(failure);
  switch (failure.kind) {
    case "records":
      return [head, ...recordLines(failure.expected, failure.actual, paint)];
    case "member":
      return [
        head,
        paint.red(`- ${jsonText(failure.expected)}`),
        ...nearestFirst(failure.expected, failure.actual)
          .slice(0, RECORDS_SHOWN_MAX)
          .map((one) => paint.green(`+ ${jsonText(one)}`)),
      ];
    case "number":
    case "problem":
      return [head];
  }
}

/** Record by record, and of two that differ field by field. */
function recordLines(expected: readonly Json[], actual: readonly Json[], paint: Paint): string[] {
  const count = Math.max(expected.length, actual.length);
  const blocks = Array.from({ length: count }, (_, i) => {
    const [wanted, found] = [expected[i], actual[i]];
    if (found === undefined) return [paint.red(`- [${i}] ${jsonText(wanted ?? null)}`)];
    if (wanted === undefined) return [paint.green(`+ [${i}] ${jsonText(found)}`)];
    return fieldLines(i, wanted, found, paint);
  });
  const lines = blocks.slice(0, RECORDS_SHOWN_MAX).flat();
  const more = count - RECORDS_SHOWN_MAX;
  const legend = paint.dim("- expected  + actual");
  return [legend, ...lines, ...(more > 0 ? [paint.dim(`… ${plural(more, "record")} more`)] : [])];
}

function fieldLines(index: number, wanted: Json, found: Json, paint: Paint): string[] {
  const all = differences(wanted, found);
  if (all.length === 0) return [paint.dim(`  [${index}] ${jsonText(found)}`)];
  const lines = all.flatMap(({ path, expected, actual }) => {
    const name = path === "" ? "" : `${path}: `;
    return [
      paint.red(`-     ${name}${jsonText(expected)}`),
      paint.green(`+     ${name}${jsonText(actual)}`),
    ];
  });
  return [`  [${index}] ${jsonText(found)}`, ...lines];
}

/** Those that differ least stand first. */
function nearestFirst(expected: Json, actual: readonly Json[]): Json[] {
  const scored = actual.map((one) => ({ one, score: differences(expected, one).length }));
  return scored.sort((a, b) => a.score - b.score).map(({ one }) => one);
}

function numberText(of: NumberOf): string {
  return of.kind === "counter" ? of.counter : `length('${of.topic}')`;
}

/** As the language writes it, nearly: names without quotes where they need none. */
function jsonText(value: Json): string {
  if (typeof value === "string") return `'${value.replaceAll("'", "\\'")}'`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(", ")}]`;
  const fields = Object.entries(value).map(([name, one]) => `${nameText(name)}: ${jsonText(one)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function nameText(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}
