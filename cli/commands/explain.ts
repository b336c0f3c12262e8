// `fpaas explain`: what a program becomes, or what a diagnostic's code means.

import type { Command } from "commander";
import { CODES } from "../../compiler/diagnostics/codes.ts";
import { didYouMean } from "../../compiler/diagnostics/suggest.ts";
import { stagesAsWritten, type WrittenStage } from "../../compiler/explain/as-written.ts";
import { codePage, renderPage } from "../../compiler/explain/code-page.ts";
import { drawPlan, stageFacts } from "../../plan/draw.ts";
import { explainHead, explainStages } from "../../plan/explain.ts";
import type { Plan } from "../../plan/plan.ts";
import { type CommonOptions, type Context, collect, type Finish, newCommand } from "../context.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { loadPlans, type Program } from "../programs.ts";

type Options = CommonOptions & { readonly param?: string[] };

const CODE = /^FPL\d{4}$/i;

export function explainCommand(context: Context, finish: Finish): Command {
  return newCommand("explain", "draw the plan of a file, or tell about a code such as FPL0204")
    .argument("<file|code>", "an .fpl file, or the code of a diagnostic")
    .option("--param <name=value>", "the value of a param; repeatable", collect)
    .action(async (what: string, options: Options) => {
      if (CODE.test(what)) await page(what.toUpperCase(), options, context);
      else await draw(what, options, context);
      finish(EXIT.ok);
    });
}

async function page(code: string, options: Options, { terminal }: Context): Promise<void> {
  const found = codePage(code);
  if (found === null) {
    const hint = didYouMean(code, Object.keys(CODES));
    throw new CommandError(EXIT.notFound, `there is no code ${code}${hint}`);
  }
  if (options.json === true) await terminal.json(found);
  else await terminal.data(`${renderPage(found).trimEnd()}\n`);
}

async function draw(file: string, options: Options, context: Context): Promise<void> {
  const { plans, programs } = await loadPlans([file], options.param ?? [], context);
  const explained = plans.map((plan) => explain(plan, programs));
  if (options.json === true) await context.terminal.json(explained.map(planJson));
  else await context.terminal.data(`${explained.map(planText).join("\n\n")}\n`);
}

type Explained = {
  readonly plan: Plan;
  readonly written: readonly WrittenStage[];
  readonly unknownCollections: readonly string[];
};

function explain(plan: Plan, programs: readonly Program[]): Explained {
  for (const { text, result } of programs) {
    const types = result.types.find(({ pipeline }) => pipeline === plan.pipeline);
    if (types === undefined) continue;
    const { unknownCollections } = types;
    return { plan, written: stagesAsWritten(text, types), unknownCollections };
  }
  return { plan, written: [], unknownCollections: [] };
}

/** The plan itself, what was written, and what is worth knowing of each stage. */
function planJson({ plan, written, unknownCollections }: Explained) {
  return { ...plan, written, unknownCollections, facts: plan.stages.map(stageFacts) };
}

function planText({ plan, written, unknownCollections }: Explained): string {
  return [
    ...explainHead(plan),
    "",
    "as written, with the types of the records behind each stage",
    ...writtenLines(written),
    ...unknownLines(unknownCollections),
    "",
    "as it runs",
    ...indent(drawPlan(plan)),
    "",
    ...explainStages(plan),
  ].join("\n");
}

/** A type is said where it changes. */
function writtenLines(written: readonly WrittenStage[]): string[] {
  return written.flatMap(({ text, depth, change }) => {
    const line = `${"  ".repeat(depth + 1)}${text}`;
    return change === null ? [line] : [line, `${"  ".repeat(depth + 3)}: ${change}`];
  });
}

/** Records of these collections are not checked. */
function unknownLines(unknown: readonly string[]): string[] {
  return unknown.map((collection) => {
    const what = collection === "*" ? "some collections" : collection;
    return `  records of ${what} are \`any\`: we have no lexicon of them`;
  });
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
