// `fpaas explain`: what a program becomes, or what a diagnostic's code means.

import type { Command } from "commander";
import { CODES, explainCode } from "../../compiler/diagnostics/codes.ts";
import { didYouMean } from "../../compiler/diagnostics/suggest.ts";
import { explainPlan } from "../../plan/explain.ts";
import { type CommonOptions, type Context, collect, type Finish, newCommand } from "../context.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { loadPlans } from "../programs.ts";

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
  const text = explainCode(code);
  if (text === null) {
    const hint = didYouMean(code, Object.keys(CODES));
    throw new CommandError(EXIT.notFound, `there is no code ${code}${hint}`);
  }
  if (options.json === true) await terminal.json({ code, text });
  else await terminal.data(`${text.trimEnd()}\n`);
}

async function draw(file: string, options: Options, context: Context): Promise<void> {
  const { plans } = await loadPlans([file], options.param ?? [], context);
  if (options.json === true) await context.terminal.json(plans);
  else
    await context.terminal.data(
      `${plans.map((plan) => explainPlan(plan).trimEnd()).join("\n\n")}\n`,
    );
}
