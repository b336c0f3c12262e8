// The compiler: source text to plans. Pure and synchronous, and reads as the list of its passes.

import type { Plan } from "../plan/plan.ts";
import { withoutCascades } from "./diagnostics/cascades.ts";
import { type Diagnostic, reporter } from "./diagnostics/diagnostic.ts";
import { newEnv } from "./lower/env.ts";
import { checkTopicsRead } from "./lower/known-topics.ts";
import { lowerPipeline } from "./lower/pipeline.ts";
import { compileTests } from "./program-tests/compile-tests.ts";
import type { ProgramTest } from "./program-tests/program-test.ts";
import { checkOverrides, type Loader, resolve } from "./resolve/resolve.ts";
import type { ProgramNode } from "./syntax/ast.ts";
import { parse } from "./syntax/parser.ts";
import { checkTypes, type PipelineTypes, reportApartFrom } from "./types/check.ts";
import { ANY, type Type } from "./types/type.ts";

export type Source = {
  /** Shown in diagnostics; imports are relative to it. `/` separates. */
  readonly file: string;
  readonly text: string;
};

export type CompileOptions = {
  /** Values of params as text, as given by `--param name=value`. */
  readonly params?: Readonly<Record<string, string>>;
  /** The text of an imported file, by its path in the terms of `Source.file`; null: there is none. */
  readonly readImport?: (path: string) => string | null;
  /** The records of the topics that other programs write, as far as they are known; `any` where not. */
  readonly topics?: ReadonlyMap<string, Type>;
  /** Whether `topics` are all of the project: then reading another one is a warning. */
  readonly wholeProject?: boolean;
};

export type Compiled = {
  /** One for each pipeline, in the order of the file; empty when there is any error. */
  readonly plans: readonly Plan[];
  /** The tests of the file, in its order; one with errors lacks the steps that have them. */
  readonly tests: readonly ProgramTest[];
  /** The types of the records along every pipeline, in the order of the file. */
  readonly types: readonly PipelineTypes[];
  /** The topics the file writes and their records, as far as they can be told when it has errors. */
  readonly topics: ReadonlyMap<string, Type>;
  readonly diagnostics: readonly Diagnostic[];
  /** Text of the file and of every file it imports, by path: what `render` needs. */
  readonly files: ReadonlyMap<string, string>;
};

/** Compiles one file. Never throws: what is wrong is in `diagnostics`. */
export function compile(source: Source, options: CompileOptions = {}): Compiled {
  const diagnostics: Diagnostic[] = [];
  const report = reporter(source.file, diagnostics);
  const loader = newLoader(source, options, diagnostics);

  const program = parse(source.text, report);
  const typeReport = reportApartFrom([...diagnostics], source.text, report);
  const scope = resolve(program, source.file, loader);
  checkOverrides(scope, loader.overrides, report);
  const elsewhere = options.topics ?? new Map<string, Type>();
  const types = checkTypes(program, scope, source.text, elsewhere, typeReport);
  const env = newEnv(scope, report, types.durations);
  const owners = new Map<string, string>();
  const plans = pipelines(program).map((node) => lowerPipeline(node, env, owners, types.shapes));
  const wholeProject = options.wholeProject ?? false;
  checkTopicsRead(pipelines(program), owners, { names: [...elsewhere.keys()], wholeProject }, env);
  const tests = compileTests(testsOf(program), hasError(diagnostics) ? null : plans, env);

  const sorted = inOrder(withoutCascades(diagnostics));
  return {
    plans: hasError(diagnostics) ? [] : plans,
    tests,
    types: types.pipelines,
    topics: new Map([...owners.keys()].map((topic) => [topic, types.topics.get(topic) ?? ANY])),
    diagnostics: sorted,
    files: loader.files,
  };
}

function newLoader(source: Source, options: CompileOptions, diagnostics: Diagnostic[]): Loader {
  return {
    readImport: options.readImport ?? (() => null),
    diagnostics,
    files: new Map([[source.file, source.text]]),
    modules: new Map(),
    open: [source.file],
    overrides: new Map(Object.entries(options.params ?? {})),
  };
}

function pipelines(program: ProgramNode) {
  return program.items.filter((item) => item.kind === "pipeline");
}

function testsOf(program: ProgramNode) {
  return program.items.filter((item) => item.kind === "test");
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

/** Diagnostics of one compilation; what is over is left out: the first ones are the cause. */
export const DIAGNOSTICS_MAX = 100;

/** By position, the same problem once. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Map(
    diagnostics.map((one) => [`${one.file}:${one.span.start}:${one.code}:${one.message}`, one]),
  );
  const sorted = [...seen.values()].sort(
    (a, b) => Number(a.file > b.file) - Number(a.file < b.file) || a.span.start - b.span.start,
  );
  return sorted.slice(0, DIAGNOSTICS_MAX);
}
