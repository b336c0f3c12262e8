// network-health.fpl against plain loops: every event of the network counts in exactly one minute.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectCloseRecords } from "../test/support/compare.ts";
import {
  groupBy,
  naiveWindows,
  partByLateness,
  windowFields,
} from "../test/support/naive-windows.ts";
import { RECORDINGS, repositoryFile } from "../test/support/recordings.ts";
import { type PlainEvent, readEvents } from "../test/support/reference.ts";
import { FIREHOSE_PARTITIONS, runProgram } from "../test/support/run-plan.ts";

const SOURCE = readFileSync(repositoryFile("pipelines/network-health.fpl"), "utf8");
const MINUTE = { sizeMs: 60_000, everyMs: 60_000, graceMs: 0 };

describe.each(RECORDINGS)("network-health over $name", ({ present, frames }) => {
  it.skipIf(!present)("counts events and accounts by collection and operation", async () => {
    const recording = await frames();
    const { topics } = runProgram(SOURCE, recording);
    const events = await readEvents(recording);
    const expected = health(events);
    expect(expected.reduce((sum, { n }) => sum + n, 0)).toBe(events.length);
    expectCloseRecords(topics.get("health.ops") ?? [], expected, ["accounts"]);
  });
});

function health(events: readonly PlainEvent[]) {
  const { inTime } = partByLateness(events, FIREHOSE_PARTITIONS, MINUTE, () => true);
  return naiveWindows(inTime, MINUTE).flatMap((window) =>
    [...groupBy(window.items, kindOf).values()].map((group) => ({
      collection: group[0]?.collection ?? null,
      op: group[0]?.op ?? null,
      n: group.length,
      accounts: new Set(group.map(({ did }) => did)).size,
      ...windowFields(window),
    })),
  );
}

function kindOf({ collection, op }: PlainEvent): string {
  return `${collection} ${op}`;
}
