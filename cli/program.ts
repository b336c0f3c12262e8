// The command line: its commands, and what becomes of their errors.

import { Command, CommanderError } from "commander";
import { checkCommand } from "./commands/check.ts";
import { deleteCommand } from "./commands/delete.ts";
import { deployCommand } from "./commands/deploy.ts";
import { devCommand } from "./commands/dev.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { explainCommand } from "./commands/explain.ts";
import { listCommand } from "./commands/list.ts";
import { pauseCommand, resumeCommand } from "./commands/pause.ts";
import { recordCommand } from "./commands/record.ts";
import { runCommand } from "./commands/run.ts";
import { shufflerCommand } from "./commands/shuffler.ts";
import { statusCommand } from "./commands/status.ts";
import { tailCommand } from "./commands/tail.ts";
import { workerCommand } from "./commands/worker.ts";
import type { Context, Finish } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { reportError } from "./report-error.ts";
import { VERSION } from "./version.ts";

const COMMANDS: readonly ((context: Context, finish: Finish) => Command)[] = [
  checkCommand,
  explainCommand,
  runCommand,
  devCommand,
  deployCommand,
  listCommand,
  statusCommand,
  pauseCommand,
  resumeCommand,
  deleteCommand,
  tailCommand,
  shufflerCommand,
  workerCommand,
  recordCommand,
  doctorCommand,
];

/** Runs one command line. @param args without the program's own name. Never rejects. */
export async function runProgram(args: readonly string[], context: Context): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = buildProgram(context, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportError(error, context);
  }
}

function buildProgram(context: Context, finish: Finish): Command {
  const program = new Command("fpaas")
    .description(
      "Small programs over the AT Protocol firehose, run exactly-once on NATS JetStream.",
    )
    .version(VERSION)
    .helpCommand(false)
    .showHelpAfterError("(`fpaas --help` lists the commands, `fpaas COMMAND --help` its options)");
  for (const build of COMMANDS) program.addCommand(build(context, finish));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void context.terminal.data(text),
      writeErr: (text) => context.terminal.complain(text.trimEnd()),
    });
    command.copyInheritedSettings(program);
  }
  program.hook("preAction", (_, command) => {
    context.terminal.quiet = command.opts<{ quiet?: true }>().quiet === true;
  });
  return program;
}
