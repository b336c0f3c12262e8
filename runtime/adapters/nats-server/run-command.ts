// Runs a program to its end without a shell and without touching our own stdout and stderr.

import { execFile } from "node:child_process";

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const ERROR_LINES = 4;

export type RunOptions = {
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
};

/** A program could not be run or exited with an error; the message holds the last lines it wrote. */
export class CommandFailed extends Error {
  readonly code = "command_failed";
}

/** Resolves to what the program wrote to stdout. @throws CommandFailed */
export function runCommand(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const { timeoutMs: timeout, ...rest } = options;
  const settings = { ...rest, timeout, maxBuffer: OUTPUT_BYTES_MAX, encoding: "utf8" as const };
  return new Promise((resolve, reject) => {
    execFile(program, args, settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(failure(program, error, `${stdout}\n${stderr}`, timeout));
    });
  });
}

function failure(program: string, error: Error, output: string, timeoutMs: number): CommandFailed {
  const killed = "killed" in error && error.killed === true;
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const reason = killed ? `no end after ${timeoutMs} ms` : lines.slice(-ERROR_LINES).join("; ");
  return new CommandFailed(`${program}: ${reason || error.message}`);
}
