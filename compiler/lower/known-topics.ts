// Topics that are read and that nobody in sight writes. Only a warning: another program may write them.

import { nearest } from "../diagnostics/suggest.ts";
import type { PipelineNode, SourceNode } from "../syntax/ast.ts";
import type { Env } from "./env.ts";
import { topicName } from "./source.ts";

/**
 * @param owners the pipelines of this file by the topics they write
 * @param elsewhere topics that other programs write; unless they are the whole project's, only what
 * resembles a known topic is reported
 */
export function checkTopicsRead(
  pipelines: readonly PipelineNode[],
  owners: ReadonlyMap<string, string>,
  elsewhere: { readonly names: readonly string[]; readonly wholeProject: boolean },
  env: Env,
): void {
  for (const node of pipelines) {
    const others = [...owners].filter(([, owner]) => owner !== node.name.name);
    const known = [...new Set([...others.map(([topic]) => topic), ...elsewhere.names])];
    for (const source of node.source === null ? [] : plainSources(node.source)) {
      checkSource(source, owners, known, elsewhere.wholeProject, env);
    }
  }
}

type PlainSource = Extract<SourceNode, { kind: "source" }>;

function plainSources(source: SourceNode): PlainSource[] {
  return source.kind === "union" ? source.sources.flatMap(plainSources) : [source];
}

function checkSource(
  { call }: PlainSource,
  owners: ReadonlyMap<string, string>,
  known: readonly string[],
  isWhole: boolean,
  env: Env,
): void {
  const [arg] = call.args;
  if (call.name.name !== "topic" || arg === undefined || arg.value.kind === "error") return;
  const topic = topicName(arg, env);
  if (topic === null || owners.has(topic) || known.includes(topic)) return;
  const near = nearest(topic, known);
  if (near === null && !isWhole) return;
  const meant = near === null ? "" : `, did you mean \`${near}\`?`;
  const named = known.filter((one) => !one.startsWith("dlq."));
  const all = named.map((one) => `\`${one}\``).join(", ");
  const here = named.length === 0 ? "" : `; topics here are ${all}`;
  env.report("FPL0907", arg.span, `no pipeline here writes topic \`${topic}\`${meant}`, {
    help: `if another program writes it, deploy that one first${here}`,
    ...(near === null ? {} : { fix: { span: arg.span, text: `'${near}'` } }),
  });
}
