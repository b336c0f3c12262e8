// `fpaas fmt`: writes files in the one style of the language, or says which are not in it.

import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { text as readAll } from "node:stream/consumers";
import type { Command } from "commander";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { formatProgram } from "../../compiler/format/format.ts";
import { type CommonOptions, type Context, type Finish, newCommand } from "../context.ts";
import { CommandError, EXIT, type ExitCode } from "../exit-codes.ts";
import { readProgram } from "../programs.ts";
import { plural } from "../terminal/units.ts";

type Options = CommonOptions & { readonly check?: true; readonly stdin?: true };

/** Stands for standard input among the files. */
const STDIN = "-";

type Outcome = {
  readonly file: string;
  readonly state: "unchanged" | "changed" | "invalid";
};

export function fmtCommand(context: Context, finish: Finish): Command {
  return newCommand("fmt", "format files in place; `-` formats standard input to standard output")
    .argument("[file...]", ".fpl files")
    .option("--check", "change nothing; exit 1 and name the files that are not formatted")
    .option("--stdin", "the same as the file `-`")
    .action(async (files: string[], options: Options) => {
      const given = options.stdin === true ? [...files, STDIN] : files;
      if (given.length === 0) throw new CommandError(EXIT.usage, "no file to format", HELP);
      finish(await formatAll(given, options, context));
    });
}

const HELP = "name .fpl files, or `-` for standard input";

async function formatAll(files: readonly string[], options: Options, context: Context) {
  const outcomes: Outcome[] = [];
  for (const file of files) outcomes.push(await formatOne(file, options, context));
  const changed = outcomes.filter(({ state }) => state === "changed");
  const check = options.check === true;
  if (options.json === true && !files.includes(STDIN)) await context.terminal.json(outcomes);
  else if (check) await context.terminal.data(changed.map(({ file }) => `${file}\n`).join(""));
  const verb = check ? "not formatted" : "formatted";
  if (!files.includes(STDIN))
    context.terminal.say(`${plural(changed.length, "file")} ${verb}, ${outcomes.length} looked at`);
  return exitOf(outcomes, check);
}

function exitOf(outcomes: readonly Outcome[], check: boolean): ExitCode {
  if (outcomes.some(({ state }) => state === "invalid")) return EXIT.invalidFile;
  return check && outcomes.some(({ state }) => state === "changed") ? EXIT.failure : EXIT.ok;
}

async function formatOne(file: string, options: Options, context: Context): Promise<Outcome> {
  const { terminal, folder } = context;
  const path = resolve(folder, file);
  const text = file === STDIN ? await readAll(process.stdin) : await readProgram(path, file);
  const formatted = formatProgram({ file, text });
  if (!formatted.ok) {
    const files = new Map([[file, text]]);
    const color = terminal.paintErr.on;
    terminal.complain(renderDiagnostics(formatted.diagnostics, files, { color }).trimEnd());
    return { file, state: "invalid" };
  }
  const state = formatted.text === text ? "unchanged" : "changed";
  if (options.check === true) return { file, state };
  if (file === STDIN) await terminal.data(formatted.text);
  else if (state === "changed") await writeFile(path, formatted.text);
  return { file, state };
}
