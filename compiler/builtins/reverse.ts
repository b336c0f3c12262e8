// The builtin `reverse`: its type rule and its documentation.

import { ANY, STRING } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { ANY_LIST } from "./generic.ts";

export const reverse: Builtin<"reverse"> = {
  name: "reverse",
  group: "lists",
  signature: {
    params: [param("subject", STRING, ANY_LIST)],
    result: ([subject]) => {
      if (subject?.kind === "list") return { ...subject, nullable: false };
      return subject?.kind === "text" ? STRING : ANY;
    },
    returns: "string | list<T>",
  },
  docs: "A list from its end to its start, or a string likewise by code points.",
  examples: [
    { expression: "reverse(@)", given: [1, 2, 3], result: [3, 2, 1] },
    { expression: "reverse(@)", given: "ab👍", result: "👍ba" },
    { expression: "reverse(@)", given: [], result: [] },
  ],
};
