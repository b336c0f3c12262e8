// What the tests of a file compile to, and what is refused in them.

import { describe, expect, it } from "vitest";
import { compile } from "../compile.ts";

const PIPELINE = `
let $langs = ['en', 'de']
param dead: int = 0
pipeline p {
  on error to dlq('p.dlq')
  from firehose('app.bsky.feed.post')
  |> to topic('p.out')
}
pipeline q {
  from topic('p.out')
  |> to stdout
}
pipeline alone {
  from topic('elsewhere')
  |> to stdout
}
`;

function compiled(steps: string, pipeline = "p") {
  const text = `${PIPELINE}test 'says so' for ${pipeline} {\n${steps}\n}`;
  const { tests, diagnostics } = compile({ file: "a.fpl", text });
  return { steps: tests[0]?.steps ?? [], diagnostics };
}

function codes(steps: string, pipeline?: string): string[] {
  return compiled(`${steps}\nexpect late == 0`, pipeline).diagnostics.map(({ code }) => code);
}

describe("a test of the language", () => {
  it("keeps its title, its pipeline and its steps in order", () => {
    const { steps, diagnostics } = compiled(`
      given post({ text: 'hi', tags: ['a'] }, did: 'did:plc:bob', time: t'2026-07-04', langs: $langs)
      given 'fixtures/some.jsonl'
      advance watermark to t'2026-07-04' + 11m
      expect 'p.out' == [{ did: 'did:plc:bob', time: t'2026-07-04', tags: [] }]`);
    expect(diagnostics).toEqual([]);
    expect(steps).toMatchObject([
      {
        kind: "given",
        event: {
          builder: "post",
          did: "did:plc:bob",
          timeMs: Date.parse("2026-07-04"),
          op: "create",
          rkey: null,
          options: { langs: ["en", "de"], tags: ["a"] },
          record: { text: "hi" },
        },
      },
      { kind: "fixture", path: "fixtures/some.jsonl" },
      { kind: "advance", toMs: Date.parse("2026-07-04T00:11:00Z") },
      {
        kind: "expect",
        expectation: {
          kind: "records",
          topic: "p.out",
          records: [{ did: "did:plc:bob", time: "2026-07-04T00:00:00.000Z", tags: [] }],
        },
      },
    ]);
  });

  it.each([
    ["expect 'p.out' has { n: 5m }", { kind: "member", record: { n: 300_000 }, present: true }],
    ["expect !('p.out' has { n: 1 })", { kind: "member", present: false }],
    ["expect 'p.dlq' == []", { kind: "records", topic: "p.dlq" }],
    [
      "expect length('p.out') >= 2",
      { kind: "number", of: { kind: "length", topic: "p.out" }, op: ">=", value: 2 },
    ],
    [
      "expect dead_letters == $dead",
      { kind: "number", of: { kind: "counter", counter: "dead_letters" }, value: 0 },
    ],
  ])("may %s", (step, expectation) => {
    const { steps, diagnostics } = compiled(step);
    expect(diagnostics).toEqual([]);
    expect(steps).toMatchObject([{ kind: "expect", expectation }]);
  });

  it("calls what its pipeline prints 'stdout'", () => {
    const { steps, diagnostics } = compiled("expect 'stdout' == []", "q");
    expect(diagnostics).toEqual([]);
    expect(steps).toMatchObject([{ expectation: { topic: "stdout.q", records: [] } }]);
  });

  it.each([
    "given post('short for its text')",
    "given post({ text: 'hi' }, reply_to: 'at://did:plc:bob/app.bsky.feed.post/a', op: 'update')",
    "given like('at://did:plc:bob/app.bsky.feed.post/a', rkey: 'self')",
    "given repost({ subject: 'at://did:plc:bob/app.bsky.feed.post/a' })",
    "given follow('did:plc:bob', time: t'2026-01-01')",
    "given event('com.example.thing', { any: [1, 2.5, null] })",
    "given delete('at://did:plc:bob/app.bsky.feed.post/a')",
    "given identity(did: 'did:plc:bob', handle: 'bob.test')",
    "given account(active: false, status: 'deactivated')",
    "given sync()",
  ])("may have %s", (step) => {
    expect(codes(step)).toEqual([]);
  });

  it.each([
    ["given pots('hi')", "FPL0330"],
    ["given post('hi', dod: 'did:plc:bob')", "FPL0110"],
    ["given post('hi', did: 'bob')", "FPL0203"],
    ["given post('hi', time: 5m)", "FPL0203"],
    ["given post('hi', op: 'remove')", "FPL0203"],
    ["given post(1)", "FPL0203"],
    ["given post({ text: record.text })", "FPL0311"],
    ["given post({ text: nope('a') })", "FPL0301"],
    ["given delete('did:plc:bob')", "FPL0203"],
    ["given delete('at://did:plc:bób/app.bsky.feed.post/a')", "FPL0203"],
    ["given delete('at://did:plc:bob/post/a')", "FPL0203"],
    ["given delete('at://did:plc:bob/app.bsky.feed.post/a/b')", "FPL0203"],
    ["given like()", "FPL0111"],
    ["advance watermark to 5m", "FPL0203"],
    ["advance watermark to t'2026-01-02' advance watermark to t'2026-01-02'", "FPL0334"],
    ["expect 1", "FPL0331"],
    ["expect 'p.out' == 1", "FPL0331"],
    ["expect 'p.out' != [{ a: 1 }]", "FPL0331"],
    ["expect late == 'none'", "FPL0331"],
    ["expect lete == 0", "FPL0332"],
    ["expect 'p.aut' == []", "FPL0333"],
    ["expect 'p.out' == [{ a: $nope }]", "FPL0302"],
  ])("is refused when it says %s", (step, code) => {
    expect(codes(step)).toEqual([code]);
  });

  it("is refused for a pipeline whose input nobody in the file writes", () => {
    expect(codes("", "q")).toEqual([]);
    expect(codes("", "alone")).toEqual(["FPL0335"]);
  });

  it("says nothing about topics when the file has other errors", () => {
    const text =
      "pipeline p { from firehose() |> filter nope(did) |> to topic('o') } test 'x' for p { expect 'q' == [] }";
    expect(compile({ file: "a", text }).diagnostics.map(({ code }) => code)).toEqual(["FPL0301"]);
  });
});
