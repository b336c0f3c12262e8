// docs/jmespath.md: how far the language and `jmes'…'` agree with JMESPath, from what was found out by trying.

import type { Json } from "../../plan/expr.ts";
import { agree, type Engine, engineOf, type Outcome, PLAIN, STRICT } from "./engines.ts";
import { RULES } from "./fuzz.ts";
import type { Rule } from "./rules.ts";
import { casesOf, SUITE_FILES, type SuiteCase } from "./suite.ts";

/** Why the language refuses a case of the suite that is valid JMESPath, by the first code. */
const REASONS: Readonly<Record<string, string>> = {
  FPL0002: "a string ends on the line it begins on, so that a forgotten quote is found there",
  FPL0207: "the key may be null for some element, which would fail at run time: say `?? …`",
  FPL0211: "`*||*` is a list or null, and `*` finds nothing in a list",
};

/** The whole page. */
export function jmespathDocs(): string {
  return `${INTRODUCTION}\n${plainSection()}\n${othersSection()}`;
}

const INTRODUCTION = `# JMESPath

The expressions of the language are a superset of [JMESPath](https://jmespath.org), community edition. \`jmes'…'\` is JMESPath
itself, for pasted expressions. This page is written by \`test/jmespath/jmespath-docs.test.ts\` (\`-u\` renews it), which fails when
it is no longer true.
`;

function plainSection(): string {
  const cases = SUITE_FILES.flatMap(casesOf);
  const valid = cases.filter(({ error }) => error === undefined);
  const exceptions = valid.filter(
    (one) => !agree(PLAIN.evaluate(one.expression, one.given), expected(one)),
  );
  const rows = exceptions.map((one) => {
    const { error } = { error: "", ...PLAIN.evaluate(one.expression, one.given) };
    const code = error.split(" ")[0] ?? "";
    return row([inCode(one.expression), code, REASONS[code] ?? "?"]);
  });
  return `## The compliance suite

Through \`jmes'…'\`, all ${cases.length} cases of the suite give what they should: ${valid.length} valid expressions and ${cases.length - valid.length} mistakes.
Written bare, ${valid.length - exceptions.length} of the ${valid.length} valid expressions give the same. The others are refused when they are compiled:

${row(["expression", "code", "why"])}
| --- | --- | --- |
${rows.join("\n")}
`;
}

/** What is common to all cases without a result is that they are valid. */
function expected({ expression, given, result }: SuiteCase): Outcome {
  return result === undefined ? STRICT.evaluate(expression, given) : { value: result };
}

/** The part of the page that does not need the suite. */
export function othersSection(): string {
  return `## Where others differ

\`npm run fuzz:jmespath\` holds random expressions on random documents against two implementations that share no code with ours, and the
language against \`jmes'…'\`. What disagrees has to be explained by one of these rules, each with the least example of it.

### jmespath.js 0.16 and \`jmes'…'\`

${table("jmespath.js")}
### @jmespath-community/jmespath 1.3 and \`jmes'…'\`

${table("community")}
### The language and \`jmes'…'\`

${table("plain")}`;
}

function table(against: Engine["name"]): string {
  const rows = RULES.filter((rule) => rule.against === against).map(ruleRow);
  const head = row([
    "what",
    "expression",
    "on",
    "`jmes'…'`",
    against === "plain" ? "the language" : "theirs",
  ]);
  const why = RULES.filter((rule) => rule.against === against).map(
    ({ name, why }) => `- **${name}**: ${why}.`,
  );
  return `${head}\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n\n${why.join("\n")}\n`;
}

function ruleRow({ name, against, example: [expression, given] }: Rule): string {
  const outcomes = [STRICT, engineOf(against)].map((engine) =>
    show(engine.evaluate(expression, given)),
  );
  return row([name, inCode(expression), inCode(JSON.stringify(given)), ...outcomes]);
}

function show(outcome: Outcome): string {
  if ("error" in outcome) return /^FPL\d+/.exec(outcome.error)?.[0] ?? "an error";
  const { value } = outcome;
  return typeof value === "string" && value.startsWith("no JSON: ")
    ? value.slice(9)
    : inCode(json(value));
}

function json(value: Json): string {
  return JSON.stringify(value);
}

/** A backtick would end the code. */
function inCode(text: string): string {
  const visible = text.replaceAll("\n", "⏎");
  return visible.includes("`") ? `\`\` ${visible} \`\`` : `\`${visible}\``;
}

/** A bar would end the cell. */
function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
