// `fpaas test`: plays the tests that stand in program files.

import { resolve } from "node:path";
import type { Command } from "commander";
import { Locator } from "../../compiler/diagnostics/location.ts";
import type { ProgramTest } from "../../compiler/program-tests/program-test.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { TimedSource } from "../../shuffler/trusted-time/timed-source.ts";
import {
  type CommonOptions,
  type Context,
  collect,
  type Finish,
  newCommand,
  stoppedExit,
} from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { failureMessage, failureText } from "../program-tests/report.ts";
import { type Failure, runTest } from "../program-tests/run-test.ts";
import { compileProject, errorsOf, type Program, showDiagnostics } from "../programs.ts";
import { openNoisySource } from "../source.ts";
import { plural } from "../terminal/units.ts";
import { FileWatcher } from "../watch-files.ts";

type Options = CommonOptions & { readonly param?: string[]; readonly watch?: true };

type Outcome = {
  readonly program: Program;
  readonly test: ProgramTest;
  readonly failures: Failure[];
};

export function testCommand(context: Context, finish: Finish): Command {
  return newCommand("test", "run the tests that stand in files")
    .argument("<file...>", ".fpl files")
    .option("--param <name=value>", "the value of a param; repeatable", collect)
    .option("--watch", "run again whenever a file or what it imports is saved")
    .action(async (files: string[], options: Options) => {
      finish(
        options.watch === true
          ? await watch(files, options, context)
          : (await test(files, options, context)).exit,
      );
    });
}

/** Runs the tests of all files. @returns the exit code, and every file that was read */
async function test(
  files: readonly string[],
  options: Options,
  context: Context,
): Promise<{ exit: ExitCode; read: string[] }> {
  const params = options.param ?? [];
  const programs = await compileProject(files, params, context, new Map());
  const read = programs.flatMap(({ result }) => [...result.files.keys()]);
  for (const program of programs) showDiagnostics(program, context);
  const errors = programs.flatMap(errorsOf).length;
  if (errors > 0) {
    context.terminal.say(`${plural(errors, "error")}: no tests run`);
    return { exit: EXIT.invalidFile, read };
  }
  const outcomes: Outcome[] = [];
  for (const program of programs) {
    for (const one of program.result.tests) {
      const outcome = { program, test: one, failures: await play(program, one, context) };
      outcomes.push(outcome);
      if (options.json !== true) await context.terminal.data(outcomeText(outcome, context));
    }
  }
  if (options.json === true) await context.terminal.json(outcomes.map(outcomeJson));
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  context.terminal.say(summary(outcomes.length - failed, failed, context));
  return { exit: failed > 0 ? EXIT.failure : EXIT.ok, read };
}

async function play({ file, result }: Program, test: ProgramTest, context: Context) {
  return await runTest(test, {
    path: resolve(context.folder, file),
    plans: result.plans,
    open: (path) =>
      new TimedSource({ source: openNoisySource([path], context), clock: systemClock }),
  });
}

/** Runs the tests until the user has enough; after each run waits for one of the files to be saved. */
async function watch(
  files: readonly string[],
  options: Options,
  context: Context,
): Promise<ExitCode> {
  const { terminal, folder, signal } = context;
  using watcher = new FileWatcher();
  watcher.watch(files.map((file) => resolve(folder, file)));
  do {
    const { read } = await test(files, options, context);
    watcher.watch(read.map((file) => resolve(folder, file)));
    terminal.say(terminal.paintErr.dim("waiting for changes; Ctrl-C ends"));
  } while (await watcher.changed(signal));
  return stoppedExit(context);
}

function outcomeText({ program, test, failures }: Outcome, { terminal }: Context): string {
  const paint = terminal.paintOut;
  if (failures.length === 0) return `${paint.green("✓")} ${test.title}\n`;
  const locator = new Locator(program.text);
  const place = ({ span }: Failure) => `${program.file}:${locator.at(span.start).line}`;
  const details = failures.map(
    (failure) => `  ${paint.cyan(place(failure))}\n${failureText(failure, paint)}`,
  );
  return `${paint.red("✗")} ${test.title}\n${details.join("")}`;
}

function outcomeJson({ program, test, failures }: Outcome) {
  const locator = new Locator(program.text);
  const lineOf = ({ start }: { start: number }) => locator.at(start).line;
  return {
    file: program.file,
    line: lineOf(test.span),
    test: test.title,
    pipeline: test.pipeline,
    passed: failures.length === 0,
    failures: failures.map((failure) => ({
      line: lineOf(failure.span),
      message: failureMessage(failure),
      expected: "expected" in failure ? failure.expected : null,
      actual: "actual" in failure ? failure.actual : null,
    })),
  };
}

function summary(passed: number, failed: number, { terminal }: Context): string {
  const paint = terminal.paintErr;
  const bad = `${failed} failed`;
  return `${paint.green(`${passed} passed`)}, ${failed > 0 ? paint.red(bad) : bad}`;
}
