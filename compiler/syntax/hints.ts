// Help for mistakes that people bring from other languages, by what stands at the error.

import { type IToken, tokenMatcher } from "chevrotain";
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

/** Whether `token` is a `=` behind something that can be compared. */
export function isSingleEquals(token: IToken, before: IToken | undefined): boolean {
  if (token.tokenType !== T.Assign || before === undefined) return false;
  return OPERAND_ENDS.some((type) => tokenMatcher(before, type));
}

const OPERAND_ENDS = [
  T.Identifier,
  T.QuotedName,
  T.RawString,
  T.NumberLiteral,
  T.RBracket,
  T.RParen,
];
const CLOSERS = new Set([T.RBrace, T.RBracket, T.RParen]);
