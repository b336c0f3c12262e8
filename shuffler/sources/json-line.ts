// One line of JSON, read so that nothing in it is lost: JSON.parse alone takes the last of two equal keys, and makes
// doubles of integers that have 64 bits.

import { Malformed } from "../decode/rejection.ts";

/** Digits that may be those of an integer past 2^53; 64 bits have 20 at most. */
const LONG_INTEGER = /\d{16,}/g;
const INTEGER = /^-?\d+$/;
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;
const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];

/**
 * @param where names the line, for the detail of a refusal
 * @returns what JSON.parse gives, but integers of up to 64 bits that no double holds are bigints
 * @throws Malformed `bad_utf8`, `bad_line` when it is no JSON (as with NaN), `bad_record` when an object has a key twice
 */
export function parseJsonLine(line: Buffer, where: string): unknown {
  const text = decodeUtf8(line, where);
  let json: unknown;
  try {
    json = hasLongInteger(text) ? JSON.parse(text, keepLongInteger) : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Malformed("bad_line", `${where}: no JSON`);
    if (error instanceof RangeError) throw new Malformed("bad_line", `${where}: nested too deeply`);
    throw error;
  }
  // In JSON every colon outside of texts is behind a key.
  if (colonsOutsideTexts(text) !== countKeys(json)) {
    throw new Malformed("bad_record", `${where}: a key that is there twice`);
  }
  return json;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decodeUtf8(line: Buffer, where: string): string {
  try {
    return utf8.decode(line);
  } catch (error) {
    if (error instanceof TypeError) throw new Malformed("bad_utf8", where);
    throw error;
  }
}

function hasLongInteger(text: string): boolean {
  for (const [digits] of text.matchAll(LONG_INTEGER)) {
    if (!Number.isSafeInteger(Number(digits))) return true;
  }
  return false;
}

function keepLongInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  if (!INTEGER.test(source)) return value;
  const exact = BigInt(source);
  return exact >= INT64_MIN && exact <= UINT64_MAX ? exact : value;
}

/** @param json as text, known to be well formed */
function colonsOutsideTexts(json: string): number {
  let colons = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === COLON) colons += 1;
    else if (code === QUOTE) at = closingQuote(json, at);
  }
  return colons;
}

/** @param open where the text begins that ends there */
function closingQuote(json: string, open: number): number {
  for (let at = json.indexOf('"', open + 1); ; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
}

/** Of all objects in it. Not by recursion: JSON.parse takes what is nested deeper than the stack is. */
function countKeys(json: unknown): number {
  let keys = 0;
  const waiting = [json];
  while (waiting.length > 0) {
    const one = waiting.pop();
    if (typeof one !== "object" || one === null) continue;
    const values = Object.values(one);
    if (!Array.isArray(one)) keys += values.length;
    for (const value of values) if (typeof value === "object") waiting.push(value);
  }
  return keys;
}
