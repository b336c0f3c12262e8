import { describe, expect, it } from "vitest";
import { diagnosticsOf, type Program, programOf } from "./typed.test-support.ts";

const POSTS = { source: "firehose('app.bsky.feed.post')" };

describe("a fix", () => {
  it.each<[stage: string, fixed: string, program?: Program]>([
    ["filter record.text < 5", "filter length(record.text) < 5"],
    ["filter 5 > record.text", "filter 5 > length(record.text)"],
    ["filter record.langs >= 2", "filter length(record.langs ?? `[]`) >= 2"],
    ["filter record.langs == 'en'", "filter record.langs has 'en'"],
    ["filter record.langs != 'en'", "filter !(record.langs has 'en')"],
    ["filter time > '2026-07-04'", "filter time > t'2026-07-04'"],
    ["filter '2026-07-04' < time", "filter t'2026-07-04' < time"],
    ["filter seq == '5'", "filter seq == 5"],
    ["filter record.text == 5", "filter record.text == '5'"],
    ["filter is_reply(record) == 'true'", "filter is_reply(record) == true"],
    ["filter record.txt != ''", "filter record.text != ''"],
    ["filter recrod.text != ''", "filter record.text != ''"],
    [
      `filter record."txet" == 'a' && record.txet == 'a'`,
      `filter record."txet" == 'a' && record.text == 'a'`,
    ],
    ["filter contains(record.text, 'a')", "filter contains(record.text ?? '', 'a')", POSTS],
    ["filter contains(record.langs, 'a')", "filter contains(record.langs ?? `[]`, 'a')"],
    ["filter length(record.reply.root.uri) > 1", "filter length(record.reply.root.uri ?? '') > 1"],
    [
      "filter length(record.reply ? record.reply.root.uri : null) > 1",
      "filter length((record.reply ? record.reply.root.uri : null) ?? '') > 1",
    ],
    ["let x = to_number(record.text) * 2", "let x = (to_number(record.text) ?? 0) * 2"],
    ["let x = sum([1, to_number('2')])", "let x = sum([1, to_number('2')][*])"],
    ["let x = lower(seq)", "let x = lower(to_string(seq))"],
    ["let x = pad_left(record.text, seq / 2)", "let x = pad_left(record.text, floor(seq / 2))"],
    ["let x = sort_by(['a'], length(@))", "let x = sort_by(['a'], &length(@))"],
    ["let x = record.text + '!'", "let x = join('', [record.text, '!'])"],
    ["filter record.reply", "filter record.reply != null"],
    ["filter record.text", "filter record.text != ''"],
    ["filter record.langs", "filter length(record.langs ?? `[]`) > 0"],
    ["filter tags(record)", "filter length(tags(record)) > 0"],
    ["filter seq", "filter seq != 0"],
    ["map record.text", "map { text: record.text }"],
    ["map length(record.text)", "map { value: length(record.text) }"],
    ["unnest record.text as it", "unnest split(record.text, ' ') as it"],
    ["unnest record as it", "unnest values(record) as it"],
    ["unnest seq as it", "unnest [seq] as it"],
    ["filter 'en' has record.langs", "filter record.langs has 'en'"],
    ["filter op == 'creat'", "filter op == 'create'", POSTS],
    ['filter record.text == "cat"', "filter record.text == 'cat'"],
    [
      "window tumbling(size: 1m) |> reduce by did { n: sum(record.text) }",
      "window tumbling(size: 1m) |> reduce by did { n: sum(length(record.text)) }",
    ],
    [
      "window tumbling(size: 1m) |> reduce by did { n: collect(uri, 3) } |> top(3, by: n)",
      "window tumbling(size: 1m) |> reduce by did { n: collect(uri, 3) } |> top(3, by: length(n))",
    ],
  ])("of `%s` gives `%s`, which compiles", (stage, fixed, program) => {
    const text = programOf(stage, program);
    const [diagnostic, ...others] = diagnosticsOf(text);
    expect(others).toEqual([]);
    const { span, text: replacement } = diagnostic?.fix ?? { span: { start: 0, end: 0 }, text: "" };
    const after = text.slice(0, span.start) + replacement + text.slice(span.end);
    expect(after).toBe(programOf(fixed, program));
    expect(diagnosticsOf(after)).toEqual([]);
  });
});
