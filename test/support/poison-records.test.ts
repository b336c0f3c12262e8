import { describe, expect, it } from "vitest";
import { RECORD_BYTES_MAX, RECORD_DEPTH_MAX } from "../../shuffler/decode/limits.ts";
import { Shuffler } from "../../shuffler/shuffle.ts";
import { nestedLists, poisonFrames, poisonRecord, poisonRecords } from "./poison-records.ts";
import { frameItems, runItems } from "./run-plan.ts";

/** Why records were refused. */
function rejectedOf(frames: readonly Uint8Array[]): Record<string, number> {
  const shuffler = new Shuffler({ partitions: 4, maxPayloadBytes: 8_000_000, relay: "test" });
  for (const item of frameItems(frames)) shuffler.push(item);
  return Object.fromEntries(shuffler.counters.rejected);
}

describe("poison records", () => {
  const records = poisonRecords();

  it("are taken by the shuffler, all of them", () => {
    expect(rejectedOf(poisonFrames(records))).toEqual({});
    const sizes = records.map(({ bytes }) => bytes.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(RECORD_BYTES_MAX);
    expect(Math.max(...sizes)).toBeGreaterThan(0.94 * RECORD_BYTES_MAX);
  });

  it("have names of their own", () => {
    expect(new Set(records.map(({ name }) => name)).size).toBe(records.length);
  });

  it("would be refused one level deeper", () => {
    const deeper = poisonRecord("deeper", { nested: nestedLists(RECORD_DEPTH_MAX) });
    expect(rejectedOf(poisonFrames([deeper]))).toEqual({ bad_record: 1 });
  });

  it("come to a program as they were made", () => {
    const { topics } = runItems(
      `pipeline seen {
        from firehose('com.example.poison')
        |> map { n: record.n, list: length(record.list), names: length(keys(record.fields)) }
        |> to topic('seen')
      }`,
      frameItems(poisonFrames(records)),
    );
    const seen = topics.get("seen")?.map(({ n, list, names }) => ({ n, list, names }));
    expect(seen).toEqual(
      // JSON has no -0.
      records.map(({ fields: { n, list, fields } }) => {
        return { n: n + 0, list: list.length, names: Object.keys(fields).length };
      }),
    );
  });
});
