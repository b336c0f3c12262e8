import { describe, expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { EXPR_DEPTH_MAX } from "./expr.ts";
import { InvalidPlan, validatePlan } from "./validate.ts";

const SOURCE = `
pipeline p {
  from firehose('com.example.thing')
  |> filter (op == 'create' ? record.a[*].b : record.c[?d].e) == [1, 2]
  |> let x = let $y = did in {a: $y, b: record.n // 2, c: !record.q, d: -record.r ?? 5m}
  |> unnest tags(record) as tag
  |> window hopping(size: 10m, every: 1m, late: side('late'))
  |> reduce by tag { n: count(), c: collect(did, max: 5), u: distinct(did, cap: 9) }
  |> top(3, by: n)
  |> to topic('out', key: tag, partitions: 4)
}`;

function stored(): Record<string, unknown> {
  const { plans } = compile({ file: "p.fpl", text: SOURCE });
  // A compiled plan is an object; as JSON it is what the store gives back.
  return JSON.parse(JSON.stringify(plans[0])) as Record<string, unknown>;
}

describe("validatePlan", () => {
  it("takes a plan back from JSON unchanged", () => {
    expect(validatePlan(stored())).toEqual(stored());
  });

  it("says which format it found and what to do", () => {
    expect(() => validatePlan({ ...stored(), format: 2 })).toThrow(
      "this release reads plan format 1, found 2: deploy the pipeline again",
    );
  });

  it.each([
    ["no plan at all", null, "an object with `format`"],
    ["a plan without stages", { stages: [] }, "stages"],
    ["an unknown op", { stages: [stage({ ops: [{ op: "shuffle" }] })] }, "stages.0.ops.0"],
    ["a stage that sends nowhere", { stages: [stage({ ops: [] })] }, "stages.0.ops"],
    [
      "a bad topic name",
      { topics: [{ name: "A B", partitions: 1, role: "sink" }] },
      "topics.0.name",
    ],
    ["too many partitions", { stages: [stage({ partitions: 101 })] }, "stages.0.partitions"],
    ["a write to a foreign topic", { topics: [] }, "not its own"],
    ["an exchange to nowhere", { stages: [stage({ ops: [exchange("s7")] })] }, "no later stage"],
    ["an unknown key", { extra: 1 }, "extra"],
  ])("refuses %s and says where", (_name, change, message) => {
    const plan = change === null ? null : { ...stored(), ...change };
    expect(() => validatePlan(plan)).toThrow(InvalidPlan);
    expect(() => validatePlan(plan)).toThrow(message);
  });

  it("takes the deepest expressions the compiler makes", () => {
    // Two levels a bracket, of which there may be NESTING_MAX.
    const levels = EXPR_DEPTH_MAX / 2 - 1;
    const deepest = `${"{a: !".repeat(levels)}a${"}".repeat(levels)}`;
    const text = `pipeline p { from topic('in') |> map ${deepest} |> to stdout }`;
    const [plan] = compile({ file: "p.fpl", text }).plans;
    expect(validatePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it("refuses a plan that nests endlessly instead of exhausting the stack", () => {
    let expr: unknown = { k: "current" };
    for (let i = 0; i < 100_000; i += 1) expr = { k: "not", of: expr };
    const plan = { ...stored(), stages: [stage({ ops: [{ op: "filter", expr }] })] };
    expect(() => validatePlan(plan)).toThrow("nests too deeply");
  });
});

function exchange(to: string) {
  return { op: "exchange", to, keys: [], columns: [] };
}

function stage(change: Record<string, unknown>) {
  return {
    id: "s0",
    partitions: 1,
    inputs: [{ kind: "topic", topic: "in", start: { at: "first" } }],
    ops: [{ op: "sink", topic: "out", key: null }],
    ...change,
  };
}
