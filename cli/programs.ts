// Reads and compiles the files a command was given, and shows what is wrong with them.

import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { type Compiled, type CompileOptions, compile } from "../compiler/compile.ts";
import type { Diagnostic } from "../compiler/diagnostics/diagnostic.ts";
import { renderDiagnostics } from "../compiler/diagnostics/render.ts";
import type { Plan } from "../plan/plan.ts";
import type { Context } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { plural } from "./terminal/units.ts";

/** A file and what it compiles to; `plans` is empty when it has errors. */
export type Program = {
  /** As the user wrote it. */
  readonly file: string;
  readonly text: string;
  readonly result: Compiled;
};

/**
 * Compiles one file.
 * @param topics those that the rest of the project writes, where that is known
 * @throws CommandError when it cannot be read, or a param is not `name=value`
 */
export async function compileFile(
  file: string,
  params: readonly string[],
  { folder }: Context,
  topics?: readonly string[],
): Promise<Program> {
  const text = await readProgram(resolve(folder, file), file);
  const options: CompileOptions = {
    params: parseParams(params),
    readImport: (path) => readImport(resolve(folder, path)),
    ...(topics === undefined ? {} : { topics }),
  };
  return { file, text, result: compile({ file, text }, options) };
}

/** Compiles files as parts of one project: they, and the programs beside them, know each other's topics. */
export async function compileProject(
  files: readonly string[],
  params: readonly string[],
  context: Context,
): Promise<Program[]> {
  const beside = await Promise.all(files.map((file) => programsBeside(file, context)));
  const all = [...new Set([...files, ...beside.flat()])];
  const programs = await Promise.all(all.map((file) => compileFile(file, params, context)));
  return Promise.all(
    files.map((file) => {
      const others = programs.filter((program) => program.file !== file);
      const topics = others.flatMap(({ result }) => result.topics);
      return compileFile(file, params, context, topics);
    }),
  );
}

/** The programs in the folder of `file`. */
async function programsBeside(file: string, { folder }: Context): Promise<string[]> {
  const at = dirname(file);
  const names = await readdir(resolve(folder, at)).catch(() => []); // compileFile says what is missing
  return names.filter((name) => extname(name) === ".fpl").map((name) => join(at, name));
}

/**
 * The plans of all files, those that write a topic before those that read it. Diagnostics go to standard
 * error.
 * @throws CommandError (invalid file) when one has an error
 */
export async function loadPlans(
  files: readonly string[],
  params: readonly string[],
  context: Context,
): Promise<{ plans: Plan[]; programs: Program[] }> {
  const programs = await Promise.all(files.map((file) => compileFile(file, params, context)));
  for (const program of programs) showDiagnostics(program, context);
  const errors = programs.flatMap(errorsOf).length;
  if (errors > 0) throw invalid(errors, files);
  const plans = programs.flatMap(({ result }) => result.plans);
  if (plans.length === 0) {
    throw new CommandError(EXIT.invalidFile, `${files.join(", ")}: no pipeline in there`);
  }
  return { plans: inTopicOrder(plans), programs };
}

/** The errors among a program's diagnostics. */
export function errorsOf({ result }: Program): Diagnostic[] {
  return result.diagnostics.filter(({ severity }) => severity === "error");
}

/** Prints a program's diagnostics on standard error; with `quiet` only its errors. */
export function showDiagnostics(program: Program, { terminal }: Context): void {
  const { diagnostics, files } = program.result;
  const shown = terminal.quiet ? errorsOf(program) : diagnostics;
  if (shown.length > 0)
    terminal.complain(renderDiagnostics(shown, files, { color: terminal.paintErr.on }).trimEnd());
}

/** The text a plan was compiled from. */
export function sourceOf(plan: Plan, programs: readonly Program[]): string {
  return programs.find(({ result }) => result.plans.includes(plan))?.text ?? "";
}

function invalid(errors: number, files: readonly string[]): CommandError {
  return new CommandError(EXIT.invalidFile, `${plural(errors, "error")} in ${files.join(", ")}`);
}

/** `name=value` texts, by name. */
function parseParams(params: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    params.map((param) => {
      const at = param.indexOf("=");
      if (at > 0) return [param.slice(0, at), param.slice(at + 1)];
      throw new CommandError(
        EXIT.usage,
        `\`--param ${param}\` has no value`,
        "write --param name=value",
      );
    }),
  );
}

/**
 * The text of a program.
 * @param file as the user wrote it
 * @throws CommandError (not found)
 */
export async function readProgram(path: string, file: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    const message =
      reason === "ENOENT" ? `no such file: ${file}` : `cannot read ${file}: ${reason}`;
    throw new CommandError(EXIT.notFound, message, null, { cause });
  }
}

/** Null when there is none: the compiler says where it was asked for. */
function readImport(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Owners of topics before their readers; otherwise as they were. A circle stays as it is. */
export function inTopicOrder(plans: readonly Plan[]): Plan[] {
  const sorted: Plan[] = [];
  const seen = new Set<Plan>();
  const visit = (plan: Plan): void => {
    if (seen.has(plan)) return;
    seen.add(plan);
    const read = new Set(topicsRead(plan));
    for (const other of plans) if (other.topics.some(({ name }) => read.has(name))) visit(other);
    sorted.push(plan);
  };
  for (const plan of plans) visit(plan);
  return sorted;
}

/** The topics a plan reads. */
export function topicsRead(plan: Plan): string[] {
  return plan.stages.flatMap(({ inputs }) =>
    inputs.flatMap((input) => (input.kind === "topic" ? [input.topic] : [])),
  );
}
