// Which bracket closes which, and how much room stands inside a pair.

import * as T from "../syntax/tokens.ts";
import type { Gap } from "./layout.ts";
import type { Placed } from "./trivia.ts";

export type Brackets = {
  /** Index of the closing token by that of the opening one. */
  readonly closeOf: ReadonlyMap<number, number>;
  /** What stands behind the opening bracket at an index and before its closing one. */
  gapOf(open: number): Gap;
  /** Whether the author began a new line behind a `{`: then it stays open. */
  isOpened(open: number): boolean;
  /** Whether the token at an index is inside `[1:2]`, where nothing takes a space. */
  isTight(index: number): boolean;
};

const OPENING = new Set([T.LParen, T.LBrace, T.LBracket, T.FilterOpen]);
export const CLOSING = new Set([T.RParen, T.RBrace, T.RBracket]);
const SLICE = new Set([T.NumberLiteral, T.Minus, T.Colon]);

export function bracketsOf(tokens: readonly Placed[]): Brackets {
  const closeOf = matches(tokens);
  const typeAt = (index: number) => tokens[index]?.token.tokenType;
  const tight = tightTokens(tokens, closeOf);
  return {
    closeOf,
    gapOf: (open) => {
      const close = closeOf.get(open) ?? open;
      if (close - open <= 1) return "none";
      if (typeAt(open) === T.LBrace) return "line";
      const holdsOneToken = close - open === 2;
      const holdsOneBracket = typeAt(open) === T.LParen && closeOf.get(open + 1) === close - 1;
      return holdsOneToken || holdsOneBracket || tight.has(open + 1) ? "none" : "soft";
    },
    isOpened: (open) => typeAt(open) === T.LBrace && tokens[open + 1]?.newLine === true,
    isTight: (index) => tight.has(index),
  };
}

function matches(tokens: readonly Placed[]): Map<number, number> {
  const closeOf = new Map<number, number>();
  const open: number[] = [];
  for (const [index, { token }] of tokens.entries()) {
    if (OPENING.has(token.tokenType)) open.push(index);
    else if (CLOSING.has(token.tokenType)) {
      const from = open.pop();
      if (from !== undefined) closeOf.set(from, index);
    }
  }
  return closeOf;
}

/** Indices of the tokens of indices and slices. */
function tightTokens(
  tokens: readonly Placed[],
  closeOf: ReadonlyMap<number, number>,
): ReadonlySet<number> {
  const tight = new Set<number>();
  for (const [open, close] of closeOf) {
    const inner = tokens.slice(open + 1, close);
    const isBracket = tokens[open]?.token.tokenType === T.LBracket;
    if (!isBracket || inner.length === 0) continue;
    if (!inner.every(({ token }) => SLICE.has(token.tokenType))) continue;
    for (let index = open + 1; index < close; index += 1) tight.add(index);
  }
  return tight;
}
