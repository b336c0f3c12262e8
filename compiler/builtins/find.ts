// `find_first` and `find_last`: where a part stands in a text.

import { INT, nullable, STRING } from "../types/type.ts";
import { type Builtin, optional, param, type Signature } from "./builtin.ts";
import { gives, TEXT } from "./generic.ts";

export const findFirst: Builtin<"find_first"> = {
  name: "find_first",
  group: "strings",
  signature: find(),
  docs: "The index, in code points, of the first occurrence of `part`, which must lie wholly between `start` and `end`; null when there is none. The empty part is found nowhere.",
  examples: [
    { expression: "find_first(@, 'an')", given: "banana", result: 1 },
    { expression: "find_first(@, 'an', 2)", given: "banana", result: 3 },
    { expression: "find_first(@, 'b')", given: "👍b", result: 1 },
    { expression: "find_first(@, '')", given: "banana", result: null },
  ],
};

export const findLast: Builtin<"find_last"> = {
  name: "find_last",
  group: "strings",
  signature: find(),
  docs: "As `find_first`, of the last occurrence.",
  examples: [
    { expression: "find_last(@, 'an')", given: "banana", result: 3 },
    { expression: "find_last(@, 'an', 0, 4)", given: "banana", result: 1 },
    { expression: "find_last(@, 'x')", given: "", result: null },
  ],
};

/** Both take the same. */
function find(): Signature {
  const range = [optional("start", INT), optional("end", INT)];
  return gives(nullable(INT), "int?", TEXT, param("part", STRING), ...range);
}
