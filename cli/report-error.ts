// An error as the user reads it: what, where, what to do. A bug is told with its stack.

import { didYouMean } from "../compiler/diagnostics/suggest.ts";
import { TopicNotFound } from "../runtime/lifecycle/topics.ts";
import type { Context } from "./context.ts";
import { stoppedExit } from "./context.ts";
import { CommandError, type ExitCode, exitCodeOf, isExpected } from "./exit-codes.ts";

/** Prints the error on standard error and gives its exit code. */
export function reportError(error: unknown, context: Context): ExitCode {
  if (context.signal.aborted && isEndOfWork(error)) return stoppedExit(context);
  const { terminal } = context;
  const label = terminal.paintErr.bold(terminal.paintErr.red("error"));
  terminal.complain(`${label}: ${describe(error)}`);
  const help = helpFor(error);
  if (help !== null) terminal.complain(`  ${help.replaceAll("\n", "\n  ")}`);
  return exitCodeOf(error);
}

/** The message of an error, with its stack when nobody expected it. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isExpected(error)) return error.message;
  return `${error.stack ?? error.message}\n  This is a bug of fpaas; please report it with the lines above.`;
}

/** Whether it only says that work was cut short: what a stop is meant to do. */
function isEndOfWork(error: unknown): boolean {
  return (
    codeOf(error) === "log_unavailable" || (error instanceof Error && error.name === "AbortError")
  );
}

function helpFor(error: unknown): string | null {
  if (error instanceof CommandError) return error.help;
  if (error instanceof TopicNotFound) {
    const meant = didYouMean(error.topic, error.known);
    return meant === "" ? "deploy the pipeline that writes it first" : `${meant.slice(2)}`;
  }
  return HELP[codeOf(error)] ?? null;
}

const HELP: Readonly<Record<string, string>> = {
  deployment_conflict: "a topic has one owner: choose another name, or delete its pipeline",
  nats_unreachable: "check --nats or NATS_URL, or start a server: `fpaas dev` brings its own",
  too_many_partitions: "give what it reads as many partitions, or more",
  deployment_unreadable:
    "another release of fpaas may have written it: use that one, or remove the key from the bucket fpaas_plans",
  log_unavailable: "the NATS server did not answer in time; `fpaas doctor` looks for the cause",
};

function codeOf(error: unknown): string {
  const typed = error instanceof Error && "code" in error;
  return typed && typeof error.code === "string" ? error.code : "";
}
