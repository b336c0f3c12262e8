// Topics of a file: one owner each.

import type { Topic } from "../../plan/plan.ts";
import type { Span } from "../syntax/ast.ts";
import type { Draft } from "./draft.ts";

/** Makes `topic` the pipeline's own; reported when another, or it itself, writes it already. */
export function own(draft: Draft, topic: Topic, span: Span): void {
  const pipeline = draft.node.name.name;
  const owner = draft.topics.get(topic.name);
  if (owner !== undefined) {
    const who = owner === pipeline ? "this pipeline already" : `pipeline \`${owner}\``;
    draft.env.report("FPL0503", span, `topic \`${topic.name}\` is written by ${who}`, {
      help: "every topic has one owner: choose another name",
    });
    return;
  }
  draft.topics.set(topic.name, pipeline);
  draft.owned.push(topic);
}
