import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../compile.ts";
import type { ExprNode } from "./ast.ts";
import { NESTING_MAX } from "./nesting.ts";
import { parse, SOURCE_LENGTH_MAX } from "./parser.ts";

const SUITE = new URL("../../../shared/data/jmespath/tests/", import.meta.url);
const EXAMPLES = new URL("../../../shared/design/examples/", import.meta.url);

/** A program with most of the grammar in it. */
const PROGRAM = `
# everything
import 'lib/score.fpl' { decay, $half }
param size: duration = 10m
let $langs = ['en', 'de']
fn root(r) = r.reply.root.uri ?? null
table profiles { from firehose('app.bsky.actor.profile') key did |> latest { name: record.displayName } |> retain 48h }
pipeline all version 2 {
  options { partitions: 4 }
  on error to dlq('all.dlq', max: 1000)
  from firehose('app.bsky.feed.post', 'app.bsky.feed.*') start at t'2026-01-01T00:00:00Z'
  |> filter op == 'create' && (record.text matches r'^a+' || !exists(record.langs)) && $langs has lang_of(record)
  |> let n = let $x = length(record.text), $y = 2 in $x * $y // 3 % 2 × 2 ÷ 1 − 1
  |> map { did, n, first: record.langs[0], mid: record.tags[1:-1:2], all: record.facets[].features[?tag].tag | [0], q: "quoted field", j: \`{"a": [1]}\`, k: jmes'a.true[?b == \`1\`]' }
  |> unnest tags(record) ?? [] as tag
  |> dedup(by: did, within: 1h, cap: 100)
  |> sample(1%, by: did)
  |> lookup profiles[did] as profile else drop
  |> join topic('likes') as q on q.uri == uri within -5m .. 5m cap 10
  |> window hopping(size: $size, every: 1m, grace: 10s, late: side('late'), idle: 15s, tz: 'Europe/Berlin', on: time, max_ahead: 5s)
  |> reduce by { tag, lang: record.langs[0] } { n: count(), c: collect(did, max: 5), r: sum(n) / count() }
  |> emit changes(every: 10s)
  |> top(10, by: n, per: lang)
  |> branch {
       when n > 5 ? true : false => |> map { tag } |> to topic('a.b', key: tag, partitions: 2)
       when n > 2 => |> to webhook('https://example.invalid', batch: 20)
       else => drop
     }
}
pipeline second { from union { topic('a'), events('identity') as q } start at first |> reduce by did { n: count() } expire after 30d |> to feed('x', rank: n) }
test 'a sentence' for all {
  given post({ text: 'hi #A', tags: ['a'] }, did: 'did:plc:alice', time: t'2026-07-04T00:00:01Z')
  given 'fixtures/some.jsonl'
  advance watermark to t'2026-07-04T00:11:00Z'
  expect 'trends.tags' == [{ tag: 'a', authors: 1 }]
  expect 'trends.tags' has { tag: 'a' }
  expect late == 0
}
`;

function problems(text: string): string[] {
  const found: string[] = [];
  parse(text, (code, span, message) => found.push(`${code}@${span.start} ${message}`));
  return found;
}

