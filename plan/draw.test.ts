// The drawing of a plan, as it is printed.

import { expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { drawPlan, stageFacts } from "./draw.ts";

function planOf(stages: string) {
  const text = `pipeline demo { ${stages} }`;
  const { plans, diagnostics } = compile({ file: "a.fpl", text });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const [plan] = plans;
  if (plan === undefined) throw new Error("there is no plan");
  return plan;
}

const COUNTED = `from firehose('app.bsky.feed.post')
  |> filter op == 'create' && length(record.text) > 40
  |> window tumbling(size: 1m, late: side('demo.late'))
  |> reduce by did { n: count() }
  |> to topic('demo.counts')`;

it("shows stages as boxes, what they read above and where records go below", () => {
  expect(drawPlan(planOf(COUNTED)).join("\n")).toMatchInlineSnapshot(`
    "firehose
      │  atproto.firehose.<p>.watermark
      │  atproto.firehose.<p>.commit.create.app.bsky.feed.post
      ▼
    ┌ s0 ×2 ────────────────────────────────────┐
    │ fused     filter · window · exchange      │
    │ residual  filter length(record.text) > 40 │
    │ state     none                            │
    └───────────────────────────────────────────┘
      ├─▷ topic demo.late (late records)
      │  exchange by did
      ▼
    ┌ s1 ×2 ───────────────────────────────────────────────────────────────────────────────┐
    │ fused     reduce · sink                                                              │
    │ state     1 aggregate per key and window, 1 window a record, until the window closes │
    └──────────────────────────────────────────────────────────────────────────────────────┘
      ├─▷ topic demo.counts
      what cannot be processed ─▷ topic dlq.demo"
  `);
});

it("names the topics a stage reads, and has no residual filter there", () => {
  const plan = planOf("from topic('other') |> filter n > 1 |> to topic('out')");
  expect(drawPlan(plan)[0]).toBe("topic other");
  expect(plan.stages.map((stage) => stageFacts(stage).residual)).toEqual([[]]);
});

it("tells what was pushed down from what is left to the stage", () => {
  const [first] = planOf(COUNTED).stages.map(stageFacts);
  expect(first).toMatchObject({
    fused: ["filter", "window", "exchange"],
    subjects: [
      "atproto.firehose.<p>.watermark",
      "atproto.firehose.<p>.commit.create.app.bsky.feed.post",
    ],
    residual: ["length(record.text) > 40"],
    state: [],
  });
});
