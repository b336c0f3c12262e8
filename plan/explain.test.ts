import { describe, expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { explainPlan } from "./explain.ts";

describe("explainPlan", () => {
  it("shows where a pipeline starts, what was pushed down and where dead letters go", () => {
    const text = `pipeline demo {
      on error to dlq('demo.bad', max: 5)
      from firehose('app.bsky.feed.*') start at t'2026-01-01T00:00:00Z'
      |> filter op != 'delete' && record.text != null
      |> let length = length(record.text)
      |> unnest record.langs ?? ['none'] as lang
      |> map { lang, length }
      |> to topic('demo.out', key: lang, partitions: 2)
    }`;
    const [plan] = compile({ file: "demo.fpl", text }).plans;
    expect(plan === undefined ? "" : explainPlan(plan)).toBe(`pipeline demo

stage s0 (2 partitions)
  from firehose start at t'2026-01-01T00:00:00.000Z'
    subject atproto.firehose.<p>.watermark
    subject atproto.firehose.<p>.commit.create.app.bsky.feed.>
    subject atproto.firehose.<p>.commit.update.app.bsky.feed.>
  filter record.text != null
  let length = length(record.text)
  unnest record.langs ?? ['none'] as lang
  map { lang, length }
  sink -> topic demo.out key lang
  state: none

topics
  demo.bad: dead-letters, 1 partition (at most 5 a stage partition)
  demo.out: sink, 2 partitions
`);
  });

  it("shows combined and bounded aggregates, ranks by group, and starts of topics", () => {
    const text = `pipeline demo {
      from topic('in') start at first
      |> window tumbling(size: 1h, grace: 5s, late: side('demo.late'))
      |> reduce by { a, b } { mean: sum(n) / count(), some: collect(x, max: 3), few: distinct(y, cap: 9) }
      |> top(2, by: mean, per: a)
      |> to stdout
    }`;
    const [plan] = compile({ file: "demo.fpl", text }).plans;
    expect(plan === undefined ? "" : explainPlan(plan)).toMatchSnapshot();
  });
});
