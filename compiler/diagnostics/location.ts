// Offsets to lines and columns, and text to columns of a terminal.

export type Position = {
  /** From 1. */
  readonly line: number;
  /** From 1, in Unicode code points. */
  readonly column: number;
};

/** Columns a tab takes when source is shown. */
const TAB = "    ";

/** Finds positions in one text. */
export class Locator {
  readonly #lines: readonly string[];
  readonly #starts: readonly number[];

  constructor(text: string) {
    const breaks = [...text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)];
    this.#starts = [0, ...breaks.map((match) => match.index + match[0].length)];
    const ends = [...breaks.map((match) => match.index), text.length];
    this.#lines = this.#starts.map((start, i) => text.slice(start, ends[i]));
  }

  /** Where `offset` (UTF-16 code units) stands. */
  at(offset: number): Position {
    const line = this.#lineOf(offset);
    const before = this.line(line).slice(0, offset - (this.#starts[line - 1] ?? 0));
    return { line, column: Array.from(before).length + 1 };
  }

  /** The text of a line, without its end. */
  line(line: number): string {
    return this.#lines[line - 1] ?? "";
  }

  #lineOf(offset: number): number {
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}

/** `text` as shown: tabs as spaces, control characters as `·`. */
export function shown(text: string): string {
  return text.replaceAll("\t", TAB).replaceAll(/\p{Cc}/gu, "·");
}

/** Columns of a terminal that `text` takes as shown: two for East Asian wide characters and emoji. */
export function width(text: string): number {
  let columns = 0;
  for (const character of shown(text)) columns += widthOf(character);
  return columns;
}

function widthOf(character: string): number {
  if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}|[\u{20000}-\u{3FFFD}]/u;
