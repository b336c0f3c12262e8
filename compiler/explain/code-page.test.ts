import { describe, expect, it } from "vitest";
import { CODES, type Code, isCode } from "../diagnostics/codes.ts";
import type { ExampleProgram } from "../diagnostics/examples/example.ts";
import { codePage, compileExample, exampleOf, renderPage } from "./code-page.ts";

const codes = Object.keys(CODES).filter(isCode);
const TOO_LARGE = ["FPL0190", "FPL0191", "FPL0414"];
/** There is nothing else to write: they are not in this release. */
const NOT_YET = ["FPL0480", "FPL0905"];

/** The codes of what is said; webhooks always add that they are not called yet. */
function saidOf(program: ExampleProgram, code: Code): Code[] {
  const said = compileExample(program).diagnostics.map((one) => one.code);
  return said.filter((one) => one === code || one !== "FPL0905");
}

describe("the page of a code", () => {
  it.each(codes)(
    "%s shows a program that earns it alone, and one that has nothing wrong",
    (code) => {
      const example = exampleOf(code);
      expect(example === null).toBe(TOO_LARGE.includes(code));
      if (example === null) return;
      expect(new Set(saidOf(example.wrong, code))).toEqual(new Set([code]));
      expect(example.right === null).toBe(NOT_YET.includes(code));
      if (example.right === null) return;
      expect(saidOf(example.right, code)).toEqual([]);
    },
  );

  it("has what it means, the wrong program with its error, and the right one", () => {
    const page = codePage("FPL0204");
    expect(page).not.toBeNull();
    expect(page && renderPage(page)).toMatchInlineSnapshot(`
      "error[FPL0204]: Values of different types compared

      Values of different types are never equal and have no order, so the comparison would always give the same. Compare a string with a string, a list's \`length(…)\` with a number, an instant with \`t'…'\`, a duration with one such as \`5m\`; \`has\` asks whether a list holds a value.

      This is wrong:

        pipeline p {
          from firehose('app.bsky.feed.post')
          |> filter op == 'create'
          |> filter record.text < 5
          |> to topic('out')
        }

        error[FPL0204]: \`<\` compares string with number
         --> example.fpl:4:13
        4 |   |> filter record.text < 5
          |             ^^^^^^^^^^^ string, from app.bsky.feed.post#text
          = help: did you mean \`length(record.text) < 5\`?

      This is right:

        pipeline p {
          from firehose('app.bsky.feed.post')
          |> filter op == 'create'
          |> filter length(record.text) < 5
          |> to topic('out')
        }
      "
    `);
    expect(codePage("FPL9999")).toBeNull();
  });
});
