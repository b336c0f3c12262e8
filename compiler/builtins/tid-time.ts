// The builtin `tid_time`: its type rule and its documentation.

import { INSTANT, nullable } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";
import { gives, STRING_OR_NULL } from "./generic.ts";

export const tidTime: Builtin<"tid_time"> = {
  name: "tid_time",
  group: "time",
  signature: gives(nullable(INSTANT), "instant?", param("rkey", STRING_OR_NULL)),
  docs: "The instant in a record key that is a TID, to the millisecond; null of any other key. It is what the author's software claims.",
  examples: [
    {
      expression: "tid_time(rkey)",
      given: { rkey: "3jzfcijpj2z2a" },
      result: "2023-06-30T15:03:01.887Z",
    },
    { expression: "tid_time(rkey)", given: { rkey: "self" }, result: null },
    { expression: "tid_time(rkey)", given: { rkey: null }, result: null },
  ],
};
