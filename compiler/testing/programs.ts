// Every program there is to try things on, and random changes to them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { lex } from "../syntax/lexer.ts";

const ROOT = new URL("../../", import.meta.url);
const FOLDERS = ["pipelines/", "examples/", "test/golden/", "../shared/design/examples/"];

/** A program that uses every item, stage and operator of the grammar, with a comment in most places. */
const WHOLE_GRAMMAR = `# head

   # second
import 'lib/score.fpl' {decay,$k}
param size:duration=10m # trailing
param no_default: int
let $langs=['en','de']
fn root(r)=r.reply.root.uri??null
fn neg(a)=-a- -3+!b.c[0][1:2][::-1][-1][*].x[?a==\`1\`].*|[0]&&(a||b)&&c has 'x'?[1,2]:{a,b:2,"q r":\`{"j":
 [1]}\`}
fn long(text) = length(text) > 100 && length(text) < 2000 ? 'long' : length(text) > 40 && contains(text, 'very') ? 'medium' : 'short'
table t { from firehose('x.y.z') key did # key
 |> latest {a:b} |> retain 48h }


pipeline p version 2{ options{a:1}
 # error
 on error to dlq('a.b',max:1)
 table inner { from topic('i') |> filter a key b |> latest { c } }
 from union{firehose('a.b.c') ,topic('q') as q} start at t'2026-01-01T00:00:00Z' # source
 |>filter -x<3 # c
   # only
   && y matches r'^\\d+$' || 7 × 2 ÷ 3 − 1 // 5 % 2 != 1.5e3
 |>dedup(by: did,within:1h) |>sample(1%,by:did)
 # before
 |> reduce by {k1:a,k2:b}{ n:count(),# n
   m: sum(x)/count() } expire after 30d cap: 10
 |> reduce by a.b as c { n: count() } cap 5
 |> unnest sort_by(tags, &@.x)[].y as tag
 |> window hopping(size:$size,every:1m,late:side('l')) |> top(20,by:authors) |> emit changes(every:10s)
 |> lookup T[a.b] as q else drop
 |> join topic('a') as q on q.a==b within -1h .. 1h cap 10
 |> let z = let $x=1,$y=2 in let $z=3 in $x+$y - $z*2 % 3
 |> map jmes'foo || bar | [?a == \\'b\\']'.x
 |> map { extremely_long_name_number_one: extremely_long_name_number_one, extremely_long_name_number_two }
 |> branch { when a=='x' => |> map {a} |> to topic('b')
   # nothing
   else => drop # dropped
   # end of arms
  }
 |> to stdout
 # last
}
test 'it\\'s x' for p { given post({text:'hi #A',tags:['a']},did:'did:plc:alice',time:t'2026-07-04T00:00:01Z')
given 'f.jsonl' advance watermark to t'2026-07-04T00:11:00Z'  expect 'trends.tags'==[{tag:'a',authors:1},{tag:'b',authors:2},{tag:'c',authors:3},{tag:'d',authors:4}]
expect late==0 } # bye
# end
`;

/** The texts of all programs of the repository, the golden ones with their mistakes included. */
export function allPrograms(): string[] {
  const files = FOLDERS.map((folder) => new URL(folder, ROOT)).filter((url) => existsSync(url));
  const texts = files.flatMap((url) =>
    readdirSync(url)
      .filter((name) => name.endsWith(".fpl"))
      .map((name) => readFileSync(new URL(name, url), "utf8")),
  );
  return [WHOLE_GRAMMAR, ...texts];
}

type Edit = { readonly at: number; readonly length: number; readonly text: string };

/** A program with a few random edits: insertions, deletions, swapped tokens, cut ends, any Unicode. */
export function editedPrograms(): fc.Arbitrary<string> {
  const programs = allPrograms();
  const images = [...new Set(programs.flatMap(tokensOf))];
  const text = fc.oneof(
    fc.constantFrom(...images),
    fc.constantFrom("", " ", "\n", "#", "'", "`", '"', "{", "}", "(", "[", "|>", "\r\n", "\u0000"),
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.string({ unit: "grapheme", maxLength: 6 }),
    fc.tuple(fc.constantFrom(...programs), fc.nat(2000), fc.nat(80)).map(([from, at, length]) => {
      return from.slice(at % from.length, (at % from.length) + length);
    }),
  );
  const edit = fc.record({ at: fc.nat(5000), length: fc.nat(30), text });
  return fc
    .record({
      program: fc.constantFrom(...programs),
      edits: fc.array(edit, { minLength: 1, maxLength: 5 }),
      swaps: fc.array(fc.tuple(fc.nat(400), fc.nat(400)), { maxLength: 2 }),
      end: fc.option(fc.nat(5000), { freq: 3 }),
    })
    .map(({ program, edits, swaps, end }) => {
      const changed = edits.reduce(applyEdit, swaps.reduce(swapTokens, program));
      return end === null ? changed : changed.slice(0, end % (changed.length + 1));
    });
}

function applyEdit(text: string, { at, length, text: inserted }: Edit): string {
  const start = at % (text.length + 1);
  return text.slice(0, start) + inserted + text.slice(start + length);
}

function swapTokens(text: string, [a, b]: [number, number]): string {
  const tokens = lex(text, "fpl", () => {}).tokens;
  if (tokens.length === 0) return text;
  const [i, j] = [a % tokens.length, b % tokens.length].sort((x, y) => x - y);
  const [left, right] = [tokens[i ?? 0], tokens[j ?? 0]];
  if (left === undefined || right === undefined || left === right) return text;
  const leftEnd = left.startOffset + left.image.length;
  const rightEnd = right.startOffset + right.image.length;
  return (
    text.slice(0, left.startOffset) +
    right.image +
    text.slice(leftEnd, right.startOffset) +
    left.image +
    text.slice(rightEnd)
  );
}

/** A program with the same tokens and anything that may stand between them. */
export function respacedPrograms(): fc.Arbitrary<string> {
  const gap = fc.oneof(
    { weight: 12, arbitrary: fc.constant(" ") },
    fc.constantFrom("\n", "\r\n", "\n\n", "  \t ", "\n\n\n  "),
    fc.constantFrom(" # one\n", "\n# own line\n", " # a  \n\n  # b\n\n", "#\n", "\n\n\n# x\n# y\n"),
  );
  return fc
    .tuple(fc.constantFrom(...allPrograms()), fc.infiniteStream(gap))
    .map(([program, gaps]) =>
      tokensOf(program).reduce((text, image) => text + next(gaps) + image, ""),
    );
}

function next(gaps: Iterator<string>): string {
  return String(gaps.next().value ?? " ");
}

/** The tokens of a text as they are written. */
export function tokensOf(text: string): string[] {
  return lex(text, "fpl", () => {}).tokens.map(({ image }) => image);
}

/** The comments of a text, without trailing spaces. */
export function commentsOf(text: string): string[] {
  return lex(text, "fpl", () => {})
    .trivia.filter(({ image }) => image.startsWith("#"))
    .map(({ image }) => image.trimEnd());
}
