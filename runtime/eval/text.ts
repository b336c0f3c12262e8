// Text by code points: JavaScript counts and orders UTF-16 code units, the language does not.

const FIRST_SURROGATE = 0xd800;
/** UTF-16 code units whose order differs from that of code points: surrogates stand above U+E000. */
function rank(unit: number): number {
  if (unit < FIRST_SURROGATE) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/** Order of two strings by code point: negative, zero or positive. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** The number of code points of `text`. */
export function codePoints(text: string): number {
  let count = text.length;
  if (isFlat(text)) return count;
  for (let i = 0; i < text.length - 1; i += 1) {
    if (isPair(text, i)) {
      count -= 1;
      i += 1;
    }
  }
  return count;
}

/** The engine scans for it natively, and not at all in a string it knows to be Latin-1. */
const SURROGATE = /[\ud800-\udfff]/;

/** Whether every code unit of `text` is a code point of its own. */
export function isFlat(text: string): boolean {
  return !SURROGATE.test(text);
}

/** The index in code units of code point number `point`, at most `text.length`. */
export function unitIndex(text: string, point: number): number {
  let unit = 0;
  for (let left = point; left > 0 && unit < text.length; left -= 1) {
    unit += isPair(text, unit) ? 2 : 1;
  }
  return unit;
}

function isPair(text: string, at: number): boolean {
  return (
    (text.charCodeAt(at) & 0xfc00) === FIRST_SURROGATE &&
    (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
  );
}
