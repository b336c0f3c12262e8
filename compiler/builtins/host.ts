// The builtin `host`: its type rule and its documentation.

import { type Builtin, param } from "./builtin.ts";
import { gives, STRING_OR_NULL } from "./generic.ts";

export const host: Builtin<"host"> = {
  name: "host",
  group: "firehose",
  signature: gives(STRING_OR_NULL, "string?", param("url", STRING_OR_NULL)),
  docs: "The host name of an http or https URL, in lower case and without the port; null of anything else.",
  examples: [
    {
      expression: "host(url)",
      given: { url: "https://Example.COM:8080/a" },
      result: "example.com",
    },
    {
      expression: "host(url)",
      given: { url: "http://bücher.example/" },
      result: "xn--bcher-kva.example",
    },
    { expression: "host(url)", given: { url: "example.com/a" }, result: null },
    { expression: "host(url)", given: { url: null }, result: null },
  ],
};
