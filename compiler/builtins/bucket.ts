// The builtin `bucket`: its type rule and its documentation.

import { DURATION, INSTANT, nullable } from "../types/type.ts";
import { type Builtin, param } from "./builtin.ts";

export const bucket: Builtin<"bucket"> = {
  name: "bucket",
  group: "time",
  signature: {
    // Null too where the size is not positive, which nobody writes.
    params: [param("at", nullable(INSTANT)), param("size", DURATION)],
    result: ([at]) => (at !== undefined && !at.nullable ? INSTANT : nullable(INSTANT)),
    returns: "instant?",
  },
  docs: "The start of the bucket of length `size` the instant is in, counted from the epoch in UTC; null of null.",
  examples: [
    {
      expression: "bucket(t'2026-07-04T12:34:56Z', 1h)",
      given: null,
      result: "2026-07-04T12:00:00.000Z",
    },
    {
      expression: "bucket(t'1969-12-31T23:59:59.999Z', 1s)",
      given: null,
      result: "1969-12-31T23:59:59.000Z",
    },
    { expression: "bucket(at, 1h)", given: { at: null }, result: null },
  ],
};
