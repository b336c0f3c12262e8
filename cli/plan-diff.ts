// What a deploy changes, for people: a line a stage, a line a topic that comes or goes, a line a source.

import type { SourceStart, StageChange, TopicChange } from "../plan/plan-change.ts";
import { printInstant } from "../plan/print-expr.ts";
import type { DeployOutcome } from "../runtime/deploy.ts";
import { table } from "./terminal/table.ts";
import { plural } from "./terminal/units.ts";

/** The outcome as text; `dryRun` says what would be. */
export function drawChange(
  pipeline: string,
  { kind, version, replaced, change }: DeployOutcome,
): string {
  const head = `${pipeline}  version ${version}  ${kind}\n`;
  if (kind === "unchanged" || replaced === null) return head;
  const rows = [
    ...change.stages.map((stage) => ["", mark(stage), `stage ${stage.stage}`, whatOf(stage)]),
    ...change.topics.filter((one) => one.kind !== "kept").map(topicRow),
    ...change.sources.map((source) => sourceRow(source, replaced)),
  ];
  return head + table(rows);
}

function mark({ kind }: StageChange): string {
  switch (kind) {
    case "kept":
      return "=";
    case "edited":
      return "=";
    case "rebuilt":
      return "~";
    case "new":
      return "+";
    case "dropped":
      return "-";
  }
}

function whatOf({ kind, stage, from, stateful, why }: StageChange): string {
  const was = from === null || from === stage ? "" : `, was ${from}`;
  const keeps = stateful ? "state and position kept" : "position kept";
  switch (kind) {
    case "kept":
      return `kept${was}: ${keeps}`;
    case "edited":
      return `edited${was}: ${keeps}, its results go another way`;
    case "rebuilt":
      return `rebuilt${stateful ? ", its state is dropped" : ""}: ${why.join(", ")}`;
    case "new":
      return `new${stateful ? ", begins with empty state" : ""}`;
    case "dropped":
      return `dropped${stateful ? " with its state" : ""}`;
  }
}

function topicRow({ kind, topic, partitions }: TopicChange): string[] {
  const name = `topic ${topic}`;
  switch (kind) {
    case "kept":
      return ["", "=", name, "kept"];
    case "new":
      return ["", "+", name, plural(partitions, "partition")];
    case "grown":
      return ["", "~", name, `now ${plural(partitions, "partition")}`];
    case "dropped":
      return ["", "-", name, "its records are deleted"];
  }
}

function sourceRow({ stage, source, at }: SourceStart, replaced: number): string[] {
  const where = {
    seam: `where version ${replaced} stops`,
    default: "new",
    first: "first",
    new: "new",
  };
  const from = at.at === "time" ? printInstant(at.ms) : where[at.at];
  return ["", ">", `${source} for ${stage}`, `read from ${from}`];
}
