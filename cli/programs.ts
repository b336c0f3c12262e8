// Reads and compiles the files a command was given, and shows what is wrong with them.

import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { type Compiled, type CompileOptions, compile } from "../compiler/compile.ts";
import type { Diagnostic } from "../compiler/diagnostics/diagnostic.ts";
import { renderDiagnostics } from "../compiler/diagnostics/render.ts";
import type { Type } from "../compiler/types/type.ts";
import type { Plan } from "../plan/plan.ts";
import type { Context } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import { plural } from "./terminal/units.ts";

/** Programs without errors, and their plans in the order of their topics. */
export type Loaded = { readonly plans: Plan[]; readonly programs: Program[] };

/** A file and what it compiles to; `plans` is empty when it has errors. */
export type Program = {
  /** As the user wrote it. */
  readonly file: string;
  readonly text: string;
  readonly result: Compiled;
};

/** What is known of topics that other files write. */
type Elsewhere = Pick<CompileOptions, "topics" | "wholeProject">;

async function compileFile(
  file: string,
  params: readonly string[],
  { folder }: Context,
  elsewhere: Elsewhere = {},
): Promise<Program> {
  const text = await readProgram(resolve(folder, file), file);
  const options: CompileOptions = {
    params: parseParams(params),
    readImport: (path) => readImport(resolve(folder, path)),
    ...elsewhere,
  };
  return { file, text, result: compile({ file, text }, options) };
}

/**
 * Compiles files as parts of one project: they, and the programs beside them, know each other's topics.
 * @param deployed the records of topics that are there whatever the project is; null warns of a topic that
 * the project does not write
 * @throws CommandError when one cannot be read, or a param is not `name=value`
 */
export async function compileProject(
  files: readonly string[],
  params: readonly string[],
  context: Context,
  deployed: ReadonlyMap<string, Type> | null = null,
): Promise<Program[]> {
  const alone = await Promise.all(files.map((file) => compileFile(file, params, context)));
  if (!alone.some(mayReadOthers)) return alone;
  const beside = new Set(
    (await Promise.all(files.map((one) => programsBeside(one, context)))).flat(),
  );
  for (const file of files) beside.delete(file);
  const others = await Promise.all([...beside].map((file) => compileFile(file, [], context)));
  const all = [...others, ...alone];
  const topics = new Map([...(deployed ?? []), ...all.flatMap(({ result }) => [...result.topics])]);
  const compiled = new Map<string, Program>();
  for (const { file, result } of writersFirst(all)) {
    const known = [...topics].filter(([topic]) => !result.topics.has(topic));
    const elsewhere = { topics: new Map(known), wholeProject: deployed === null };
    const given = beside.has(file) ? [] : params;
    const program = await compileFile(file, given, context, elsewhere);
    for (const [topic, type] of program.result.topics) topics.set(topic, type);
    compiled.set(file, program);
  }
  return alone.map((program) => compiled.get(program.file) ?? program);
}

/** Whether it reads a topic that it does not write; with errors nobody knows. */
function mayReadOthers(program: Program): boolean {
  const { plans, topics } = program.result;
  if (errorsOf(program).length > 0) return true;
  return plans.flatMap(topicsRead).some((topic) => !topics.has(topic));
}

function writersFirst(programs: readonly Program[]): Iterable<Program> {
  const withPlans = inTopicOrder(programs.flatMap(({ result }) => result.plans)).flatMap(
    (plan) => programs.find(({ result }) => result.plans.includes(plan)) ?? [],
  );
  const broken = programs.filter(({ result }) => result.plans.length === 0);
  return new Set([...broken, ...withPlans]);
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
 * @param deployed the records of topics that are there already
 * @throws CommandError (invalid file) when one has an error
 */
export async function loadPlans(
  files: readonly string[],
  params: readonly string[],
  context: Context,
  deployed: ReadonlyMap<string, Type> = new Map(),
): Promise<Loaded> {
  const programs = await compileProject(files, params, context, deployed);
  for (const program of programs) showDiagnostics(program, context);
  return plansOf(programs, files);
}

/** The same files once more, now that the topics of a server are known: what that shows is added. */
export async function reloadPlans(
  { plans, programs: before }: Loaded,
  params: readonly string[],
  context: Context,
  deployed: ReadonlyMap<string, Type>,
): Promise<Loaded> {
  if (deployed.size === 0) return { plans, programs: before };
  const files = before.map(({ file }) => file);
  const shown = new Set(before.flatMap(({ result }) => result.diagnostics.map(identity)));
  const programs = await compileProject(files, params, context, deployed);
  for (const { result, ...program } of programs) {
    const diagnostics = result.diagnostics.filter((one) => !shown.has(identity(one)));
    showDiagnostics({ ...program, result: { ...result, diagnostics } }, context);
  }
  return plansOf(programs, files);
}

function identity({ file, span, code, message }: Diagnostic): string {
  return `${file}:${span.start}:${code}:${message}`;
}

/** @throws CommandError (invalid file) */
function plansOf(programs: Program[], files: readonly string[]): Loaded {
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
