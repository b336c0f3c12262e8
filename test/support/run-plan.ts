// Compiles a program and runs it in this process over the frames of a recording, the way `fpaas run`
// does: shuffler, repetitions dropped, stage runners, no server.

import { compile } from "../../compiler/compile.ts";
import type { Json } from "../../plan/expr.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import type { Plan } from "../../plan/plan.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { eachRecord, PlanDriver, type StageCounters } from "../../runtime/plan-driver.ts";
import { RepeatFilter } from "../../runtime/repeat-filter.ts";
import { Shuffler } from "../../shuffler/shuffle.ts";
import type { SourceItem } from "../../shuffler/sources/source.ts";

/** Partitions of the firehose in these runs. */
export const FIREHOSE_PARTITIONS = FIREHOSE_PARTITIONS_DEFAULT;

type PrintedRecord = Readonly<Record<string, Json>>;

type ProgramRun = {
  /** The records of every topic that got any, as `fpaas run` prints them, in the topic's order. */
  readonly topics: ReadonlyMap<string, readonly PrintedRecord[]>;
  readonly counters: readonly StageCounters[];
};

/**
 * Runs every pipeline of the program from the first frame until all windows are closed.
 * @throws Error when the program does not compile without a diagnostic.
 */
export function runProgram(
  source: string,
  frames: readonly Uint8Array[],
  params: Readonly<Record<string, string>> = {},
): ProgramRun {
  return runItems(source, frameItems(frames), params);
}

/** The frames of a recording as items of a source. */
export function frameItems(frames: readonly Uint8Array[]): SourceItem[] {
  return frames.map((raw, position) => ({ kind: "frame", raw, position }));
}

/** The same over the items of any source. */
export function runItems(
  source: string,
  items: readonly SourceItem[],
  params: Readonly<Record<string, string>> = {},
): ProgramRun {
  return runPlans(compiled(source, params), items);
}

/** Runs plans that were compiled already. */
export function runPlans(plans: readonly Plan[], items: readonly SourceItem[]): ProgramRun {
  const topics = new Map<string, PrintedRecord[]>();
  const driver = new PlanDriver(
    plans,
    FIREHOSE_PARTITIONS,
    eachRecord((topic, record) => {
      const records = topics.get(topic) ?? [];
      records.push(printed(record));
      topics.set(topic, records);
    }),
  );
  const repeats = new RepeatFilter();
  for (const message of shuffled(items)) if (repeats.admits(message)) driver.push(message);
  driver.flush();
  return { topics, counters: driver.counters() };
}

function compiled(source: string, params: Readonly<Record<string, string>>) {
  const { plans, diagnostics } = compile({ file: "test.fpl", text: source }, { params });
  const said = diagnostics.map(({ code, message, span }) => `${code} at ${span.start}: ${message}`);
  if (said.length > 0) throw new Error(said.join("\n"));
  return plans;
}

/** The messages that the shuffler makes of a finite source, the end of all windows included. */
export function* shuffled(items: readonly SourceItem[]) {
  const shuffler = new Shuffler({
    partitions: FIREHOSE_PARTITIONS,
    relay: "recording",
    maxPayloadBytes: Number.POSITIVE_INFINITY,
  });
  for (const item of items) yield* shuffler.push(item);
  yield* shuffler.closeWindows();
}

function printed(record: Parameters<typeof toJson>[0]): PrintedRecord {
  const json = toJson(record);
  if (typeof json === "object" && json !== null && !isList(json)) return json;
  throw new Error(`a topic got ${JSON.stringify(json)}, not a record`);
}

/** `Array.isArray` does not narrow readonly lists. */
function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
