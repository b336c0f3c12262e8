import { describe, expect, it } from "vitest";
import type { Op, Plan } from "../../plan/plan.ts";
import { printExpr } from "../../plan/print-expr.ts";
import { compile } from "../compile.ts";
import { COLLECT_MAX, DISTINCT_CAP_MAX } from "./aggregates.ts";
import { STAGES_MAX } from "./pipeline.ts";
import { TOP_MAX } from "./top.ts";
import { WINDOWS_PER_RECORD_MAX } from "./window.ts";

const pipeline = (stages: string) => `pipeline p { from topic('in') ${stages} |> to topic('out') }`;

function codes(stages: string): string[] {
  return compile({ file: "t.fpl", text: pipeline(stages) }).diagnostics.map((one) => one.code);
}

function plan(stages: string): Plan {
  const { plans, diagnostics } = compile({ file: "t.fpl", text: pipeline(stages) });
  expect(diagnostics.map((one) => one.message)).toEqual([]);
  const [only] = plans;
  if (only === undefined) throw new Error("one pipeline, one plan");
  return only;
}

function opsOf(stages: string): Op[] {
  return plan(stages).stages.flatMap((stage) => stage.ops);
}

function reduce(aggregates: string, by = "by did") {
  const ops = opsOf(`|> window tumbling(size: 1m) |> reduce ${by} { ${aggregates} }`);
  const exchange = ops.find((op) => op.op === "exchange");
  const op = ops.find((one) => one.op === "reduce");
  const map = ops.find((one) => one.op === "map");
  if (exchange === undefined || op === undefined) throw new Error("a reduce has an exchange");
  return {
    keys: exchange.keys.map(printExpr),
    names: op.keys,
    columns: exchange.columns.map(printExpr),
    aggregates: op.aggregates,
    map: map === undefined ? null : printExpr(map.expr),
  };
}

describe("keys of a reduce", () => {
  it.each([
    ["by did", ["did"], ["did"]],
    ["by record.subject.uri", ["uri"], ["record.subject.uri"]],
    ["by lower(did) as who", ["who"], ["lower(did)"]],
    ["by { did, day: bucket(time, 1d) }", ["did", "day"], ["did", "bucket(time, 1d)"]],
    ["", [], []],
  ])("%s are named %s", (by, names, keys) => {
    expect(reduce("n: count()", by)).toMatchObject({ names, keys });
  });

  it("share a task when there are none", () => {
    const { stages } = plan("|> window tumbling(size: 1m) |> reduce { n: count() }");
    expect(stages.map((stage) => stage.partitions)).toEqual([1, 1]);
  });

  it("may not take the names of result fields", () => {
    for (const bad of [
      "by time { n: count() }",
      "by did { window: count() }",
      "by did { did: count() }",
    ]) {
      expect(codes(`|> window tumbling(size: 1m) |> reduce ${bad}`), bad).toEqual(["FPL0409"]);
    }
  });
});

describe("aggregates", () => {
  it("share columns, and leave no map when they stand alone", () => {
    expect(reduce("a: sum(n), b: avg(n), c: count(), d: count(x)")).toMatchObject({
      columns: ["n", "x"],
      aggregates: [
        { name: "a", column: 0, fn: "sum" },
        { name: "b", column: 0, fn: "avg" },
        { name: "c", column: null, fn: "count" },
        { name: "d", column: 1, fn: "count" },
      ],
      map: null,
    });
  });

  it("are computed once when they are the same, and combined in a map", () => {
    expect(reduce("total: sum(n), mean: sum(n) / count(), did_again: did")).toMatchObject({
      aggregates: [
        { name: "total", fn: "sum" },
        { name: "_1", fn: "count" },
      ],
      map: "{ did, window, total, mean: total / _1, did_again: did }",
    });
  });

  it("are told from the functions of the same name by where they stand", () => {
    const { columns, map } = reduce("a: max(max(list)), b: length(collect(x, max: 3)) - min(y)");
    expect(columns).toEqual(["max(list)", "x", "y"]);
    expect(map).toBe("{ did, window, a, b: length(_1) - _2 }");
  });

  it("do not nest", () => {
    const nested = "|> window tumbling(size: 1m) |> reduce by did { n: sum(collect(x, max: 3)) }";
    expect(codes(nested)).toEqual(["FPL0408"]);
  });

  it("keep their limits: at them and one past them", () => {
    const at = (text: string) =>
      codes(`|> window tumbling(size: 1m) |> reduce by did { n: ${text} }`);
    expect(at(`collect(x, max: ${COLLECT_MAX})`)).toEqual([]);
    expect(at(`collect(x, max: ${COLLECT_MAX + 1})`)).toEqual(["FPL0203"]);
    expect(at(`distinct(x, cap: ${DISTINCT_CAP_MAX})`)).toEqual([]);
    expect(at(`distinct(x, cap: ${DISTINCT_CAP_MAX + 1})`)).toEqual(["FPL0203"]);
    expect(at("distinct(x)")).toEqual(["FPL0111"]);
    expect(at("sum()")).toEqual(["FPL0111"]);
  });
});

