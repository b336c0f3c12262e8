// The stages of a pipeline as explain shows them.

import { expect, it } from "vitest";
import { compile } from "../compile.ts";
import { stagesAsWritten } from "./as-written.ts";

function written(text: string) {
  const { types, diagnostics } = compile({ file: "a.fpl", text });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const [first] = types;
  return first === undefined ? [] : stagesAsWritten(text, first);
}

it("says the type where it changes, and only what changed of it", () => {
  const stages = written(`pipeline p {
    from firehose('app.bsky.feed.post')   # the source
    |> filter op == 'create'
    |> filter did != ''
    |> let n =
         length( record.text ) # code points
    |> map { did, n }
    |> to topic('out')
  }`);
  expect(stages.slice(1).map(({ text, change }) => ({ text, change }))).toEqual([
    { text: "|> filter op == 'create'", change: expect.stringMatching(/^\{…, op: 'create'/) },
    { text: "|> filter did != ''", change: null },
    { text: "|> let n = length( record.text )", change: "{…, n: int}" },
    { text: "|> map { did, n }", change: "{did: did, n: int, time: instant}" },
    { text: "|> to topic('out')", change: null },
  ]);
  expect(stages[0]?.text).toBe("from firehose('app.bsky.feed.post')");
  expect(stages.at(-1)?.type).toBe("{did: did, n: int, time: instant}");
});

it("sets the arms of a branch in, each with what goes into the branch", () => {
  const stages = written(`pipeline p {
    from firehose()
    |> map { did, op }
    |> branch {
         when op == 'create' => |> map { did } |> to topic('a')
         when op == 'delete' => |> let gone = true |> to topic('b')
         else => drop
       }
  }`);
  expect(stages.slice(2).map(({ text, depth, change }) => [depth, text, change])).toEqual([
    [0, "|> branch", null],
    [1, "when op == 'create'", null],
    [2, "|> map { did }", "{did: did, time: instant}"],
    [2, "|> to topic('a')", null],
    [1, "when op == 'delete'", null],
    [2, "|> let gone = true", "{…, op: 'delete', gone: bool}"],
    [2, "|> to topic('b')", null],
    [1, "else", null],
    [2, "drop", null],
  ]);
});
