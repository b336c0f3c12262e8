// Everyday expressions give what two independent implementations of JMESPath give, written bare (not in
// `jmes'…'`): what people know works as they know it.

import { search as searchCommunity } from "@jmespath-community/jmespath";
import { search as searchOriginal } from "jmespath";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { compileExpr } from "../../runtime/eval/compile-expr.ts";
import { toJson } from "../../runtime/eval/json.ts";

const GIVEN = {
  langs: ["en", "de", "pt-BR"],
  text: "Good morning, 世界",
  reply: null,
  facets: [
    {
      index: { byteStart: 0, byteEnd: 4 },
      features: [{ tag: "a" }, { uri: "https://example.org" }],
    },
    { index: { byteStart: 6, byteEnd: 9 }, features: [{ tag: "b" }] },
    { features: [] },
  ],
  counts: { likes: 12, reposts: 3, quotes: 0 },
};

const IN_BOTH = [
  "langs[0]",
  "langs[-1]",
  "langs[5]",
  "langs[::-1]",
  "langs[1:]",
  "facets[*].features[*].tag",
  "facets[].features[].tag",
  "facets[?index].index.byteEnd",
  "facets[?length(features) > `1`].features[0].tag | [0]",
  "counts.*",
  "keys(counts)",
  "max(values(counts))",
  "sort_by(facets[?index], &index.byteEnd)[-1].features[0].tag",
  "map(&length(features), facets)",
  "{ n: length(langs), first: langs[0], both: [text, reply] }",
  "[counts.likes, missing, counts.quotes]",
  "missing || text",
  "!reply && contains(langs, 'en')",
  "not_null(reply, missing, counts.reposts)",
  "join('-', langs)",
  "starts_with(text, 'Good')",
  "to_string(counts)",
  "type(reply)",
  "merge(counts, { likes: `1` })",
  "reverse(langs)",
  "avg(values(counts))",
];
const IN_COMMUNITY_EDITION = [
  "let $n = length(langs) in facets[?length(features) < $n].features[].tag",
  "counts.likes + counts.reposts * `2`",
  "counts.likes // counts.reposts",
  "items(counts)[0]",
  "upper(langs[0])",
  "split(text, ', ')",
  "trim('  x ')",
  "replace(text, 'o', '0')",
  "find_first(text, 'morning')",
  "pad_left('7', `3`, '0')",
  "zip(langs, keys(counts))",
  "group_by(facets[?index], &features[0].tag)",
];

function ours(expression: string): unknown {
  const text = `pipeline p { from topic('t') |> let answer = ${expression} |> to stdout }`;
  const { plans, diagnostics } = compile({ file: "peers.fpl", text });
  expect(diagnostics.map((one) => one.message)).toEqual([]);
  const ops = plans.flatMap((plan) => plan.stages.flatMap((stage) => stage.ops));
  const op = ops.find((one) => one.op === "let");
  if (op?.op !== "let") throw new Error(`nothing to evaluate in ${expression}`);
  return toJson(compileExpr(op.expr)(GIVEN));
}

describe("expressions as people know them", () => {
  it.each(IN_BOTH)("%s, as jmespath.js has it", (expression) => {
    expect(ours(expression)).toEqual(searchOriginal(GIVEN, expression));
  });
  it.each([...IN_BOTH, ...IN_COMMUNITY_EDITION])("%s, as the community edition has it", (one) => {
    expect(ours(one)).toEqual(searchCommunity(GIVEN, one));
  });
});
