// Examples of the diagnostics of lexer and parser.

import { programs, stages } from "./example.ts";

const COUNT = "reduce by did { n: count() }";
const whole = (source: string): string => `pipeline p {\n  from ${source}\n  |> to topic('out')\n}`;
const sources = (n: number): string =>
  `union { ${Array.from({ length: n }, (_, i) => `topic('t${i}')`).join(", ")} }`;

export const SYNTAX_EXAMPLES = {
  FPL0001: stages("filter seq ≥ 5", "filter seq >= 5"),
  FPL0002: stages("filter did == 'did:plc:a", "filter did == 'did:plc:a'"),
  FPL0003: stages(
    String.raw`let extra = record."bad\q" ?? 'none'`,
    String.raw`let extra = record."bad\\q" ?? 'none'`,
  ),
  FPL0004: stages(
    `window tumbling(size: 5min)\n|> ${COUNT}`,
    `window tumbling(size: 5m)\n|> ${COUNT}`,
  ),
  FPL0005: stages("filter time > t'yesterday'", "filter time > t'2026-07-04T10:30:00Z'"),
  FPL0006: stages("filter record.text == `hello`", "filter record.text == 'hello'"),
  FPL0007: stages(
    String.raw`filter record.text matches r'(a)\1'`,
    "filter record.text matches r'aa'",
  ),
  FPL0008: stages("filter seq == 9007199254740993", "filter seq == 9007199254740991"),
  FPL0101: stages("unnest tags(record)", "unnest tags(record) as tag"),
  FPL0102: stages("whre record.text != ''", "filter record.text != ''"),
  FPL0103: stages("filter record.text ==", "filter record.text == 'hello'"),
  FPL0104: stages("let up = jmes'record.reply parent'", "let up = jmes'record.reply.parent'"),
  FPL0105: programs(
    whole("firehos('app.bsky.feed.post')"),
    whole("firehose('app.bsky.feed.post')"),
  ),
  FPL0106: programs(whole(sources(17)), whole(sources(16))),
  FPL0107: stages("filter jmes'seq > 5'", "filter jmes'seq > `5`'"),
  FPL0108: stages("let lang = record.langs[1.5]", "let lang = record.langs[1]"),
  FPL0109: stages("retain 48h", "dedup(by: did, within: 48h)"),
  FPL0110: stages(
    `window tumbling(size: 1m, grase: 5s)\n|> ${COUNT}`,
    `window tumbling(size: 1m, grace: 5s)\n|> ${COUNT}`,
  ),
  FPL0111: stages(
    `window hopping(size: 10m)\n|> ${COUNT}`,
    `window hopping(size: 10m, every: 1m)\n|> ${COUNT}`,
  ),
  FPL0112: stages(
    `window tumbling(1m, size: 2m)\n|> ${COUNT}`,
    `window tumbling(size: 2m)\n|> ${COUNT}`,
  ),
  FPL0113: stages("filter length(5%) > 1", "sample(5%, by: did)"),
  FPL0192: programs(tenfold(4), tenfold(2)),
} as const;

/** Functions that each give ten times what the one before gives. */
function tenfold(depth: number): string {
  const lines = Array.from({ length: depth }, (_, i) => {
    const inner = i === 0 ? "x" : `f${i}(x)`;
    return `fn f${i + 1}(x) = [${Array.from({ length: 10 }, () => inner).join(", ")}]`;
  });
  return `${lines.join("\n")}
pipeline p {
  from firehose('app.bsky.feed.post')
  |> let many = f${depth}(did)
  |> to topic('out')
}`;
}
