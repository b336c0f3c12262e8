// Our own: the compiled program on events as the shuffler publishes them, in this process.

import { readFile } from "node:fs/promises";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import type { Plan } from "../../plan/plan.ts";
import { decodeRecords } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { PlanDriver } from "../../runtime/plan-driver.ts";
import { readMessages } from "../data/messages.ts";
import type { OpenContestant, Query, Row } from "../suite/contestant.ts";

const ROOT = new URL("../../", import.meta.url);

export const openOurs: OpenContestant = async (query, files) => {
  const messages = await readMessages(files.messages);
  const plan = await planOfQuery(query);
  return {
    round: () => {
      const answer: Uint8Array[] = [];
      const driver = new PlanDriver([plan], FIREHOSE_PARTITIONS_DEFAULT, (_, records) =>
        answer.push(records),
      );
      for (const message of messages) driver.push(message);
      driver.flush();
      const reached = driver
        .counters()
        .filter(({ stage }) => stage === "s0")
        .reduce((sum, counters) => sum + counters.in, 0);
      return { events: files.events, reached, rows: () => rowsOf(answer) };
    },
  };
};

/** The compiled program of a question. @throws Error when it does not compile */
export async function planOfQuery(query: Query): Promise<Plan> {
  const file =
    query === "hashtags" ? "pipelines/hashtag-trends.fpl" : `bench/programs/${query}.fpl`;
  const text = await readFile(new URL(file, ROOT), "utf8");
  return planOf(text);
}

/** The records of some messages, in the form the peers answer in. */
export function rowsOf(answer: readonly Uint8Array[]): Row[] {
  return answer.flatMap((records) =>
    [...decodeRecords(records)].map((one) => plainRow(toJson(one))),
  );
}

function plainRow(record: ReturnType<typeof toJson>): Row {
  // A pipeline's records are objects; `time` says no more than the window does.
  const { time: _, window, ...rest } = record as Record<string, unknown>;
  if (typeof window !== "object" || window === null || !("start" in window)) return rest;
  return { ...rest, window: window.start };
}
