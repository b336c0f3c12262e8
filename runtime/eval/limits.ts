// How large the strings and lists may be that an expression builds.

import { EvaluationError } from "./eval-error.ts";

/** UTF-16 code units of a string that a function makes. An atproto record has 1 MB at most. */
export const TEXT_LENGTH_MAX = 1024 * 1024;
/** Elements of a list that a function or `[]` makes. */
export const LIST_LENGTH_MAX = 100_000;

/** `text`, or an EvaluationError when it is longer than `TEXT_LENGTH_MAX`. */
export function limitedText(text: string): string {
  checkTextLength(text.length);
  return text;
}

/** @throws EvaluationError when a string would get longer than `TEXT_LENGTH_MAX`. */
export function checkTextLength(length: number): void {
  if (length > TEXT_LENGTH_MAX) {
    throw new EvaluationError("string too long", `at most ${TEXT_LENGTH_MAX} code units`);
  }
}

/** @throws EvaluationError when a list would get longer than `LIST_LENGTH_MAX`. */
export function checkListLength(length: number): void {
  if (length > LIST_LENGTH_MAX) {
    throw new EvaluationError("list too long", `at most ${LIST_LENGTH_MAX} elements`);
  }
}
