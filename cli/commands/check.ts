// `fpaas check`: is it a valid program?

import type { Command } from "commander";
import { diagnosticsJson } from "../../compiler/diagnostics/render.ts";
import { type CommonOptions, type Context, collect, type Finish, newCommand } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { compileProject, errorsOf, showDiagnostics } from "../programs.ts";
import { plural } from "../terminal/units.ts";

type Options = CommonOptions & { readonly param?: string[] };

export function checkCommand(context: Context, finish: Finish): Command {
  return newCommand("check", "compile files and show what is wrong with them")
    .argument("<file...>", ".fpl files")
    .option("--param <name=value>", "the value of a param; repeatable", collect)
    .action(async (files: string[], options: Options) => {
      finish(await check(files, options, context));
    });
}

async function check(files: readonly string[], options: Options, context: Context) {
  const params = options.param ?? [];
  const programs = await compileProject(files, params, context);
  if (options.json === true) {
    await context.terminal.json(
      programs.flatMap(({ result }) => diagnosticsJson(result.diagnostics, result.files)),
    );
  } else for (const program of programs) showDiagnostics(program, context);
  const errors = programs.flatMap(errorsOf).length;
  if (errors > 0) {
    context.terminal.say(plural(errors, "error"));
    return EXIT.invalidFile;
  }
  const pipelines = programs.flatMap(({ result }) => result.plans).length;
  context.terminal.say(
    `${plural(files.length, "file")}, ${plural(pipelines, "pipeline")}: no errors`,
  );
  return EXIT.ok;
}
