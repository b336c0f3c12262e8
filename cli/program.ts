// The command line: its commands, and what becomes of their errors.

import { Command, CommanderError } from "commander";
import type { Context, Finish } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { reportError } from "./report-error.ts";
import { VERSION } from "./version.ts";

type Build = (context: Context, finish: Finish) => Command;

/** Loaded when needed: most of the time of a short command is the loading of modules. */
const COMMANDS: Readonly<Record<string, () => Promise<Build>>> = {
  check: async () => (await import("./commands/check.ts")).checkCommand,
  fmt: async () => (await import("./commands/fmt.ts")).fmtCommand,
  explain: async () => (await import("./commands/explain.ts")).explainCommand,
  test: async () => (await import("./commands/test.ts")).testCommand,
  run: async () => (await import("./commands/run.ts")).runCommand,
  dev: async () => (await import("./commands/dev.ts")).devCommand,
  deploy: async () => (await import("./commands/deploy.ts")).deployCommand,
  rollback: async () => (await import("./commands/rollback.ts")).rollbackCommand,
  restart: async () => (await import("./commands/restart.ts")).restartCommand,
  history: async () => (await import("./commands/history.ts")).historyCommand,
  list: async () => (await import("./commands/list.ts")).listCommand,
  status: async () => (await import("./commands/status.ts")).statusCommand,
  pause: async () => (await import("./commands/pause.ts")).pauseCommand,
  resume: async () => (await import("./commands/pause.ts")).resumeCommand,
  skip: async () => (await import("./commands/skip.ts")).skipCommand,
  delete: async () => (await import("./commands/delete.ts")).deleteCommand,
  tail: async () => (await import("./commands/tail.ts")).tailCommand,
  init: async () => (await import("./commands/init.ts")).initCommand,
  shuffler: async () => (await import("./commands/shuffler.ts")).shufflerCommand,
  worker: async () => (await import("./commands/worker.ts")).workerCommand,
  record: async () => (await import("./commands/record.ts")).recordCommand,
  bench: async () => (await import("./commands/bench.ts")).benchCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
};

/** Runs one command line. @param args without the program's own name. Never rejects. */
export async function runProgram(args: readonly string[], context: Context): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = await buildProgram(args, context, (code) => {
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

async function buildProgram(
  args: readonly string[],
  context: Context,
  finish: Finish,
): Promise<Command> {
  const program = new Command("fpaas")
    .description(
      "Small programs over the AT Protocol firehose, run exactly-once on NATS JetStream.",
    )
    .version(VERSION)
    .helpCommand(false)
    .showHelpAfterError("(`fpaas --help` lists the commands, `fpaas COMMAND --help` its options)");
  for (const load of loadersFor(args)) program.addCommand((await load())(context, finish));
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

/** Only the command that is asked for, if it is clear which; for help and hints, all. */
function loadersFor([name]: readonly string[]): (() => Promise<Build>)[] {
  const one = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return one === undefined ? Object.values(COMMANDS) : [one];
}
