// The builtin `contains`: its type rule and its documentation.

import { ANY, STRING } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { ANY_LIST, textTest } from "./generic.ts";

export const contains: Builtin<"contains"> = {
  name: "contains",
  group: "strings",
  signature: textTest(param("subject", STRING, ANY_LIST), param("search", ANY)),
  docs: "Whether a string has `search` as a part, or a list an element equal to it. What is no string is part of none.",
  examples: [
    { expression: "contains(@, 'ell')", given: "hello", result: true },
    { expression: "contains(@, 2)", given: [1, 2], result: true },
    { expression: "contains(@, 5)", given: "5", result: false },
  ],
};
