// Examples of the diagnostics of windows, state, sinks, and of warnings.

import { chains, programs, stages, windowed } from "./example.ts";

const COUNT = "reduce by did { n: count() }";
const window = (options: string): string => `window ${options}\n|> ${COUNT}`;
const whole = (source: string): string => `pipeline p {\n  from ${source}\n  |> to topic('out')\n}`;

export const STAGE_EXAMPLES = {
  FPL0401: stages(window("sliding(size: 1m)"), window("tumbling(size: 1m)")),
  FPL0402: stages(window("hopping(size: 1m, every: 5m)"), window("hopping(size: 5m, every: 1m)")),
  FPL0403: stages(window("hopping(size: 1d, every: 1s)"), window("hopping(size: 1d, every: 1m)")),
  FPL0404: stages(
    window("tumbling(size: 1m, late: 'late')"),
    window("tumbling(size: 1m, late: side('late'))"),
  ),
  FPL0405: stages(COUNT, window("tumbling(size: 1m)")),
  FPL0406: windowed(
    "reduce by lower(did) { n: count() }",
    "reduce by lower(did) as who { n: count() }",
  ),
  FPL0407: windowed(
    "reduce by did { n: count() / seq }",
    "reduce by did { n: count() / max(seq) }",
  ),
  FPL0408: stages("filter count() > 5", `window tumbling(size: 1m)\n|> ${COUNT}\n|> filter n > 5`),
  FPL0409: windowed("reduce by did { did: count() }", COUNT),
  FPL0410: stages(window("tumbling(size: 0s)"), window("tumbling(size: 1s)")),
  FPL0411: windowed(`${COUNT} expire after 1d`, COUNT),
  FPL0412: stages("top(10, by: seq)", `${window("tumbling(size: 1m)")}\n|> top(10, by: n)`),
  FPL0413: windowed(
    `${COUNT}\n|> map { n }\n|> top(10, by: n)`,
    `${COUNT}\n|> map { did, n }\n|> top(10, by: n)`,
  ),
  FPL0415: stages(
    `window tumbling(size: 1m, on: tid_time(rkey))\n|> map { did }\n|> ${COUNT}`,
    `window tumbling(size: 1m, on: tid_time(rkey))\n|> ${COUNT}`,
  ),
  FPL0416: stages("window tumbling(size: 1m)", window("tumbling(size: 1m)")),
  FPL0417: windowed(`${COUNT}\n|> emit finl`, `${COUNT}\n|> emit final`),
  FPL0418: stages(
    window("tumbling(size: 12h, tz: 'Europe/Berlin')"),
    window("tumbling(size: 1d, tz: 'Europe/Berlin')"),
  ),
  FPL0419: chains(
    "branch { else => drop when is_reply(record) => |> to topic('replies') }",
    "branch { when is_reply(record) => |> to topic('replies') else => drop }",
  ),
  FPL0420: windowed(
    `${COUNT}\n|> filter n > 1\n|> emit final`,
    `${COUNT}\n|> emit final\n|> filter n > 1`,
  ),
  FPL0421: stages(
    "reduce by did { often: rate() } cap: 1000\n|> emit changes(every: 10s)",
    "window tumbling(size: 1m)\n|> reduce by did { often: rate() }",
  ),
  FPL0422: stages(
    window("tumbling(size: 1d, tz: 'Europe/Berlim')"),
    window("tumbling(size: 1d, tz: 'Europe/Berlin')"),
  ),
  FPL0423: stages(
    `${COUNT} expire after 30d`,
    `${COUNT} expire after 30d\n|> emit changes(every: 10s)`,
  ),
  FPL0424: stages(
    `${window("session(gap: 10m, max: 2h)")}\n|> emit changes(every: 10s)`,
    `${window("session(gap: 10m, max: 2h)")}\n|> emit final`,
  ),
  FPL0480: stages("lookup names[did] as name else drop", null),
  FPL0501: chains("to topic('Trends Now')", "to topic('trends.now')"),
  FPL0502: chains("to topik('out')", "to topic('out')"),
  FPL0503: chains("to topic('out')\n|> to topic('out')", "to topic('out')\n|> to topic('copy')"),
  FPL0504: chains("filter record.text != ''", "filter record.text != ''\n|> to topic('out')"),
  FPL0505: chains(
    "to topic('out')\n|> filter record.text != ''",
    "filter record.text != ''\n|> to topic('out')",
  ),
  FPL0506: programs(whole("firehose('post')"), whole("firehose('app.bsky.feed.post')")),
  FPL0507: programs(whole("events('identify')"), whole("events('identity')")),
  FPL0508: programs(
    whole("firehose()").replace("  from", "  on error to dead('x')\n  from"),
    whole("firehose()").replace("  from", "  on error to dlq('x')\n  from"),
  ),
  FPL0509: programs(whole("topic('out')"), whole("topic('in')"), { topics: ["in"] }),
  FPL0510: chains("to webhook('example.com/hook')", "to webhook('https://example.com/hook')"),
  FPL0511: chains("to feed('Hot Hour', rank: seq)", "to feed('hot-hour', rank: seq)"),
  FPL0901: stages('filter record.text == "foo"', "filter record.text == 'foo'"),
  FPL0904: chains("to topic('out', partitions: 4)", "to topic('out', key: did, partitions: 4)"),
  FPL0905: chains("to webhook('https://example.com/hook')", null),
  FPL0906: stages(
    "filter collection == 'app.bsky.feed.like'",
    "filter collection == 'app.bsky.feed.post'",
  ),
  FPL0907: programs(whole("topic('trend.tags')"), whole("topic('trends.tags')"), {
    topics: ["trends.tags"],
  }),
  FPL0908: windowed(
    "reduce by did { posts: collect(record, max: 100) }",
    "reduce by did { posts: collect(uri, max: 100) }",
  ),
} as const;
