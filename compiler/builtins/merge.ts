// The builtin `merge`: its type rule and its documentation.

import { membersOf } from "../types/relate.ts";
import { OBJECT, object, type Type } from "../types/type.ts";
import { type Builtin, param, rest } from "./builtin.ts";

export const merge: Builtin<"merge"> = {
  name: "merge",
  group: "objects",
  signature: {
    params: [param("object", OBJECT), rest("more", OBJECT)],
    result: merged,
    returns: "object",
  },
  docs: "One object with the fields of all; of two fields with one name the later counts, null or not.",
  examples: [
    {
      expression: "merge(a, b)",
      given: { a: { x: 1, y: 2 }, b: { y: 3 } },
      result: { x: 1, y: 3 },
    },
    { expression: "merge(a, b)", given: { a: { x: 1 }, b: { x: null } }, result: { x: null } },
  ],
};

/** The fields of all; of two of one name the later's. Unknown when one is. */
function merged(args: readonly Type[]): Type {
  const objects = args.flatMap((arg) => (arg.kind === "object" ? membersOf(arg) : []));
  if (objects.length < args.length || objects.some((one) => one.rest !== null)) return OBJECT;
  return object(objects.flatMap((one) => [...one.fields]));
}
