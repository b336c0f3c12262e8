import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { explainPlan } from "../plan/explain.ts";
import { EXPR_DEPTH_MAX } from "../plan/expr.ts";
import type { Plan } from "../plan/plan.ts";
import { printExpr } from "../plan/print-expr.ts";
import { validatePlan } from "../plan/validate.ts";
import { type CompileOptions, compile, DIAGNOSTICS_MAX } from "./compile.ts";

const EXAMPLES = new URL("../../shared/design/examples/", import.meta.url);

function plansOf(text: string, options: CompileOptions = {}): readonly Plan[] {
  const { plans, diagnostics } = compile({ file: "test.fpl", text }, options);
  // Some filters here leave nothing on purpose, which is a warning.
  const wrong = diagnostics.filter(({ code }) => code !== "FPL0906");
  expect(wrong.map((one) => `${one.code} ${one.message}`)).toEqual([]);
  for (const plan of plans) expect(validatePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  return plans;
}

function codesOf(text: string, options: CompileOptions = {}): string[] {
  return compile({ file: "test.fpl", text }, options).diagnostics.map((one) => one.code);
}

/** The first stage of `from SOURCE |> stages |> to stdout`. */
function firstStage(stages: string, source = "firehose()") {
  const [plan] = plansOf(`pipeline p { from ${source} ${stages} |> to stdout }`);
  const stage = plan?.stages[0];
  if (stage === undefined) throw new Error("a plan has a stage");
  const [input] = stage.inputs;
  const filters = stage.ops.flatMap((op) => (op.op === "filter" ? [printExpr(op.expr)] : []));
  return { input, filters, ops: stage.ops };
}

describe("compile", () => {
  it("draws the trending hashtags as three stages", () => {
    const text = `
      param size: duration = 10m
      param min_authors: int = 3
      pipeline hashtag_trends {
        from firehose('app.bsky.feed.post')
        |> filter op == 'create'
        |> unnest tags(record) as tag
        |> window hopping(size: $size, every: 1m, grace: 10s, late: side('trends.late'))
        |> reduce by tag { posts: count(), authors: approx_distinct(did), sample: first(uri) }
        |> filter authors >= $min_authors
        |> top(20, by: authors)
        |> to topic('trends.tags', key: tag)
      }`;
    expect(plansOf(text).map(explainPlan).join("\n")).toMatchSnapshot();
  });

  it("chains pipelines through a topic, and knows its fields", () => {
    const text = (field: string) => `
      pipeline likes_per_post {
        from firehose('app.bsky.feed.like')
        |> filter op == 'create' && collection_of(record.subject.uri) == 'app.bsky.feed.post'
        |> window tumbling(size: 1m)
        |> reduce by record.subject.uri as post { likes: count(), fans: distinct(did, cap: 10000) }
        |> to topic('likes.per_minute', key: post)
      }
      pipeline hot_hour {
        from topic('likes.per_minute')
        |> window hopping(size: 1h, every: 5m)
        |> reduce by post { likes: sum(${field}) }
        |> top(50, by: likes)
        |> to topic('likes.hot_hour', key: post)
      }`;
    expect(plansOf(text("likes")).map(explainPlan).join("\n")).toMatchSnapshot();
    expect(codesOf(text("lieks"))).toEqual(["FPL0205"]);
  });

  it.skipIf(!existsSync(EXAMPLES))("compiles the examples of the design", () => {
    const read = (name: string) => readFileSync(new URL(name, EXAMPLES), "utf8");
    expect(plansOf(read("hashtag-trends.fpl"))).toHaveLength(1);
    expect(plansOf(read("likes-per-post.fpl"))).toHaveLength(2);
    expect(plansOf(read("network-health.fpl"))).toHaveLength(2);
    // Its webhook is kept in a topic, which is a warning.
    expect(codesOf(read("reply-bursts.fpl"))).toEqual(["FPL0905"]);
  });

  it("gives no plan when anything is wrong, and the plans when there are only warnings", () => {
    const good = "pipeline a { from firehose() |> to topic('a') }";
    const warned = "pipeline b { from firehose() |> filter op == \"x\" |> to topic('b') }";
    expect(compile({ file: "t", text: `${good} ${warned}` }).plans).toHaveLength(2);
    const broken = "pipeline c { from firehose() |> filter lenght(did) |> to topic('c') }";
    expect(compile({ file: "t", text: `${good} ${broken}` }).plans).toEqual([]);
  });

  it("reports as many problems as it says and not one more", () => {
    const filters = (n: number) => "|> filter nope(did) ".repeat(n);
    const text = (n: number) => `pipeline p { from firehose() ${filters(n)} |> to stdout }`;
    expect(codesOf(text(DIAGNOSTICS_MAX))).toHaveLength(DIAGNOSTICS_MAX);
    expect(codesOf(text(DIAGNOSTICS_MAX + 1))).toHaveLength(DIAGNOSTICS_MAX);
  });

  it("hands the tests of a file on", () => {
    const text = `pipeline p { from firehose() |> to topic('o') }
      test 'counts' for p { given post({ text: 'a' }) expect 'o' == [{ did: 'x' }] }`;
    const { tests } = compile({ file: "t", text });
    expect(tests.map((test) => test.title)).toEqual(["counts"]);
  });
});

describe("params", () => {
  const text = `
    param a: string = 'x'
    param b: int = 1
    param c: number = 0.5
    param d: bool = true
    param e: duration = 2 * 5m
    param f: instant = t'2026-01-01T00:00:00Z'
    pipeline p { from firehose() |> map { a: $a, b: $b, c: $c, d: $d, e: $e, f: $f } |> to stdout }`;

  it("have their defaults", () => {
    expect(plansOf(text)[0]?.params).toEqual({
      a: "x",
      b: 1,
      c: 0.5,
      d: true,
      e: "10m",
      f: "2026-01-01T00:00:00.000Z",
    });
  });

  it("are read from text by their type and folded in", () => {
    const params = { a: "y", b: "-2", c: "1e3", d: "false", e: "90s", f: "2026-07-04T00:00:00Z" };
    const [plan] = plansOf(text, { params });
    const op = plan?.stages[0]?.ops[0];
    expect(op?.op === "map" && printExpr(op.expr)).toBe(
      "{ a: 'y', b: -2, c: 1000, d: false, e: 90s, f: t'2026-07-04T00:00:00.000Z' }",
    );
  });

  it.each([
    ["b", "1.5"],
    ["c", "one"],
    ["d", "yes"],
    ["e", "5"],
    ["f", "2026-02-30T00:00:00Z"],
  ])("refuse a malformed value and name the param: %s=%s", (name, value) => {
    const { diagnostics } = compile({ file: "t", text }, { params: { [name]: value } });
    expect(diagnostics.map((one) => one.code)).toEqual(["FPL0309"]);
    expect(diagnostics[0]?.message).toContain(`param \`${name}\``);
  });
});

describe("imports", () => {
  const files: Record<string, string> = {
    "lib/score.fpl": "import '../deep/half.fpl' { $half } fn decay(x) = x * $half let $n = 7",
    "deep/half.fpl": "let $half = 0.5",
  };
  const readImport = (path: string) => files[path] ?? null;

  it("bring functions and constants of other files, relative to the importing one", () => {
    const text = `import 'lib/score.fpl' { decay, $n }
      pipeline p { from topic('in') |> let x = decay(a) + $n |> to stdout }`;
    const { plans, files: read } = compile({ file: "main.fpl", text }, { readImport });
    const op = plans[0]?.stages[0]?.ops[0];
    expect(op?.op === "let" && printExpr(op.expr)).toBe("(let $decay.x = a in $decay.x * 0.5) + 7");
    expect([...read.keys()]).toEqual(["main.fpl", "lib/score.fpl", "deep/half.fpl"]);
  });

  it("bring nothing that was not asked for", () => {
    const text = `import 'lib/score.fpl' { $n }
      pipeline p { from topic('in') |> let x = decay(a) |> to stdout }`;
    expect(codesOf(text, { readImport })).toEqual(["FPL0301"]);
  });
});

describe("functions", () => {
  const value = (declarations: string, expr: string) => {
    const text = `${declarations} pipeline p { from topic('in') |> let x = ${expr} |> to stdout }`;
    const op = plansOf(text)[0]?.stages[0]?.ops[0];
    return op?.op === "let" ? printExpr(op.expr) : "";
  };

  it("put literal arguments in place and bind others once", () => {
    expect(value("fn f(x, n) = x + x * n", "f(a, 2)")).toBe("let $f.x = a in $f.x + $f.x * 2");
  });

  it("keep a parameter apart from a field of the same name after a dot", () => {
    expect(value("fn f(text) = text.text", "f(record)")).toBe(
      "let $f.text = record in $f.text.text",
    );
  });

  it("may call functions declared later", () => {
    expect(value("fn f(x) = g(x) fn g(y) = !y", "f(true)")).toBe("!true");
  });

  it("count towards the depth of the expression they are called in", () => {
    const calls = (n: number) => `fn f(x) = !x
      pipeline p { from topic('in') |> let x = ${"f(".repeat(n)}a${")".repeat(n)} |> to stdout }`;
    expect(plansOf(calls(EXPR_DEPTH_MAX / 2 - 1))).toHaveLength(1);
    expect(codesOf(calls(EXPR_DEPTH_MAX / 2))).toEqual(["FPL0190"]);
  });

  it("find recursion through others", () => {
    const text = `fn f(x) = g(x) fn g(x) = f(x)
      pipeline p { from topic('in') |> let x = f(a) |> to stdout }`;
    expect(codesOf(text)).toEqual(["FPL0307", "FPL0307"]);
  });
});

describe("pushdown", () => {
  it("moves op and collection into the input and drops the covered filter", () => {
    const stage = firstStage("|> filter op == 'create' && collection == 'app.bsky.feed.post'");
    expect(stage.input).toMatchObject({
      kinds: ["commit"],
      ops: ["create"],
      collections: ["app.bsky.feed.post"],
    });
    expect(stage.filters).toEqual([]);
  });

  it("keeps what subjects cannot say", () => {
    const stage = firstStage("|> filter op == 'create' && record.text != null && did != 'x'");
    expect(stage.input).toMatchObject({ ops: ["create"] });
    expect(stage.filters).toEqual(["record.text != null && did != 'x'"]);
  });

  it("reads alternatives, membership, either side, several filters, constants and functions", () => {
    const either = "|> filter op == 'create' || 'update' == op |> filter op != 'create'";
    expect(firstStage(either).input).toMatchObject({ ops: ["update"] });
    expect(firstStage("|> filter ['create', 'update'] has op").input).toMatchObject({
      ops: ["create", "update"],
    });
    const [plan] = plansOf(`let $op = 'create' fn made() = op == $op
      pipeline p { from firehose() |> filter made() |> to stdout }`);
    expect(plan?.stages[0]?.inputs[0]).toMatchObject({ ops: ["create"] });
  });

  it("keeps identity events for `op != 'delete'`, of which it is true", () => {
    const { input, filters } = firstStage("|> filter op != 'delete'");
    expect(input).toMatchObject({
      kinds: ["commit", "identity", "account", "sync"],
      ops: ["create", "update"],
    });
    expect(filters).toEqual([]);
  });

  it("narrows patterns, and leaves a filter that would leave nothing", () => {
    const post = "|> filter collection == 'app.bsky.feed.post'";
    expect(firstStage(post, "firehose('app.bsky.feed.*')").input).toMatchObject({
      collections: ["app.bsky.feed.post"],
    });
    const none = firstStage(post, "firehose('app.bsky.feed.like')");
    expect(none.input).toMatchObject({ collections: ["app.bsky.feed.like"] });
    expect(none.filters).toHaveLength(1);
    expect(firstStage("|> filter op == 'creat'").filters).toHaveLength(1);
  });

  it("moves nothing once a stage changed the record, or into a disjunction", () => {
    const changed = firstStage("|> let op = 'create' |> filter op == 'create'");
    expect(changed.input).toMatchObject({ ops: [] });
    expect(changed.filters).toHaveLength(1);
    expect(firstStage("|> filter op == 'create' || kind == 'sync'").filters).toHaveLength(1);
  });

  it("reads every filter before the first other stage", () => {
    const stage = firstStage("|> filter did != 'x' |> filter op == 'create'");
    expect(stage.input).toMatchObject({ ops: ["create"] });
    expect(stage.filters).toEqual(["did != 'x'"]);
  });

  it("narrows kinds", () => {
    expect(firstStage("|> filter kind == 'identity'").input).toMatchObject({ kinds: ["identity"] });
    expect(firstStage("", "events('identity', 'account')").input).toMatchObject({
      kinds: ["identity", "account"],
    });
  });
});
