// Help for mistakes that people bring from other languages, by what stands at the error.

import type { IToken } from "chevrotain";
import { isStageWord } from "./stage-names.ts";
import * as T from "./tokens.ts";

const HINTS: ReadonlyMap<string, string> = new Map([
  ["=", "`==` compares"],
  ["and", "write `&&`"],
  ["or", "write `||`"],
  ["not", "write `!`"],
  ["|", "stages are separated by `|>`; `|` is part of an expression"],
  ["&", "write `&&`; `&expr` stands only as an argument"],
]);

/** What to do about `token`, which the parser did not expect; undefined when there is nothing to say. */
export function hintFor(token: IToken, before: IToken | undefined): string | undefined {
  if (before?.tokenType === T.Comma && CLOSERS.has(token.tokenType))
    return "take the `,` before it away";
  if (before?.tokenType === T.LBracket && token.tokenType === T.RawString) {
    return 'for a field write `.name`, for a field with spaces `."a name"`';
  }
  if (before?.tokenType === T.Let) return "a constant is written `let $name = …`";
  if (before?.tokenType !== T.Pipe && isStageWord(token.image)) {
    return `is a \`|>\` missing before \`${token.image}\`?`;
  }
  return HINTS.get(token.image);
}

const CLOSERS = new Set([T.RBrace, T.RBracket, T.RParen]);
