// Names of a file and of what it imports: declares them, in the order they are written, and reports
// duplicates, cycles and what cannot be found.

import { PIPELINE_NAME } from "../../plan/names.ts";
import { type Diagnostic, type Report, reporter } from "../diagnostics/diagnostic.ts";
import { didYouMean } from "../diagnostics/suggest.ts";
import { isFunction } from "../lower/call.ts";
import { constantExpr, constantOf } from "../lower/constant.ts";
import { newEnv } from "../lower/env.ts";
import { lowerExpr } from "../lower/expr.ts";
import type { ConstantNode, FnNode, Ident, ImportNode, ProgramNode } from "../syntax/ast.ts";
import { parse } from "../syntax/parser.ts";
import { checkFunctionTypes } from "../types/check.ts";
import { declareParam, type Overrides } from "./params.ts";
import { joinPath } from "./path.ts";
import { emptyScope, type Scope } from "./scope.ts";

/** Import chain length; one more is FPL0313. */
export const IMPORT_DEPTH_MAX = 20;

/** What resolving reads and fills besides one file's tree. */
export type Loader = {
  readonly readImport: (path: string) => string | null;
  readonly diagnostics: Diagnostic[];
  /** Text of every file read, by path. */
  readonly files: Map<string, string>;
  /** Modules already resolved, by path. */
  readonly modules: Map<string, Scope>;
  /** Files being resolved, outermost first. */
  readonly open: readonly string[];
  readonly overrides: Overrides;
};

/** Declares everything `program` names. */
export function resolve(program: ProgramNode, file: string, loader: Loader): Scope {
  const scope = emptyScope();
  const report = reporter(file, loader.diagnostics);
  const names = new Map<string, Ident>();
  const unique = (name: Ident, key: string) => declareOnce(name, key, names, report);
  for (const item of program.items) {
    switch (item.kind) {
      case "import":
        for (const name of item.names) unique(name, name.name);
        importNames(item, file, scope, loader, report);
        break;
      case "param":
        if (unique(item.name, `$${item.name.name}`)) {
          declareParam(item, loader.overrides, scope, report);
        }
        break;
      case "constant":
        if (unique(item.name, `$${item.name.name}`)) declareConstant(item, scope, report);
        break;
      case "fn":
        if (unique(item.name, item.name.name)) declareFn(item, scope, report);
        break;
      case "pipeline":
        unique(item.name, `pipeline ${item.name.name.toLowerCase()}`);
        if (!PIPELINE_NAME.test(item.name.name) && item.name.name !== "") {
          report("FPL0314", item.name.span, "a pipeline's name has at most 64 characters");
        }
        break;
      case "table":
        unique(item.name, `table ${item.name.name}`);
        break;
      case "test":
        break;
    }
  }
  checkBodies(program, scope, report);
  checkFunctionTypes(program, scope, loader.files.get(file) ?? "", report);
  checkTests(program, report);
  return scope;
}

/** Reports params given from outside that the program does not have. */
export function checkOverrides(scope: Scope, overrides: Overrides, report: Report): void {
  for (const name of overrides.keys()) {
    if (scope.params.has(name) || scope.variables.has(name)) continue;
    const hint = didYouMean(name, scope.params.keys());
    report("FPL0312", { start: 0, end: 0 }, `this program has no param \`${name}\`${hint}`);
  }
}

function declareOnce(name: Ident, key: string, names: Map<string, Ident>, report: Report): boolean {
  if (name.name === "") return false;
  if (names.has(key)) {
    report("FPL0304", name.span, `\`${name.name}\` is already declared in this file`);
    return false;
  }
  names.set(key, name);
  return true;
}

function declareConstant(item: ConstantNode, scope: Scope, report: Report): void {
  const expr = lowerExpr(item.value, newEnv(scope, report));
  const value = constantOf(expr);
  const regex = expr.k === "regex" ? expr : null;
  if (value === null && regex === null && item.value.kind !== "error") {
    report("FPL0311", item.value.span, "the value of a constant is known before any record is", {
      help: "for something computed from a record write a `fn`",
    });
  }
  scope.variables.set(
    item.name.name,
    regex ?? (value === null ? { k: "literal", value: null } : constantExpr(value)),
  );
}

