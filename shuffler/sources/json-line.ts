// One line of JSON, read so that nothing in it is lost: JSON.parse alone takes the last of two equal keys, and makes
// doubles of integers that have 64 bits.

import { Malformed } from "../decode/rejection.ts";

/** Of 2^53 = 9007199254740992. A number of as many digits with another first one is less; a time has such. */
const LONG_DIGITS = 16;
const [ZERO, NINE] = [0x30, 0x39];
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
  const { colons, hasLongInteger } = outsideTexts(text);
  let json: unknown;
  try {
    json = hasLongInteger ? JSON.parse(text, keepLongInteger) : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Malformed("bad_line", `${where}: no JSON`);
    if (error instanceof RangeError) throw new Malformed("bad_line", `${where}: nested too deeply`);
    throw error;
  }
  // In JSON every colon outside of texts is behind a key.
  if (colons !== countKeys(json)) {
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

function keepLongInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  if (!INTEGER.test(source)) return value;
  const exact = BigInt(source);
  return exact >= INT64_MIN && exact <= UINT64_MAX ? exact : value;
}

/** What stands outside of the texts of a line: how many colons, and whether digits that may be more than 2^53. */
function outsideTexts(json: string): { colons: number; hasLongInteger: boolean } {
  let colons = 0;
  let hasLongInteger = false;
  let digits = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      digits += 1;
      if (digits < LONG_DIGITS) continue;
      if (digits > LONG_DIGITS || json.charCodeAt(at + 1 - digits) === NINE) hasLongInteger = true;
      continue;
    }
    digits = 0;
    if (code === COLON) colons += 1;
    else if (code === QUOTE) at = closingQuote(json, at);
  }
  return { colons, hasLongInteger };
}

/** @param open where the text begins that ends there; what does not end goes on to the end of the line */
function closingQuote(json: string, open: number): number {
  for (let at = json.indexOf('"', open + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return json.length;
}

/** Of all objects in it. Not by recursion: JSON.parse takes what is nested deeper than the stack is. */
function countKeys(json: unknown): number {
  let keys = 0;
  const waiting = [json];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (typeof one !== "object" || one === null) continue;
    const values: readonly unknown[] = Array.isArray(one) ? one : Object.values(one);
    if (values !== one) keys += values.length;
    for (const value of values) {
      if (typeof value === "object" && value !== null) waiting.push(value);
    }
  }
  return keys;
}
