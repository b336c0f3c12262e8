// The builtin `split`: its type rule and its documentation.

import { INT, list, STRING } from "../types/type.ts";
import { type Builtin, optional, param } from "./builtin.ts";
import { gives, TEXT } from "./generic.ts";

export const split: Builtin<"split"> = {
  name: "split",
  group: "strings",
  signature: gives(
    list(STRING),
    "list<string>",
    TEXT,
    param("search", STRING),
    optional("count", INT),
  ),
  docs: "What stands between the first `count` (or all) occurrences of `search`. An empty `search` gives the code points one by one.",
  examples: [
    { expression: "split(@, ',')", given: "a,b,,c", result: ["a", "b", "", "c"] },
    { expression: "split(@, ',', 1)", given: "a,b,c", result: ["a", "b,c"] },
    { expression: "split(@, '')", given: "é👍", result: ["é", "👍"] },
  ],
};
