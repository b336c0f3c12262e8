// `pad_left` and `pad_right`: a text brought to a width.

import { INT, STRING } from "../types/type.ts";
import { type Builtin, optional, param, type Signature } from "./builtin.ts";
import { gives, TEXT } from "./generic.ts";

export const padLeft: Builtin<"pad_left"> = {
  name: "pad_left",
  group: "strings",
  signature: padding(),
  docs: "The text with `pad` (a space without it) before it until it is `width` code points long. A longer text stays as it is. `pad` must be one code point and `width` not negative.",
  examples: [
    { expression: "pad_left(@, 5)", given: "abc", result: "  abc" },
    { expression: "pad_left(@, 5, '0')", given: "42", result: "00042" },
    { expression: "pad_left(@, 2)", given: "abc", result: "abc" },
  ],
};

export const padRight: Builtin<"pad_right"> = {
  name: "pad_right",
  group: "strings",
  signature: padding(),
  docs: "As `pad_left`, behind the text.",
  examples: [
    { expression: "pad_right(@, 5, '-')", given: "abc", result: "abc--" },
    { expression: "pad_right(@, 3, '.')", given: "👍", result: "👍.." },
  ],
};

/** Both take the same. */
function padding(): Signature {
  return gives(STRING, "string", TEXT, param("width", INT), optional("pad", STRING));
}
