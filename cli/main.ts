// The process: argv, environment, signals and streams in, an exit code out. The only place that ends it.

import { EXIT, type ExitCode } from "./exit-codes.ts";
import { runProgram } from "./program.ts";
import { watchSignals } from "./signals.ts";
import { Terminal } from "./terminal/terminal.ts";

const terminal = new Terminal({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  nowMs: () => performance.now(),
});
const stop = watchSignals(process, () => process.exit(EXIT.interrupted));
terminal.onClosed(() => stop.abort("closed"));

const exit: ExitCode = await runProgram(process.argv.slice(2), {
  terminal,
  env: process.env,
  folder: process.cwd(),
  signal: stop.signal,
});
await terminal.flush();
process.exit(exit);
