// Instants that are exactly at a boundary, and one millisecond to either side: random events hardly meet them.

import { describe, expect, it } from "vitest";
import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { Instant } from "../../runtime/eval/values.ts";
import { madeItems } from "../support/made-events.ts";
import { runItems } from "../support/run-plan.ts";

const T0 = Date.UTC(2026, 6, 4, 12);
const MINUTE_MS = 60_000;
const DID = "did:plc:a";

type Event = { readonly atMs: number; readonly claimMs?: number };

/** @param events of one account, milliseconds from `T0`, in the order they come in */
function run(stages: string, events: readonly Event[]) {
  const made = events.map(({ atMs, claimMs = atMs }, n) => ({
    did: DID,
    timeMs: T0 + atMs,
    record: { n, claim: new Instant(T0 + claimMs) },
  }));
  const program = `pipeline p { from firehose() |> ${stages} |> to topic('out') }`;
  const { topics, counters } = runItems(program, madeItems(made));
  const late = counters.reduce((sum, one) => sum + one.late, 0);
  return { late, records: topics.get("out") ?? [] };
}

/** The instant of an event at which the watermark is `watermarkMs`. */
const seeing = (watermarkMs: number): Event => ({ atMs: watermarkMs + WATERMARK_DELAY_MS });

describe("a record that comes when the watermark is", () => {
  const count = "reduce { n: count() }";
  const windows: [string, number][] = [
    [`window tumbling(size: 1m, grace: 2s) |> ${count}`, MINUTE_MS + 2000],
    [`window tumbling(size: 1m) |> ${count}`, MINUTE_MS],
    [`window hopping(size: 1m, every: 30s, grace: 2s) |> ${count}`, MINUTE_MS + 2000],
  ];

  it.each(windows)("at the close of its last window is late: %s", (stages, closesMs) => {
    expect(run(stages, [{ atMs: 0 }, seeing(closesMs), { atMs: 1 }]).late).toBe(1);
  });

  it.each(windows)("a millisecond before that is not: %s", (stages, closesMs) => {
    expect(run(stages, [{ atMs: 0 }, seeing(closesMs - 1), { atMs: 1 }]).late).toBe(0);
  });

  const session = `window session(gap: 5s, max: 1h, grace: 2s) |> ${count}`;

  it("past its time and the grace of its sessions is late, and at that is not", () => {
    expect(run(session, [seeing(2002), { atMs: 1 }]).late).toBe(1);
    expect(run(session, [seeing(2001), { atMs: 1 }]).late).toBe(0);
  });
});

describe("a session", () => {
  const counts = (max: string, atMs: readonly number[]) => {
    const stages = `window session(gap: 5s, max: ${max}) |> reduce { n: count() }`;
    return run(
      stages,
      atMs.map((one) => ({ atMs: one })),
    ).records.map(({ n }) => n);
  };

  it("goes on up to a gap, and not at it", () => {
    expect(counts("1h", [0, 4999])).toEqual([2]);
    expect(counts("1h", [0, 5000])).toEqual([1, 1]);
  });

  it("is at most as long as it may be", () => {
    expect(counts("8s", [0, 4000, 7999])).toEqual([3]);
    expect(counts("8s", [0, 4000, 8000])).toEqual([2, 1]);
  });
});

describe("a claim that is ahead of the relay's time", () => {
  const stages =
    "window tumbling(size: 1m, on: record.claim, max_ahead: 10s) |> reduce { n: count() }";
  const startOf = (aheadMs: number) => {
    const { records } = run(stages, [{ atMs: 50_000, claimMs: 50_000 + aheadMs }]);
    return records.map(({ window }) => (window as { start: string }).start); // As reduce writes it.
  };

  it("counts at its instant, but no later than `max_ahead` behind the relay", () => {
    expect(startOf(9_999)).toEqual([new Date(T0).toISOString()]);
    expect(startOf(10_000)).toEqual([new Date(T0 + MINUTE_MS).toISOString()]);
    expect(startOf(1_000_000_000_000)).toEqual([new Date(T0 + MINUTE_MS).toISOString()]);
  });
});

describe("dedup", () => {
  const seen = (secondMs: number) =>
    run("dedup(by: did, within: 10s)", [{ atMs: 0 }, { atMs: secondMs }]).records.length;

  it("keeps a record out until the time is over, and not at it", () => {
    expect([seen(9_999), seen(10_000)]).toEqual([1, 2]);
  });
});

describe("a group of the reduce without a window", () => {
  const last = (secondMs: number) =>
    run("reduce by did { n: count() } expire after 10s |> emit changes(every: 1s)", [
      { atMs: 0 },
      { atMs: secondMs },
    ]).records.at(-1)?.n;

  it("is kept until it expires, and not at it", () => {
    expect([last(9_999), last(10_000)]).toEqual([2, 1]);
  });
});
