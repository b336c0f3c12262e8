// The engine over the tape: compiler, and the plans in this process.

import { compile } from "../../compiler/compile.ts";
import { toJson } from "../../runtime/eval/json.ts";
import {
  eachRecord,
  type FirehoseMessage,
  PlanDriver,
  type StageCounters,
} from "../../runtime/plan-driver.ts";
import { PARTITIONS } from "./tape.ts";

export type EngineRecord = Readonly<Record<string, unknown>>;
export type EngineRun = {
  readonly topics: ReadonlyMap<string, readonly EngineRecord[]>;
  readonly counters: readonly StageCounters[];
};

/** @throws Error when the program does not compile, which is a fault of the generator */
export function runEngine(text: string, messages: readonly FirehoseMessage[]): EngineRun {
  const { plans, diagnostics } = compile({ file: "fuzz.fpl", text });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    throw new Error(
      errors
        .map(({ code, message, span }) => `${code} ${message}: ${text.slice(span.start, span.end)}`)
        .join("\n"),
    );
  }
  const topics = new Map<string, EngineRecord[]>();
  const driver = new PlanDriver(
    plans,
    PARTITIONS,
    eachRecord((topic, record) => {
      const records = topics.get(topic) ?? [];
      records.push(toJson(record) as EngineRecord);
      topics.set(topic, records);
    }),
  );
  for (const message of messages) driver.push(message);
  driver.flush();
  return { topics, counters: driver.counters() };
}
