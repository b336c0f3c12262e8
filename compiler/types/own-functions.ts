// Functions of the file: their bodies are checked once with nothing known of the parameters, and again
// at every call with the types of the arguments.

import type { Report } from "../diagnostics/diagnostic.ts";
import type { FnDef, Scope } from "../resolve/scope.ts";
import type { CallShape, ProgramNode, Span } from "../syntax/ast.ts";
import { describeType } from "./describe.ts";
import { pathOf } from "./narrow.ts";
import { ANY, type Type } from "./type.ts";
import { type FileEnv, type Infer, type Local, stageEnv, type TypeEnv } from "./type-env.ts";

/** Reports the mistakes in the bodies of the functions of `program`, whatever they are given. */
export function checkOwnFunctions(
  program: ProgramNode,
  scope: Scope,
  source: string,
  report: Report,
  infer: Infer,
): void {
  for (const item of program.items) {
    const fn = item.kind === "fn" ? scope.functions.get(item.name.name) : undefined;
    if (fn !== undefined)
      infer(
        fn.body,
        bodyEnv(fn, unknownLocals(fn), { scope, source, report, durations: new Set() }),
      );
  }
}

/** The type of a call of `fn`: that of its body with these arguments. */
export function inferOwnCall(
  fn: FnDef,
  call: CallShape,
  span: Span,
  env: TypeEnv,
  infer: Infer,
): Type {
  const types = call.args.map((arg) => infer(arg.value, env));
  if (env.calls.includes(fn) || types.length !== fn.params.length) return ANY;
  const locals = new Map<string, Local>();
  for (const [i, name] of fn.params.entries()) {
    const value = call.args[i]?.value;
    locals.set(name, {
      type: types[i] ?? ANY,
      path: value === undefined ? null : pathOf(value, env),
    });
  }
  const known = mistakesOf(fn, env, infer);
  let failed = known.size > 0;
  const report: Report = (code, at, message) => {
    failed = true;
    if (known.has(key(code, at))) return;
    const given = types.map(describeType).join(", ");
    env.report(code, span, `in \`${fn.name}\`: ${message}`, {
      help: `here it is called with (${given})`,
    });
  };
  const inner = { ...env, ...bodyParts(fn, locals, env), report };
  const type = infer(fn.body, inner);
  return failed ? ANY : type;
}

function bodyParts(fn: FnDef, locals: ReadonlyMap<string, Local>, env: TypeEnv) {
  return {
    scope: fn.scope,
    source: null,
    locals,
    lets: new Map<string, Type>(),
    calls: [...env.calls, fn],
    aggregate: null,
  };
}

/** What is wrong with the body whatever it is given: reported where it is declared. */
function mistakesOf(fn: FnDef, env: TypeEnv, infer: Infer): ReadonlySet<string> {
  const known = mistakes.get(fn);
  if (known !== undefined) return known;
  const found = new Set<string>();
  mistakes.set(fn, found);
  const report: Report = (code, span) => {
    found.add(key(code, span));
  };
  const base = stageEnv(ANY, { ...env, scope: fn.scope, source: null, report });
  infer(fn.body, {
    ...base,
    locals: unknownLocals(fn),
    calls: [...env.calls, fn],
    budget: env.budget,
  });
  return found;
}

const mistakes = new WeakMap<FnDef, Set<string>>();

function bodyEnv(fn: FnDef, locals: ReadonlyMap<string, Local>, of: FileEnv): TypeEnv {
  return { ...stageEnv(ANY, of), locals, calls: [fn] };
}

function unknownLocals(fn: FnDef): ReadonlyMap<string, Local> {
  return new Map(fn.params.map((name) => [name, { type: ANY, path: null }]));
}

function key(code: string, span: Span): string {
  return `${code}:${span.start}:${span.end}`;
}
