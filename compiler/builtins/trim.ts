// `trim`, `trim_left` and `trim_right`: a text without what stands at its ends.

import { STRING } from "../types/type.ts";
import { type Builtin, optional, type Signature } from "./builtin.ts";
import { gives, TEXT } from "./generic.ts";

export const trim: Builtin<"trim"> = {
  name: "trim",
  group: "strings",
  signature: trimming(),
  docs: "The text without white space (Unicode's) at its start and end, or without the characters of `chars` there.",
  examples: [
    { expression: "trim(@)", given: "  hi ", result: "hi" },
    { expression: "trim(@, '#!')", given: "#hi!!", result: "hi" },
    { expression: "trim(@)", given: "   ", result: "" },
  ],
};

export const trimLeft: Builtin<"trim_left"> = {
  name: "trim_left",
  group: "strings",
  signature: trimming(),
  docs: "As `trim`, at the start only.",
  examples: [
    { expression: "trim_left(@)", given: "  hi ", result: "hi " },
    { expression: "trim_left(@, '👍')", given: "👍👍hi", result: "hi" },
  ],
};

export const trimRight: Builtin<"trim_right"> = {
  name: "trim_right",
  group: "strings",
  signature: trimming(),
  docs: "As `trim`, at the end only.",
  examples: [
    { expression: "trim_right(@)", given: "  hi ", result: "  hi" },
    { expression: "trim_right(@, '.')", given: "...", result: "" },
  ],
};

/** All three take the same. */
function trimming(): Signature {
  return gives(STRING, "string", TEXT, optional("chars", STRING));
}