describe("windows", () => {
  const window = (text: string) => codes(`|> window ${text} |> reduce by did { n: count() }`);

  it("stand directly before their exchange, with filters and lets before them", () => {
    const ops = opsOf(
      "|> window tumbling(size: 1m, on: at) |> filter a |> reduce by did { n: count() }",
    );
    expect(ops.map((op) => op.op)).toEqual(["filter", "window", "exchange", "reduce", "sink"]);
  });

  it("have at most so many for one record", () => {
    const every = (n: number) => window(`hopping(size: ${n}s, every: 1s)`);
    expect(every(WINDOWS_PER_RECORD_MAX)).toEqual([]);
    expect(every(WINDOWS_PER_RECORD_MAX + 1)).toEqual(["FPL0403"]);
  });

  it("take a size known before any record", () => {
    expect(window("tumbling(size: 2 * 5m)")).toEqual([]);
    expect(window("tumbling(size: did)")).toEqual(["FPL0203"]);
    expect(window("tumbling(size: 366d)")).toEqual([]);
    expect(window("tumbling(size: 367d)")).toEqual(["FPL0410"]);
    expect(window("tumbling(size: 1m, grace: 7d)")).toEqual([]);
    expect(window("tumbling(size: 1m, grace: 8d)")).toEqual(["FPL0410"]);
    expect(window("tumbling(size: 1d, max_ahead: 1d)")).toEqual([]);
    expect(window("tumbling(size: 1d, max_ahead: 25h)")).toEqual(["FPL0410"]);
  });
});

describe("top", () => {
  const top = (text: string) =>
    `|> window tumbling(size: 1m) |> reduce by { did, lang } { n: count() } |> top(${text})`;

  it("goes to one task, and to several by `per`", () => {
    const partitions = (text: string) => plan(top(text)).stages.map((stage) => stage.partitions);
    expect(partitions("3, by: n")).toEqual([1, 2, 1]);
    expect(partitions("3, by: n, per: lang")).toEqual([1, 2, 2]);
  });

  it("sends the record, its rank, its group and its key", () => {
    const exchange = plan(top("3, by: n, per: lang")).stages[1]?.ops.at(-1);
    expect(exchange?.op === "exchange" && exchange.columns.map(printExpr)).toEqual([
      "@",
      "n",
      "lang",
      "[did, lang]",
    ]);
  });

  it("keeps at most so many", () => {
    expect(codes(top(`${TOP_MAX}, by: n`))).toEqual([]);
    expect(codes(top(`${TOP_MAX + 1}, by: n`))).toEqual(["FPL0203"]);
  });
});

describe("sinks and dead letters", () => {
  const topics = (text: string) => {
    const { plans } = compile({ file: "t.fpl", text });
    return plans.flatMap((one) => one.topics.map(({ name, role }) => `${name} ${role}`));
  };

  it("own their topics, stdout and a dead-letter topic included", () => {
    expect(topics("pipeline P { from topic('in') |> to stdout }")).toEqual([
      "dlq.p dead-letters",
      "stdout.p sink",
    ]);
    expect(
      topics("pipeline p { on error to dlq('bad', max: 5) from topic('in') |> to topic('out') }"),
    ).toEqual(["bad dead-letters", "out sink"]);
  });

  it("refuse a topic that is also late output or dead letters", () => {
    const late = "|> window tumbling(size: 1m, late: side('out')) |> reduce by did { n: count() }";
    expect(codes(late)).toEqual(["FPL0503"]);
  });
});

describe("options", () => {
  const partitions = (n: number) =>
    compile({
      file: "t.fpl",
      text: `pipeline p { options { partitions: ${n} } from firehose() |> to stdout }`,
    });

  it("set the partitions of stages, 1 to 100", () => {
    expect(partitions(100).plans[0]?.stages[0]?.partitions).toBe(100);
    expect(partitions(101).diagnostics.map((one) => one.code)).toEqual(["FPL0203"]);
    expect(partitions(0).diagnostics.map((one) => one.code)).toEqual(["FPL0203"]);
  });

  it("say what becomes of a message that a task fails at: dead letters, unless it is to stop", () => {
    const onPoison = (word: string) =>
      compile({
        file: "t.fpl",
        text: `pipeline p { options { on_poison: ${word} } from firehose() |> to stdout }`,
      });
    expect(onPoison("stop").plans[0]?.onPoison).toBe("stop");
    expect(onPoison("dead_letter").plans[0]).not.toHaveProperty("onPoison");
    for (const wrong of ["'stop'", "retry", "1"]) {
      expect(onPoison(wrong).diagnostics.map((one) => one.code)).toEqual(["FPL0203"]);
    }
    expect(onPoison("stp").diagnostics[0]?.message).toContain("did you mean `stop`?");
  });

  it("allow so many stages and not one more", () => {
    const filters = (n: number) => "|> filter a ".repeat(n);
    expect(codes(filters(STAGES_MAX - 1))).toEqual([]);
    expect(codes(filters(STAGES_MAX))).toEqual(["FPL0414"]);
  });
});

describe("what does not run yet", () => {
  it.each([
    "|> lookup t[did] as x else drop",
    "|> join topic('b') as q on q.a == a within -1m .. 1m cap 5",
  ])("%s says so once", (stages) => {
    expect(codes(stages)).toEqual(["FPL0480"]);
  });
});
