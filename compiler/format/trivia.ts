// What stands between tokens: comments, and whether the author left a line empty. Attached to the token
// that follows.

import type { IToken } from "chevrotain";
import type { Report } from "../diagnostics/diagnostic.ts";
import { lex } from "../syntax/lexer.ts";

export type Comment = {
  /** With its `#`, without trailing spaces. */
  readonly text: string;
  /** On a line of its own; else it follows a token on the same line. */
  readonly ownLine: boolean;
  /** An empty line stands before it. */
  readonly blankBefore: boolean;
};

/** A token and what stands before it. */
export type Placed = {
  readonly token: IToken;
  readonly comments: readonly Comment[];
  /** On another line than what stands before it. */
  readonly newLine: boolean;
  readonly blankBefore: boolean;
};

/** Every token of `text` with its trivia, and the comments behind the last one. */
export function placeTokens(
  text: string,
  report: Report,
): { readonly placed: readonly Placed[]; readonly end: readonly Comment[] } {
  const { tokens, trivia } = lex(text, "fpl", report);
  let next = 0;
  const before = (offset: number): Omit<Placed, "token"> => {
    const comments: Comment[] = [];
    let newLines = 0;
    let anyNewLine = false;
    for (; (trivia[next]?.startOffset ?? offset) < offset; next += 1) {
      const image = trivia[next]?.image ?? "";
      if (image.startsWith("#")) {
        const ownLine = newLines > 0 || trivia[next]?.startOffset === 0;
        comments.push({ text: image.trimEnd(), ownLine, blankBefore: newLines > 1 });
        newLines = 0;
      } else newLines += image.split(/\r\n|[\n\r]/).length - 1;
      anyNewLine ||= newLines > 0;
    }
    return { comments, newLine: anyNewLine, blankBefore: newLines > 1 };
  };
  const placed = tokens.map((token) => ({ token, ...before(token.startOffset) }));
  return { placed, end: before(text.length).comments };
}
