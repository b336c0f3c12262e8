// The style, shown: what the author wrote, and what the formatter makes of it.

import { describe, expect, it } from "vitest";
import { formatProgram } from "./format.ts";

function format(text: string): string {
  const formatted = formatProgram({ file: "a.fpl", text });
  return formatted.ok ? formatted.text : formatted.diagnostics.map(({ code }) => code).join(" ");
}

describe("formatting", () => {
  it("gives every stage a line and leaves a file in the style as it is", () => {
    const styled = `# Counts.
param size: duration = 10m

pipeline p {
  from firehose('app.bsky.feed.post')
  |> filter op == 'create' && length(record.text) > 40
  |> window tumbling(size: $size)
  |> reduce by did { n: count() }
  |> to stdout
}
`;
    expect(format(styled)).toBe(styled);
    expect(format(styled.replaceAll(/\n +/g, " "))).toBe(styled);
  });

  it("breaks what is too long one entry a line, and before its loosest operators", () => {
    const field = "record.a_field_with_a_long_name";
    expect(
      format(
        `pipeline p{from firehose()|>filter ${field} == 'x' && ${field} != 'y' || ${field} has 'z'|>map {a:${field},b:${field},c:${field}}|>to stdout}`,
      ),
    ).toBe(`pipeline p {
  from firehose()
  |> filter ${field} == 'x' && ${field} != 'y'
       || ${field} has 'z'
  |> map {
       a: ${field},
       b: ${field},
       c: ${field}
     }
  |> to stdout
}
`);
  });

  it("leaves braces open that the author opened", () => {
    expect(format("let $a = f({\n b: 1, c: 2 }, { d: 3,\n e: 4 })\n")).toBe(`let $a = f(
  {
    b: 1,
    c: 2
  },
  { d: 3, e: 4 }
)
`);
  });

  it("tells signs from operators, calls from groups, indices from lists", () => {
    expect(format("fn f(a)=-a- -3*(a+ -1)-g (a)[ -1 ][1 : ][*].b+[1 , a][0]")).toBe(
      "fn f(a) = -a - -3 * (a + -1) - g(a)[-1][1:][*].b + [1, a][0]\n",
    );
    expect(format("fn f(a)=!( a has 'x' )?a. * :@.{ b }||[ ]")).toBe(
      "fn f(a) = !(a has 'x') ? a.* : @.{ b } || []\n",
    );
  });

  it("keeps literals, operators and words as written", () => {
    const text = `let $a = [1.50, 90s, 1.5h, t'2026-01-01', r'a\\d', \`{"a":  1}\`, 'it\\'s', "a b", 2 × 3 ÷ 4 − 1]\n`;
    expect(format(text)).toBe(text);
  });

  it("keeps every comment where it is: leading, trailing, between stages, in braces, at the end", () => {
    const text = `# file

# of the item
pipeline p { # of the body
  # before the source
  from firehose() # of the source
  # before the stage
  |> filter a # of an operand
       # of the next
       && b
  |> map {
       # of an entry
       a, # of a
       b
       # end of the braces
     }
  |> to stdout # of the sink
  # end of the body
} # of the pipeline
# end of the file
`;
    expect(format(text)).toBe(text);
  });

  it("keeps one empty line where there are any, and sets blocks apart", () => {
    expect(
      format(
        "\n\nlet $a = 1\nlet $b = 2\n\n\n\nlet $c = 3\npipeline p { from firehose()\n\n\n|> to stdout }\n\n",
      ),
    ).toBe(
      `let $a = 1
let $b = 2

let $c = 3

pipeline p {
  from firehose()

  |> to stdout
}
`,
    );
  });

  it("puts an arm of a branch on one line where it fits", () => {
    const text = `pipeline p {
  from firehose()
  |> branch {
       when op == 'create' => |> map { did } |> to topic('created')
       when op == 'delete' =>
         |> map { did, uri, collection, key_of_the_record: rkey }
         |> to topic('deleted', key: did, partitions: 4)
       else => drop
     }
}
`;
    expect(format(text.replaceAll(/\s+/g, " "))).toBe(text);
  });

  it("lays out tests a step a line, and lists of expected records a record a line", () => {
    const text = `test 'counts' for p {
  given post({ text: 'hi #A', tags: ['a'] }, did: 'did:plc:alice', time: t'2026-07-04T00:00:01Z')
  given 'fixtures/some.jsonl'
  advance watermark to t'2026-07-04T00:11:00Z'
  expect 'trends.tags' == [
    { tag: 'a', authors: 1, sample: 'at://did:plc:alice/app.bsky.feed.post/3l6oveex3ii2l' },
    { tag: 'b', authors: 1, sample: 'at://did:plc:alice/app.bsky.feed.post/3l6oveex3ii2m' }
  ]
  expect late == 0
}
`;
    expect(format(text.replaceAll(/\s+/g, " "))).toBe(text);
  });

  it("gives nothing for an empty file, and only comments for one of comments", () => {
    expect(format(" \n")).toBe("");
    expect(format("\uFEFF  # a \r\n\r\n\r\n#b")).toBe("# a\n\n#b\n");
  });

  it("says why a file with mistakes is not formatted", () => {
    expect(format("pipeline p { from firehose() |> whre a |> to stdout }")).toBe("FPL0102");
    expect(format("let $a = 'x")).toBe("FPL0002");
  });
});
