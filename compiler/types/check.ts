// The type pass: follows the types of records through the stages of every pipeline of a file, and
// through the topics between them.

import type { Diagnostic, Report } from "../diagnostics/diagnostic.ts";
import type { Scope } from "../resolve/scope.ts";
import type { Shape } from "../shapes/shape.ts";
import type { Arg, PipelineNode, ProgramNode, StageNode } from "../syntax/ast.ts";
import { unknownCollections } from "./event.ts";
import { inferType } from "./infer.ts";
import { checkOwnFunctions } from "./own-functions.ts";
import { join } from "./relate.ts";
import { sourceType, textOf } from "./source-types.ts";
import { type StagePass, stageType } from "./stage-types.ts";
import { ANY, type Type } from "./type.ts";
import { type FieldName, type FileEnv, stageEnv, type TypeEnv } from "./type-env.ts";

/** The types of one pipeline, for `explain`. */
export type PipelineTypes = {
  readonly pipeline: string;
  /** What the source gives. */
  readonly source: Type;
  /** The records behind every stage, those of the arms of a `branch` included, in the order of the text. */
  readonly stages: readonly { readonly stage: StageNode; readonly type: Type }[];
  /** Collections and patterns of the source whose records are `any`, as no lexicon is known; `*` is all. */
  readonly unknownCollections: readonly string[];
};

export type Types = {
  readonly pipelines: readonly PipelineTypes[];
  /** The names of the fields before every stage; null where they are not known. */
  readonly shapes: ReadonlyMap<StageNode, Shape>;
  /** The records of the topics that the file writes. */
  readonly topics: ReadonlyMap<string, Type>;
  /** The fields that are the `duration` of a window, which no record holds. */
  readonly durations: ReadonlySet<FieldName>;
};

/**
 * Reports what does not fit, and gives the types of all pipelines.
 * @param elsewhere the records of topics that other programs write
 */
export function checkTypes(
  program: ProgramNode,
  scope: Scope,
  source: string,
  elsewhere: ReadonlyMap<string, Type>,
  report: Report,
): Types {
  const durations = new Set<FieldName>();
  const pass = new FilePass({ scope, report, source, durations }, elsewhere);
  for (const item of program.items) if (item.kind === "pipeline") pass.know(item);
  const pipelines = program.items.flatMap((item) =>
    item.kind === "pipeline" ? [pass.check(item)] : [],
  );
  return { pipelines, shapes: pass.shapes(), topics: pass.topics, durations };
}

/**
 * `report` for types: silent in stages that could not be parsed, as what is left of them says little.
 * @param errors what the parser reported in `text`
 */
export function reportApartFrom(
  errors: readonly Diagnostic[],
  text: string,
  report: Report,
): Report {
  return (code, span, message, extra) => {
    const from = text.lastIndexOf("|>", span.start);
    const next = text.indexOf("|>", span.end);
    const to = next === -1 ? text.length : next;
    const broken = errors.some(({ span: { start } }) => start >= from && start <= to);
    if (!broken) report(code, span, message, extra);
  };
}

/** Reports the mistakes in the functions of a file, its own or an imported one. */
export function checkFunctionTypes(
  program: ProgramNode,
  scope: Scope,
  source: string,
  report: Report,
): void {
  checkOwnFunctions(program, scope, source, report, inferType);
}

class FilePass {
  readonly #base: FileEnv;
  /** Pipelines by the topics they write. */
  readonly #writers = new Map<string, PipelineNode>();
  readonly topics = new Map<string, Type>();
  readonly #elsewhere: ReadonlyMap<string, Type>;
  readonly #done = new Map<PipelineNode, PipelineTypes | null>();
  readonly #before = new Map<StageNode, Type>();

  constructor(base: FileEnv, elsewhere: ReadonlyMap<string, Type>) {
    this.#base = base;
    this.#elsewhere = elsewhere;
  }

  /** Remembers which topics `node` writes. */
  know(node: PipelineNode): void {
    for (const topic of topicsOf(node.stages)) {
      const name = textOf(topic, stageEnv(ANY, this.#base));
      if (name !== null) this.#writers.set(name, node);
    }
  }

  check(node: PipelineNode): PipelineTypes {
    const known = this.#done.get(node);
    if (known !== undefined && known !== null) return known;
    this.#done.set(node, null);
    const source = this.#sourceOf(node);
    const after = new Map<StageNode, Type>();
    const pass: StagePass = {
      base: this.#base,
      before: this.#before,
      after,
      write: (topic, type, env) => this.#write(topic, type, env),
      windowed: false,
    };
    let type = source;
    for (const stage of node.stages) type = stageType(stage, type, pass);
    const types = {
      pipeline: node.name.name,
      source,
      stages: [...after].map(([stage, behind]) => ({ stage, type: behind })),
      unknownCollections: unknownOf(source),
    };
    this.#done.set(node, types);
    return types;
  }

  shapes(): ReadonlyMap<StageNode, Shape> {
    return new Map([...this.#before].map(([stage, type]) => [stage, shapeOf(type)]));
  }

  #sourceOf({ source }: PipelineNode): Type {
    if (source === null) return ANY;
    return sourceType(source, (topic) => this.#topicType(topic), stageEnv(ANY, this.#base));
  }

  /** Of pipelines that read each other's topics the one still open knows nothing. */
  #topicType(topic: string): Type | null {
    const writer = this.#writers.get(topic);
    if (writer === undefined) return this.#elsewhere.get(topic) ?? null;
    if (!this.#done.has(writer)) this.check(writer);
    return this.topics.get(topic) ?? null;
  }

  #write(topic: Pick<Arg, "value">, type: Type, env: TypeEnv): void {
    const name = textOf(topic, env);
    if (name === null) return;
    const known = this.topics.get(name);
    this.topics.set(name, known === undefined ? type : join(known, type));
  }
}

/** The arguments that name topics: of sinks, also in branches, and of side outputs. */
function topicsOf(stages: readonly StageNode[]): Pick<Arg, "value">[] {
  return stages.flatMap((stage) => {
    if (stage.kind === "to") return stage.target.name === "topic" ? stage.args.slice(0, 1) : [];
    if (stage.kind === "branch") return stage.arms.flatMap((arm) => topicsOf(arm.stages));
    if (stage.kind !== "window") return [];
    const late = stage.call.args.find((arg) => arg.name?.name === "late")?.value;
    return late?.kind === "call" ? late.args.slice(0, 1) : [];
  });
}

function unknownOf(source: Type): readonly string[] {
  if (source.kind !== "object" || source.event === null) return [];
  return unknownCollections(source.event);
}

function shapeOf(type: Type): Shape {
  if (type.kind !== "object" || type.rest !== null) return null;
  return new Set(type.fields.keys());
}
