// Whether a space stands between two tokens on a line.

import { type IToken, tokenMatcher } from "chevrotain";
import * as T from "../syntax/tokens.ts";
import type { Marks } from "./marks.ts";

const NONE_BEFORE = new Set([T.Comma, T.Colon, T.Dot, T.RParen, T.RBracket]);
const NONE_AFTER = new Set([T.Dot, T.LParen, T.LBracket, T.FilterOpen, T.Ampersand]);
const POSTFIX = new Set([T.LParen, T.LBracket, T.FilterOpen]);

/** @param tight `after` is part of an index or slice */
export function spaceBetween(before: IToken, after: IToken, marks: Marks, tight: boolean): boolean {
  if (tight || NONE_BEFORE.has(after.tokenType) || NONE_AFTER.has(before.tokenType)) return false;
  if (isSign(before, marks) || marks.percents.has(after.startOffset)) return false;
  if (POSTFIX.has(after.tokenType)) return marks.operands.has(after.startOffset);
  return true;
}

/** `-x`, `!x`: a prefix, not an operator between two operands. */
function isSign(token: IToken, marks: Marks): boolean {
  return tokenMatcher(token, T.PrefixOperator) && marks.operands.has(token.startOffset);
}
