// Examples of the diagnostics of types, names and tests.

import { declarations, programs, stages, tests, windowed } from "./example.ts";

const COUNT = "reduce by did { n: count() }";
const SCORE = { "score.fpl": "fn decay(x) = x / 2\n" };
const CYCLE = {
  "a.fpl": "import 'b.fpl' { b }\nfn a(x) = x\n",
  "b.fpl": "import 'a.fpl' { a }\nfn b(x) = x\n",
};
const whole = (source: string): string => `pipeline p {\n  from ${source}\n  |> to topic('out')\n}`;

export const NAME_EXAMPLES = {
  FPL0201: stages("filter record.text matches 'a+'", "filter record.text matches r'a+'"),
  FPL0202: declarations("param size: duration = 5", "param size: duration = 5m"),
  FPL0203: stages(
    `window tumbling(size: 60)\n|> ${COUNT}`,
    `window tumbling(size: 60s)\n|> ${COUNT}`,
  ),
  FPL0204: stages("filter record.text < 5", "filter length(record.text) < 5"),
  FPL0205: stages("filter record.txt != ''", "filter record.text != ''"),
  FPL0206: programs(whole("firehose() start at yesterday"), whole("firehose() start at first")),
  FPL0207: stages("filter contains(record.langs, 'en')", "filter record.langs has 'en'"),
  FPL0208: stages("let low = lower(seq)", "let low = lower(record.text)"),
  FPL0209: stages("let loud = record.text + '!'", "let loud = join('', [record.text, '!'])"),
  FPL0210: stages("filter record.reply", "filter record.reply != null"),
  FPL0211: stages("filter record.text.length > 5", "filter length(record.text) > 5"),
  FPL0212: stages(
    `window tumbling(size: 1m, on: record.createdAt)\n|> ${COUNT}`,
    `window tumbling(size: 1m, on: time)\n|> ${COUNT}`,
  ),
  FPL0213: windowed(
    "reduce by did { texts: collect(record.text, max: 5) }\n|> top(3, by: texts)",
    "reduce by did { texts: collect(record.text, max: 5) }\n|> top(3, by: length(texts))",
  ),
  FPL0214: stages("map record.text", "map { text: record.text }"),
  FPL0215: windowed(
    "reduce by did { most: max(record.langs) }",
    "reduce by did { most: max(length(record.text)) }",
  ),
  FPL0216: stages("unnest record.text as word", "unnest split(record.text, ' ') as word"),
  FPL0217: stages("filter 'en' has record.langs", "filter record.langs has 'en'"),
  FPL0218: windowed(
    "reduce by did { n: sum(record.text) }",
    "reduce by did { n: sum(length(record.text)) }",
  ),
  FPL0301: stages("filter lenght(record.text) > 5", "filter length(record.text) > 5"),
  FPL0302: stages("filter seq > $min", "filter let $min = 3 in seq > $min"),
  FPL0303: stages("filter starts_with(record.text)", "filter starts_with(record.text, 'a')"),
  FPL0304: declarations("let $a = 1\nlet $a = 2", "let $a = 1\nlet $b = 2"),
  FPL0305: declarations("fn length(x) = 1", "fn size(x) = 1"),
  FPL0306: programs(
    `${whole("firehose()")}\ntest 'a sentence' for q {\n  expect 'out' == []\n}`,
    `${whole("firehose()")}\ntest 'a sentence' for p {\n  expect 'out' == []\n}`,
  ),
  FPL0307: declarations("fn root(x) = root(x.up)", "fn root(x) = x.up.up"),
  FPL0308: declarations("param n: integer = 3", "param n: int = 3"),
  FPL0309: {
    wrong: declarations("param n: int = 3", null, { params: { n: "many" } }).wrong,
    right: declarations("param n: int = 3", null, { params: { n: "4" } }).wrong,
  },
  FPL0310: declarations("param n: int", "param n: int = 3"),
  FPL0311: declarations("let $who = did", "fn who(event) = event.did"),
  FPL0312: {
    wrong: declarations("param size: duration = 1m", null, { params: { sise: "5m" } }).wrong,
    right: declarations("param size: duration = 1m", null, { params: { size: "5m" } }).wrong,
  },
  FPL0313: {
    wrong: declarations("import 'a.fpl' { a }", null, { imports: CYCLE }).wrong,
    right: declarations("import 'score.fpl' { decay }", null, { imports: SCORE }).wrong,
  },
  FPL0314: programs(
    whole("firehose()").replace("pipeline p", `pipeline ${"p".repeat(65)}`),
    whole("firehose()").replace("pipeline p", `pipeline ${"p".repeat(64)}`),
  ),
  FPL0315: tests("given post({ text: 'hi' })", "given post({ text: 'hi' })\nexpect late == 0"),
  FPL0316: declarations("import 'score.fpl' { decy }", "import 'score.fpl' { decay }", {
    imports: SCORE,
  }),
  FPL0317: declarations("import 'scores.fpl' { decay }", "import 'score.fpl' { decay }", {
    imports: SCORE,
  }),
  FPL0330: tests(
    "given pots({ text: 'hi' })\nexpect late == 0",
    "given post({ text: 'hi' })\nexpect late == 0",
  ),
  FPL0331: tests("expect 'out'", "expect 'out' == []"),
  FPL0332: tests("expect lates == 0", "expect late == 0"),
  FPL0333: tests("expect 'aut' == []", "expect 'out' == []"),
  FPL0334: tests(
    "advance watermark to t'2026-07-04T00:01:00Z'\nadvance watermark to t'2026-07-04T00:00:00Z'\nexpect late == 0",
    "advance watermark to t'2026-07-04T00:00:00Z'\nadvance watermark to t'2026-07-04T00:01:00Z'\nexpect late == 0",
  ),
  FPL0335: programs(
    `${whole("topic('in')")}\ntest 'a sentence' for p {\n  expect 'out' == []\n}`,
    `${whole("firehose()")}\ntest 'a sentence' for p {\n  expect 'out' == []\n}`,
    { topics: ["in"] },
  ),
} as const;
