// `pad_left` and `pad_right`: widths in code points (JEP-14).

import { EvaluationError } from "../eval-error.ts";
import { checkTextLength } from "../limits.ts";
import { codePoints } from "../text.ts";
import type { Value } from "../values.ts";
import { countArgument, textArgument } from "./builtin.ts";

/** `pad_left(text, width[, pad])`: `pad`, one code point, before the text up to `width`. */
export function padLeft(text: Value, width: Value, pad: Value = " "): Value {
  const whole = textArgument("pad_left", text);
  return padding("pad_left", whole, width, pad) + whole;
}

/** `pad_right(text, width[, pad])`: `pad`, one code point, after the text up to `width`. */
export function padRight(text: Value, width: Value, pad: Value = " "): Value {
  const whole = textArgument("pad_right", text);
  return whole + padding("pad_right", whole, width, pad);
}

function padding(fn: string, text: string, width: Value, pad: Value): string {
  const unit = textArgument(fn, pad);
  if (codePoints(unit) !== 1) {
    throw new EvaluationError(`invalid value for ${fn}()`, "the padding is one code point");
  }
  const count = Math.max(0, countArgument(fn, width) - codePoints(text));
  checkTextLength(text.length + count * unit.length);
  return unit.repeat(count);
}
