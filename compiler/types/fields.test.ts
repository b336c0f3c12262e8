import { describe, expect, it } from "vitest";
import { compile } from "../compile.ts";

function found(stages: string, source = "firehose()"): string[] {
  const text = `pipeline p { from ${source} ${stages} |> to topic('out') }`;
  return compile({ file: "t.fpl", text }).diagnostics.map((one) => `${one.code} ${one.message}`);
}

const WINDOWED = "|> window tumbling(size: 1m) |> reduce by did { n: count() }";

describe("fields", () => {
  it.each([
    ["|> filter recrod.text == 'a'", "FPL0205 unknown field `recrod`, did you mean `record`?"],
    ["|> map { did } |> filter op == 'x'", "FPL0205 unknown field `op`"],
    ["|> filter $.recrod == null", "FPL0205 unknown field `recrod`, did you mean `record`?"],
    [
      "|> filter record.tags[?$.dib == @] != null",
      "FPL0205 unknown field `dib`, did you mean `did`?",
    ],
    [`${WINDOWED} |> filter seq > 5`, "FPL0205 unknown field `seq`"],
    [`${WINDOWED} |> top(3, by: m)`, "FPL0205 unknown field `m`, did you mean `n`?"],
    [
      "|> window tumbling(size: 1m) |> reduce by didd as k { n: count() }",
      "FPL0205 unknown field `didd`, did you mean `did`?",
    ],
    [
      "|> window tumbling(size: 1m) |> reduce by did { n: sum(seqq) }",
      "FPL0205 unknown field `seqq`, did you mean `seq`?",
    ],
  ])("finds the wrong field in %s", (stages, message) => {
    expect(found(stages)).toEqual([message]);
  });

  it.each([
    "|> filter record.anything.at.all == 1",
    "|> filter record.tags[?name == 'x' && $.did != null] | [0].whatever",
    "|> filter sort_by(record.list, &score)[0].name == 'x'",
    "|> filter exists(anything)",
    "|> let a = 1 |> unnest record.tags as tag |> filter a == 1 && tag == 'x'",
    "|> map { did } |> filter time != null",
    "|> map record |> filter text == 'x'",
    `${WINDOWED} |> filter n > 5 && window.start < time`,
  ])("leaves %s alone", (stages) => {
    expect(found(stages)).toEqual([]);
  });

  it("knows of a topic of another file what it is told", () => {
    const text = "pipeline p { from topic('elsewhere') |> filter m == 1 |> to topic('out') }";
    const writer = compile({
      file: "w.fpl",
      text: `pipeline w { from firehose() ${WINDOWED} |> to topic('elsewhere') }`,
    });
    const codes = (topics?: typeof writer.topics) =>
      compile({ file: "t.fpl", text }, topics ? { topics } : {}).diagnostics.map(
        ({ code }) => code,
      );
    expect(codes()).toEqual([]);
    expect(codes(writer.topics)).toEqual(["FPL0205"]);
  });

  it("copes with pipelines that read each other", () => {
    const text = `pipeline a { from topic('b') |> filter x == 1 |> to topic('a') }
      pipeline b { from topic('a') |> filter y == 1 |> to topic('b') }`;
    expect(compile({ file: "t.fpl", text }).diagnostics).toEqual([]);
  });

  it("warns of a field where a string was meant, with the fix", () => {
    const text = `pipeline p { from firehose() |> filter record.text == "foo" |> to stdout }`;
    const [warning] = compile({ file: "t.fpl", text }).diagnostics;
    expect(warning).toMatchObject({ code: "FPL0901", severity: "warning" });
    expect(warning?.fix?.text).toBe("'foo'");
    const { span, text: fix } = warning?.fix ?? { span: { start: 0, end: 0 }, text: "" };
    const fixed = text.slice(0, span.start) + fix + text.slice(span.end);
    expect(compile({ file: "t.fpl", text: fixed }).diagnostics).toEqual([]);
  });
});