function jmes(expression: string): string {
  return `let $x = jmes'${expression.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** An expression with parentheses around every operation. */
function shape(text: string): string {
  const { items } = parse(`let $x = ${text}`, (_code, _span, message) => {
    throw new Error(message);
  });
  const [item] = items;
  return item?.kind === "constant" ? show(item.value) : "";
}

function show(node: ExprNode): string {
  if (node.kind === "binary") return `(${show(node.left)} ${node.op} ${show(node.right)})`;
  if (node.kind === "cond") return `(${show(node.test)} ? ${show(node.yes)} : ${show(node.no)})`;
  if (node.kind === "unary") return `(${node.op}${show(node.of)})`;
  if (node.kind === "path") return `${show(node.base)}.${node.steps.map((s) => s.kind).join(".")}`;
  if (node.kind === "field") return node.name;
  if (node.kind === "literal") return JSON.stringify(node.value);
  return node.kind;
}

describe("parse", () => {
  it("reads the whole grammar", () => {
    expect(problems(PROGRAM)).toEqual([]);
    expect(parse(PROGRAM, () => {}).items.map((item) => item.kind)).toEqual([
      "import",
      "param",
      "constant",
      "fn",
      "table",
      "pipeline",
      "pipeline",
      "test",
    ]);
  });

  it.skipIf(!existsSync(EXAMPLES))("reads the examples of the design", () => {
    for (const name of readdirSync(EXAMPLES)) {
      expect(problems(readFileSync(new URL(name, EXAMPLES), "utf8")), name).toEqual([]);
    }
  });

  it("never throws and always gives a tree, whatever is cut, doubled or put in", () => {
    const edit = fc.record({
      at: fc.nat(PROGRAM.length),
      cut: fc.nat(30),
      put: fc.oneof(
        fc.string({ maxLength: 5 }),
        fc.constantFrom("|>", "{", "}", "(", "'", "?", "let"),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        let text = PROGRAM;
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
        expect(parse(text, () => {}).items).toBeInstanceOf(Array);
        const { diagnostics, plans } = compile({ file: "a.fpl", text });
        for (const { span } of diagnostics) {
          expect(span.start).toBeGreaterThanOrEqual(0);
          expect(span.end).toBeGreaterThanOrEqual(span.start);
          expect(span.end).toBeLessThanOrEqual(text.length);
        }
        if (diagnostics.some((one) => one.severity === "error")) expect(plans).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("reports every broken stage once, and no cascade", () => {
    const text = `pipeline p {
      from firehose()
      |> whre op == 'create' && (
      |> filter (a == 1
      |> map { a b }
      |> to topic('x'
    }`;
    expect(problems(text).map((problem) => problem.split("@")[0])).toEqual([
      "FPL0102",
      "FPL0101",
      "FPL0101",
      "FPL0101",
    ]);
  });

  it.each([
    ["filter op = 'create'", "write `==`"],
    ["filter a and b", "write `&&`"],
    ["map { did, }", "take the `,` before it away"],
    ["filter record['text'] == 'a'", "for a field write `.name`"],
    ["filter a filter b", "is a `|>` missing before `filter`?"],
  ])("knows what was meant by %s", (stage, hint) => {
    const helps: (string | undefined)[] = [];
    parse(`pipeline p { from firehose() |> ${stage} |> to stdout }`, (...[, , , extra]) => {
      helps.push(extra?.help);
    });
    expect(helps).toEqual([expect.stringContaining(hint)]);
  });
});

describe("precedence", () => {
  it.each([
    ["a | b || c", "(a | (b || c))"],
    ["a || b && c", "(a || (b && c))"],
    ["a && b == c", "(a && (b == c))"],
    ["a == b ?? c", "(a == (b ?? c))"],
    ["a ?? b + c", "(a ?? (b + c))"],
    ["a + b * c", "(a + (b * c))"],
    ["a - b - c", "((a - b) - c)"],
    ["a // b % c", "((a // b) % c)"],
    ["-a * b", "((-a) * b)"],
    ["!a == b", "((!a) == b)"],
    ["!a.b", "(!a.field)"],
    ["a has b && c matches d", "((a has b) && (c matches d))"],
    ["a ? b : c ? d : e", "(a ? b : (c ? d : e))"],
    ["a || b ? c | d : e", "((a || b) ? (c | d) : e)"],
    ["a ? b : c | d", "((a ? b : c) | d)"],
    ["(a || b) && c", "((a || b) && c)"],
    ["a.b[0].c == 1", "(a.field.index.field == 1)"],
    ["a × b ÷ c − d", "(((a * b) / c) - d)"],
    ["true && record.true", "(true && record.field)"],
    ["has has has", "(has has has)"],
  ])("%s is read as %s", (text, expected) => {
    expect(shape(text)).toBe(expected);
  });
});

describe("limits", () => {
  const pipeline = (expr: string) =>
    `pipeline p { from firehose() |> filter ${expr} |> to stdout }`;
  const codes = (text: string) => problems(text).map((problem) => problem.split("@")[0]);
  const nested = (levels: number) => pipeline(`${"(".repeat(levels)}op${")".repeat(levels)}`);

  it("takes as many open brackets as it says and not one more", () => {
    // The braces of the pipeline are open too.
    expect(codes(nested(NESTING_MAX - 1))).toEqual([]);
    expect(codes(nested(NESTING_MAX))).toEqual(["FPL0190"]);
  });

  it("recovers from a mistake at the deepest nesting there may be", () => {
    const open = "(".repeat(NESTING_MAX - 1);
    for (const mistake of ["= 'x'", "a =", "|> |>", "[", "} from"]) {
      expect(codes(pipeline(`${open}${mistake}`))).not.toEqual([]);
    }
  });

  it("takes a source as long as it says and not one more", () => {
    expect(codes("#".repeat(SOURCE_LENGTH_MAX))).toEqual([]);
    expect(codes("#".repeat(SOURCE_LENGTH_MAX + 1))).toEqual(["FPL0191"]);
  });

  it.each([
    ["parentheses", nested(100_000)],
    ["negations", pipeline(`${"!".repeat(100_000)}a`)],
    ["signs", pipeline(`${"- ".repeat(100_000)}a`)],
    ["conditionals in the middle", pipeline(`${"a ? ".repeat(30_000)}a${" : a".repeat(30_000)}`)],
    ["conditionals at the end", pipeline(`${"a ? b : ".repeat(30_000)}a`)],
    ["lets", pipeline(`${"let $a = 1 in ".repeat(18_000)}a`)],
    ["lets as operands", pipeline(`${"a | let $a = b in ".repeat(14_000)}a`)],
    ["lets in lets", pipeline("let $a = ".repeat(20_000))],
    ["fields", pipeline(`a${".b".repeat(100_000)}`)],
    ["projections", pipeline(`a${"[*].b".repeat(50_000)}`)],
    ["alternatives", pipeline(`a${" || a".repeat(50_000)}`)],
    ["open filters", pipeline("a[?".repeat(80_000))],
    ["unions", `pipeline p { from ${"union { ".repeat(30_000)}`],
    ["branches", `pipeline p { from firehose() ${"|> branch { when a => ".repeat(10_000)}`],
    ["parentheses in jmes", pipeline(`jmes'${"(".repeat(50_000)}'`)],
  ])("refuses endless %s once, without exhausting the stack", (_name, text) => {
    expect(codes(text)).toEqual(["FPL0190"]);
  });
});

describe("jmes'…'", () => {
  it("places errors inside it in the source", () => {
    expect(problems("let $x = jmes'a == \\'b\\' c'")).toEqual([
      "FPL0104@25 expected an operator or the end, found `c`",
    ]);
  });

  it("takes `true` for a field and refuses what is not JMESPath", () => {
    expect(problems(jmes("true.b"))).toEqual([]);
    for (const expression of ["1", "5m", "a ?? b", "a has b", "a ? b : c", "{a}"]) {
      expect(problems(jmes(expression)), expression).not.toEqual([]);
    }
  });

  it("takes what the community edition added", () => {
    for (const expression of [
      "a | let $x = b in $x | c",
      "!let $x = b in $x",
      "let.a || !let",
      "let $x = a in b[*].c == $x",
      "$.a + b * `2`",
      "a // b - c % d",
    ]) {
      expect(problems(jmes(expression)), expression).toEqual([]);
    }
  });

  it.skipIf(!existsSync(SUITE))("agrees with the compliance suite on what is well formed", () => {
    let seen = 0;
    for (const { expression, error } of suiteCases()) {
      seen += 1;
      // A step of 0 is an error of evaluation there; here it is known before.
      const broken = error === "syntax" || error === "invalid-value";
      expect(problems(jmes(expression)).length > 0, expression).toBe(broken);
    }
    expect(seen).toBeGreaterThan(800);
  });
});

type SuiteCase = { expression: string; error?: string };

function suiteCases(): SuiteCase[] {
  return readdirSync(SUITE).flatMap((name) => {
    // The files are lists of {given, cases}.
    const groups = JSON.parse(readFileSync(new URL(name, SUITE), "utf8")) as {
      cases: SuiteCase[];
    }[];
    return groups.flatMap((group) => group.cases);
  });
}
