// What every command is given, and how it is put together: the options all commands share, and the exit
// code it ends with.

import { Command } from "commander";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { wasInterrupted } from "./signals.ts";
import type { Terminal } from "./terminal/terminal.ts";

export type Context = {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working folder, absolute. */
  readonly folder: string;
  /** Aborts when the user, or the reader of standard output, wants no more. */
  readonly signal: AbortSignal;
};

/** Options of every command. */
export type CommonOptions = { readonly json?: true; readonly quiet?: true };
/** Options of the commands that talk to a server. */
export type NatsOptions = CommonOptions & { readonly nats?: string };

/** Takes the exit code of the command that ran. */
export type Finish = (exit: ExitCode) => void;

/** A command with the options all have. */
export function newCommand(name: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .option("--json", "print JSON on standard output")
    .option("--quiet", "print only data and errors");
}

/** A command that talks to a server. */
export function newNatsCommand(name: string, summary: string): Command {
  return newCommand(name, summary).option(
    "--nats <url>",
    "the NATS server (default: $NATS_URL, else the running `fpaas dev` of this folder)",
  );
}

/** Collects a repeatable option. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** How a command that was stopped ends: 130 when the user did it, 0 when its reader had enough. */
export function stoppedExit(context: Context): ExitCode {
  return wasInterrupted(context.signal) ? EXIT.interrupted : EXIT.ok;
}
