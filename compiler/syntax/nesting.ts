// Refuses text that nests too deeply before the recursive parser sees it: no input may end in a stack
// overflow.

import { type IToken, tokenMatcher } from "chevrotain";
import * as T from "./tokens.ts";

/**
 * Brackets, conditionals and `let` as operands that may be open at once; one more is FPL0190. Each takes the
 * parser several stack frames, and recovering from a mistake inside takes more.
 */
export const NESTING_MAX = 100;

const OPENERS = new Set([T.LParen, T.LBracket, T.FilterOpen, T.LBrace]);
const CLOSERS = new Set([T.RParen, T.RBracket, T.RBrace]);

/** What an operand stands behind: a `let` there is parsed inside what is before it. */
const BEFORE_OPERAND = [T.BinaryOperator, T.PrefixOperator, T.Assign, T.Question, T.Colon];

/**
 * The first token that nests deeper than NESTING_MAX, or null. Open `?` count until their `:`, or the
 * end of what they stand in; a `let` that is an operand until that end.
 */
export function tooDeep(tokens: readonly IToken[]): IToken | null {
  const questions: number[] = [];
  let open = 0;
  let here = 0;
  for (const [i, token] of tokens.entries()) {
    if (OPENERS.has(token.tokenType)) {
      questions.push(here);
      here = 0;
      open += 1;
    } else if (CLOSERS.has(token.tokenType) && questions.length > 0) {
      open -= here + 1;
      here = questions.pop() ?? 0;
    } else if (token.tokenType === T.Question || isNestedLet(tokens, i)) {
      here += 1;
      open += 1;
    } else if (here > 0 && token.tokenType === T.Colon) {
      here -= 1;
      open -= 1;
    } else if (token.tokenType === T.Pipe) {
      open -= here;
      here = 0;
    }
    if (open > NESTING_MAX) return token;
  }
  return null;
}

function isNestedLet(tokens: readonly IToken[], i: number): boolean {
  const before = tokens[i - 1];
  if (tokens[i]?.tokenType !== T.Let || before === undefined) return false;
  return BEFORE_OPERAND.some((type) => tokenMatcher(before, type));
}
