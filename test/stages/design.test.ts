// The programs the language was designed with, and every form of every 1.0 stage: all compile, are valid
// plans, and run over real events.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { explainPlan } from "../../plan/explain.ts";
import type { Plan } from "../../plan/plan.ts";
import { validatePlan } from "../../plan/validate.ts";
import { repositoryFile, SAMPLE } from "../support/recordings.ts";
import { frameItems, runPlans } from "../support/run-plan.ts";

const DESIGN = repositoryFile("../shared/design/examples/");
const PRESENT = existsSync(DESIGN);
const GUIDE = new URL("../language.md", DESIGN);
const GUIDE_PRESENT = existsSync(GUIDE);
const EXAMPLES = PRESENT ? readdirSync(DESIGN).filter((name) => name.endsWith(".fpl")) : [];
/** Webhooks are kept in a topic for now, and say so. */
const EXPECTED_WARNINGS = ["FPL0905"];

let frames: readonly Uint8Array[] = [];
beforeAll(async () => {
  frames = await SAMPLE.frames();
});

function plansOf(text: string): readonly Plan[] {
  const { plans, diagnostics } = compile({ file: "design.fpl", text });
  expect(diagnostics.filter(({ code }) => !EXPECTED_WARNINGS.includes(code))).toEqual([]);
  for (const plan of plans) {
    expect(validatePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(explainPlan(plan)).toContain(`pipeline ${plan.pipeline}`);
  }
  return plans;
}

describe.skipIf(!PRESENT)("the programs of the design", () => {
  it.each(EXAMPLES.length > 0 ? EXAMPLES : ["absent"])("%s compiles and runs", (name) => {
    const text = readFileSync(new URL(name, DESIGN), "utf8");
    const { counters, topics } = runPlans(plansOf(text), frameItems(frames));
    expect(counters.reduce((sum, one) => sum + one.in, 0)).toBeGreaterThan(100);
    expect(topics.has("guard.dlq")).toBe(false);
    if (name !== EXAMPLES.find((one) => /burst|guard/.test(one))) {
      expect(topics.size).toBeGreaterThan(0);
    }
  });
});

/** Blocks of the guide that are no program, and what of each is held against the compiler instead. */
const FRAGMENTS: readonly {
  readonly reason: string;
  readonly isOne: (block: string) => boolean;
  readonly check: (block: string) => void;
}[] = [
  {
    reason: "a template: what stands before its `pipeline NAME` compiles",
    isOne: (block) => block.includes("pipeline NAME"),
    check: (block) => {
      const [head = ""] = block.split("pipeline NAME");
      const imports = "fn decay(x) = x";
      const text = `${head} pipeline p { from firehose() |> let r = root(record) |> to stdout }`;
      const { diagnostics } = compile({ file: "head.fpl", text }, { readImport: () => imports });
      expect(diagnostics).toEqual([]);
    },
  },
  {
    reason: "a test without its pipeline: it compiles behind the example of that name",
    isOne: (block) => block.startsWith("test ") && !block.includes("pipeline "),
    check: (block) => {
      const example = readFileSync(new URL("hashtag-trends.fpl", DESIGN), "utf8");
      expect(plansOf(`${example}\n${block}`).length).toBe(1);
    },
  },
  {
    reason: "a rendered error: the compiler renders it so",
    isOne: (block) => block.startsWith("error["),
    check: (block) => {
      const line = /^ *9 \|(.*)$/m.exec(block)?.[1]?.slice(1) ?? "";
      const head =
        "\n\n\n\n\n\npipeline p {\n  from firehose('app.bsky.feed.post') |> filter op == 'create'\n";
      const text = `${head}${line}\n  |> to stdout\n}`;
      const { diagnostics, files } = compile({ file: "trends.fpl", text });
      expect(withoutPlace(renderDiagnostics(diagnostics, files))).toEqual(withoutPlace(block));
    },
  },
];

/** The guide's margin is a space wider, and its column was counted by hand. */
function withoutPlace(rendered: string): string[] {
  const lines = rendered.split("\n").map((line) => line.trim());
  return lines.filter((line) => !line.startsWith("-->"));
}

/** The fenced blocks of the guide, by their first lines. */
function guideBlocks(): [string, string][] {
  if (!GUIDE_PRESENT) return [["absent", ""]];
  const guide = readFileSync(GUIDE, "utf8");
  return [...guide.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => [
    block.split("\n")[0] ?? "",
    block,
  ]);
}

describe.skipIf(!GUIDE_PRESENT)("the blocks of the language's guide", () => {
  const named = guideBlocks().map(([line, block]) => {
    const fragment = FRAGMENTS.find(({ isOne }) => isOne(block));
    return { line, block, fragment, what: fragment?.reason ?? "a program: it compiles" };
  });

  it.each(named)("`$line` is $what", ({ block, fragment }) => {
    if (fragment !== undefined) fragment.check(block);
    else expect(plansOf(block).length).toBeGreaterThan(0);
  });
});

const POSTS = "from firehose('app.bsky.feed.post') |> filter op == 'create'";
const WINDOW = "window tumbling(size: 1m)";
const COUNT = "reduce by did { n: count() }";
const OUT = "to topic('out')";

/** One program a line of the language's table of stages and sources; each must give records. */
const FORMS: Readonly<Record<string, string>> = {
  "firehose()": `from firehose() |> ${OUT}`,
  "firehose of patterns": `from firehose('app.bsky.feed.*', 'app.bsky.graph.follow') |> ${OUT}`,
  events: `from union { events('identity'), events('account'), events('sync'), events() } |> ${OUT}`,
  "union with a name": `from union { firehose('app.bsky.feed.like'), firehose('app.bsky.feed.post') as post } |> filter post != null |> ${OUT}`,
  "start at first": `from firehose() start at first |> ${OUT}`,
  "start at new": `from firehose() start at new |> ${OUT}`,
  "start at an instant": `from firehose() start at t'2020-01-01T00:00:00Z' |> ${OUT}`,
  "map, let": `${POSTS} |> map { did, text: record.text } |> let n = length(text) |> ${OUT}`,
  unnest: `${POSTS} |> unnest tags(record) as tag |> ${OUT}`,
  dedup: `${POSTS} |> dedup(by: did, within: 1h) |> ${OUT}`,
  "dedup with a cap": `${POSTS} |> dedup(by: did, within: 1h, cap: 1000) |> ${OUT}`,
  sample: `${POSTS} |> sample(10%, by: did) |> ${OUT}`,
  "tumbling with every option": `${POSTS} |> window tumbling(size: 1m, on: time, grace: 5s, idle: 15s, max_ahead: 10s, late: side('late')) |> ${COUNT} |> ${OUT}`,
  hopping: `${POSTS} |> window hopping(size: 10m, every: 1m) |> ${COUNT} |> ${OUT}`,
  session: `${POSTS} |> window session(gap: 10m, max: 2h, grace: 10s, idle: 15s, late: side('late')) |> ${COUNT} |> ${OUT}`,
  "a time zone": `${POSTS} |> window tumbling(size: 1d, tz: 'Europe/Berlin') |> ${COUNT} |> ${OUT}`,
  "reduce by several keys": `${POSTS} |> ${WINDOW} |> reduce by { did, lang: lang_of(record) } { n: count() } |> ${OUT}`,
  "every aggregate": `${POSTS} |> ${WINDOW} |> reduce by lang_of(record) as lang {
      n: count(), langs: count(record.langs), sum: sum(length(record.text)), min: min(time), max: max(time),
      avg: avg(length(record.text)), sd: stddev(length(record.text)), first: first(uri), last: last(uri),
      all: collect(uri, max: 3), exact: distinct(did, cap: 100), approx: approx_distinct(did),
      p50: quantile(length(record.text), 0.5), ps: quantiles(length(record.text), [0.5, 0.9]),
      top: top_k(did, 3), per_second: rate(), mean: sum(length(record.text)) / count()
    } |> ${OUT}`,
  "reduce that expires": `${POSTS} |> ${COUNT} expire after 30d |> emit changes(every: 10s) |> ${OUT}`,
  "reduce with a cap": `${POSTS} |> reduce by did { n: count() } cap: 100 |> emit changes(every: 10s) |> ${OUT}`,
  top: `${POSTS} |> ${WINDOW} |> ${COUNT} |> top(3, by: n, per: n > 1) |> ${OUT}`,
  "emit final": `${POSTS} |> ${WINDOW} |> ${COUNT} |> emit final |> ${OUT}`,
  "emit changes": `${POSTS} |> ${WINDOW} |> ${COUNT} |> emit changes(every: 10s) |> ${OUT}`,
  branch: `${POSTS} |> branch { when is_reply(record) => |> to topic('replies') when lang_of(record) == 'en' => |> to stdout else => |> ${OUT} }`,
  "to topic": `${POSTS} |> to topic('out', key: did, partitions: 4)`,
  "to webhook": `${POSTS} |> to webhook('https://example.invalid/hook', batch: 20, timeout: 5s) |> ${OUT}`,
  "to feed": `${POSTS} |> to feed('fresh', rank: seq) |> ${OUT}`,
  "to stdout": `${POSTS} |> to stdout |> ${OUT}`,
};

describe("every form of a 1.0 stage", () => {
  it.each(Object.entries(FORMS))("%s compiles and gives records", (_, stages) => {
    const plans = plansOf(`pipeline form { ${stages} }`);
    const { topics, counters } = runPlans(plans, frameItems(frames));
    expect(topics.get("out")?.length).toBeGreaterThan(0);
    expect(counters.reduce((sum, one) => sum + one.deadLetters, 0)).toBe(0);
  });
});