function declareFn(item: FnNode, scope: Scope, report: Report): void {
  const { name } = item.name;
  if (isFunction(name) || name === "exists") {
    report("FPL0305", item.name.span, `\`${name}\` is a builtin function: choose another name`);
    return;
  }
  const params = item.params.map((param) => param.name);
  for (const [i, param] of item.params.entries()) {
    if (params.indexOf(param.name) === i) continue;
    report("FPL0304", param.span, `\`${param.name}\` is already a parameter of \`${name}\``);
  }
  scope.functions.set(name, { name, params, body: item.body, scope });
}

/** Looks through the bodies of all functions once, used or not. */
function checkBodies(program: ProgramNode, scope: Scope, report: Report): void {
  for (const item of program.items) {
    if (item.kind !== "fn") continue;
    const params = item.params.map(({ name }) => [name, { k: "variable", name } as const] as const);
    // How large a body becomes shows where it is called.
    const quiet: Report = (code, ...rest) =>
      code === "FPL0192" ? undefined : report(code, ...rest);
    const inlining = [`${item.name.name}/${item.params.map(({ name }) => name).join(",")}`];
    lowerExpr(item.body, { ...newEnv(scope, quiet), locals: new Map(params), inlining });
  }
}

function checkTests(program: ProgramNode, report: Report): void {
  const pipelines = program.items.flatMap((item) =>
    item.kind === "pipeline" ? [item.name.name] : [],
  );
  for (const item of program.items) {
    if (item.kind !== "test" || item.pipeline.name === "") continue;
    const { name, span } = item.pipeline;
    if (!pipelines.includes(name)) {
      report("FPL0306", span, `unknown pipeline \`${name}\`${didYouMean(name, pipelines)}`);
    }
    if (!item.steps.some((step) => step.kind === "expect" || step.kind === "error")) {
      report("FPL0315", item.title.span, "this test expects nothing", {
        help: "add `expect 'topic' == […]`",
      });
    }
  }
}

function importNames(
  item: ImportNode,
  file: string,
  into: Scope,
  loader: Loader,
  report: Report,
): void {
  const path = joinPath(file, item.path.value);
  const module = loadModule(path, item, loader, report);
  if (module === null) {
    for (const { name } of item.names) into.broken.add(name);
    return;
  }
  for (const { name, span } of item.names) {
    const fn = module.functions.get(name);
    const value = module.variables.get(name);
    if (fn !== undefined) into.functions.set(name, fn);
    else if (value !== undefined) into.variables.set(name, value);
    else {
      into.broken.add(name);
      const known = [...module.functions.keys(), ...module.variables.keys()];
      const hint = didYouMean(name, known);
      report("FPL0316", span, `\`${item.path.value}\` has no \`${name}\`${hint}`);
    }
  }
}

/** The names of the file at `path`; null when it cannot be had, which is reported. */
function loadModule(path: string, item: ImportNode, loader: Loader, report: Report): Scope | null {
  if (loader.open.includes(path)) {
    const chain = [...loader.open.slice(loader.open.indexOf(path)), path].join(" → ");
    report("FPL0313", item.path.span, `these files import each other: ${chain}`);
    return null;
  }
  const known = loader.modules.get(path);
  if (known !== undefined) return known;
  if (loader.open.length >= IMPORT_DEPTH_MAX) {
    report("FPL0313", item.path.span, `imports go deeper than ${IMPORT_DEPTH_MAX} files`);
    return null;
  }
  const text = loader.readImport(path);
  if (text === null) {
    report("FPL0317", item.path.span, `cannot read \`${path}\``);
    return null;
  }
  loader.files.set(path, text);
  const program = parse(text, reporter(path, loader.diagnostics));
  const scope = resolve(program, path, { ...loader, open: [...loader.open, path] });
  loader.modules.set(path, scope);
  return scope;
}
