// The values of literal tokens. A bad literal is reported and stands as a harmless value.

import { RE2JS } from "re2js";
import type { Json } from "../../plan/expr.ts";
import type { Report } from "../diagnostics/diagnostic.ts";
import type { Span } from "./ast.ts";

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** Longest duration: 10 000 years would overflow an instant anyway. */
export const DURATION_MAX_MS = 3_650_000 * 86_400_000;

/** `5m` in milliseconds. */
export function durationMs(image: string, span: Span, report: Report): number {
  const match = /^(\d+(?:\.\d+)?)(.*)$/.exec(image);
  const [, amount = "", unit = ""] = match ?? [];
  const unitMs = UNIT_MS.get(unit);
  if (unitMs === undefined) {
    const help = "durations are `250ms`, `90s`, `5m`, `1h`, `2d`";
    report("FPL0004", span, `\`${unit}\` is not a unit of time`, { help });
    return 1;
  }
  const ms = Math.round(Number(amount) * unitMs * 1e6) / 1e6;
  if (Number.isInteger(ms) && ms <= DURATION_MAX_MS) return ms;
  report("FPL0004", span, "a duration is a whole number of milliseconds, at most 3650000 days");
  return 1;
}

/** Parses `5m` from a param override; null when it is none. */
export function parseDuration(text: string): number | null {
  let bad = false;
  const ms = durationMs(text, { start: 0, end: 0 }, () => {
    bad = true;
  });
  return bad ? null : ms;
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since the epoch of an RFC 3339 time or a date (midnight UTC); null when it is none. */
export function parseInstant(text: string): number | null {
  if (!RFC3339.test(text)) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day) ? ms : null;
}

/** `t'2026-01-01T00:00:00Z'` */
export function instantMs(image: string, span: Span, report: Report): number {
  const text = quotedText(image, 1, span, report);
  const ms = parseInstant(text);
  if (ms !== null) return ms;
  const help = "write RFC 3339 in UTC, as t'2026-07-04T00:00:00Z'";
  report("FPL0005", span, `\`${text}\` is not an instant`, { help });
  return 0;
}

/** `'it\'s'`: only the quote is escaped, every other backslash stands for itself (JMESPath). */
export function rawString(image: string, span: Span, report: Report): string {
  return quotedText(image, 0, span, report);
}

/** `r'^a+$'`, checked to be RE2. */
export function regexSource(image: string, span: Span, report: Report): string {
  const source = quotedText(image, 1, span, report);
  const problem = regexProblem(source);
  if (problem === null) return source;
  report("FPL0007", span, problem.message, { help: problem.help });
  return "";
}

function regexProblem(source: string): { message: string; help: string } | null {
  const help = "the syntax is RE2's, which is matched in linear time";
  const backreference = /^(?:[^\\]|\\[^1-9k])*(\\[1-9]\d*|\\k<[^>]*>)/.exec(source)?.[1];
  if (backreference !== undefined) {
    return {
      message: `regular expressions have no backreference such as \`${backreference}\``,
      help,
    };
  }
  try {
    RE2JS.compile(source);
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { message: `bad regular expression: ${reason}`, help };
  }
}

/** `"a\u00e9"`: a JSON string. */
export function quotedName(image: string, span: Span, report: Report): string {
  if (image.length < 2 || !image.endsWith('"')) {
    report("FPL0002", span, 'this name has no closing `"`');
    return image.slice(1);
  }
  const value = parseJson(image);
  if (typeof value === "string") return value;
  const help = 'escapes are those of JSON: \\n \\t \\u00e9 \\\\ \\"';
  report("FPL0003", span, "bad escape in a quoted name", { help });
  return image.slice(1, -1);
}

/** `` `[1, 2]` ``: JSON in which a backtick is written `` \` ``. */
export function jsonLiteral(image: string, span: Span, report: Report): Json {
  if (image.length < 2 || !image.endsWith("`")) {
    report("FPL0002", span, "this JSON literal has no closing backtick");
    return null;
  }
  const value = parseJson(image.slice(1, -1).replaceAll("\\`", "`"));
  if (value !== undefined) return value;
  const help = "for a string write 'text'";
  report("FPL0006", span, "what stands between backticks is not JSON", { help });
  return null;
}

/** Undefined when `text` is not JSON: the caller reports it. */
function parseJson(text: string): Json | undefined {
  try {
    // JSON.parse is typed `any`; by its contract the value is Json.
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** `12.5e3`; reported when it is out of the range of exact numbers. */
export function numberValue(image: string, span: Span, report: Report): number {
  const value = Number(image);
  const whole = /^\d+$/.test(image);
  if (Number.isFinite(value) && (!whole || Number.isSafeInteger(value))) return value;
  report("FPL0008", span, "number out of range: integers are exact to 2^53 - 1");
  return 0;
}

/** The text of `'…'` after `prefix` characters, its escaped quotes resolved. */
function quotedText(image: string, prefix: number, span: Span, report: Report): string {
  const body = image.slice(prefix + 1);
  if (!closed(body)) {
    report("FPL0002", span, "this string has no closing `'`");
    return body;
  }
  return body.slice(0, -1).replaceAll("\\'", "'");
}

/** Whether the last quote of `body` is there and not escaped. */
function closed(body: string): boolean {
  return /^(?:[^'\\]|\\[\s\S])*'$/.test(body);
}

/**
 * The JMESPath text of `jmes'…'`, where `\'` and `\\` are escapes, with the offset in the source of
 * each of its characters and of its end.
 */
export function jmesText(
  image: string,
  span: Span,
  report: Report,
): { text: string; offsets: number[] } {
  const body = image.slice("jmes'".length);
  if (!closed(body)) report("FPL0002", span, "this string has no closing `'`");
  const end = closed(body) ? body.length - 1 : body.length;
  const start = span.start + "jmes'".length;
  const offsets: number[] = [];
  let text = "";
  for (let i = 0; i < end; i += 1) {
    const escaped = body[i] === "\\" && (body[i + 1] === "'" || body[i + 1] === "\\");
    offsets.push(start + i);
    if (escaped) i += 1;
    text += body[i] ?? "";
  }
  offsets.push(start + end);
  return { text, offsets };
}
