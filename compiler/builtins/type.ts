// The builtin `type`: its type rule and its documentation.

import { text } from "../types/type.ts";
import type { Builtin } from "./builtin.ts";
import { ANYTHING, gives } from "./generic.ts";

const TYPE_NAMES = ["null", "boolean", "number", "string", "instant", "duration"];
const TYPE_NAME = text("string", [...TYPE_NAMES, "bytes", "array", "object"]);

export const type: Builtin<"type"> = {
  name: "type",
  group: "values",
  signature: gives(TYPE_NAME, "string", ANYTHING),
  docs: "The name of the value's type: `null`, `boolean`, `number`, `string`, `instant`, `duration`, `bytes`, `array` or `object`. A CID link is a `string`.",
  examples: [
    { expression: "type(@)", given: [1], result: "array" },
    { expression: "type(5m)", given: null, result: "duration" },
    { expression: "type(@)", given: null, result: "null" },
  ],
};
