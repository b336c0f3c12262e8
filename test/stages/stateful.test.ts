// Stages with state as a program has them, on a real repo, against plain loops.

import { describe, expect, it } from "vitest";
import { expectSameRecords } from "../support/compare.ts";
import { groupBy } from "../support/naive-windows.ts";
import type { PlainEvent } from "../support/reference.ts";
import { REPO_PRESENT, repoEvents, repoItems } from "../support/repo.ts";
import { runItems } from "../support/run-plan.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const iso = (ms: number): string => new Date(ms).toISOString();
const collectionOf = ({ collection }: PlainEvent): string => String(collection);

async function run(stages: string, options = "") {
  const { topics } = runItems(
    `pipeline p { ${options} from firehose() |> ${stages} |> to topic('t') }`,
    await repoItems(),
  );
  return topics.get("t") ?? [];
}

describe.skipIf(!REPO_PRESENT)("on a repo", () => {
  it("dedup passes the first record of each key, then none for its time", async () => {
    const records = await run("dedup(by: collection, within: 1d) |> map { collection, rkey }");
    const passed = new Map<string, number>();
    const expected = (await repoEvents()).filter((event) => {
      const last = passed.get(collectionOf(event)) ?? Number.NEGATIVE_INFINITY;
      if (event.timeMs < last + DAY_MS) return false;
      passed.set(collectionOf(event), event.timeMs);
      return true;
    });
    expect(expected.length).toBeGreaterThan(100);
    expectSameRecords(
      records,
      expected.map(({ collection, rkey, timeMs }) => ({ collection, rkey, time: iso(timeMs) })),
    );
  });

  it("sessions end after a gap, or at their greatest length", async () => {
    const [gapMs, maxMs] = [30 * MINUTE_MS, 45 * MINUTE_MS];
    const records = await run(
      "window session(gap: 30m, max: 45m) |> reduce by collection { n: count(), per_s: rate(), last: last(rkey) }",
    );
    const expected: object[] = [];
    let cut = 0;
    for (const [collection, events] of groupBy(await repoEvents(), collectionOf)) {
      for (const session of sessionsOf(events, gapMs, maxMs)) {
        const { startMs, lastMs, items } = session;
        const endMs = Math.min(lastMs + gapMs, startMs + maxMs);
        if (endMs === startMs + maxMs) cut += 1;
        expected.push({
          collection,
          n: items.length,
          per_s: items.length / ((endMs - startMs) / 1000),
          last: items.findLast(({ timeMs }) => timeMs === lastMs)?.rkey,
          window: { start: iso(startMs), end: iso(endMs) },
          time: iso(endMs - 1),
        });
      }
    }
    expect(expected.length).toBeGreaterThan(200);
    expect(cut).toBeGreaterThan(3);
    expectSameRecords(
      records,
      expected.map((one) => ({ ...one })),
    );
  });

  it("days of a time zone begin at its midnights", async () => {
    const local = new Intl.DateTimeFormat("sv-SE", {
      timeZone: "Europe/Berlin",
      dateStyle: "short",
      timeStyle: "medium",
    });
    const dateOf = (ms: number): string => local.format(ms).slice(0, 10);
    const records = await run(
      "window tumbling(size: 1d, tz: 'Europe/Berlin') |> reduce { n: count() }",
    );
    const days = groupBy(await repoEvents(), ({ timeMs }) => dateOf(timeMs));
    const lengths = new Set<number>();
    const actual = records.map(({ n, window }) => {
      const { start, end } = window as { start: string; end: string };
      expect(local.format(Date.parse(start)).slice(11)).toBe("00:00:00");
      expect(local.format(Date.parse(end)).slice(11)).toBe("00:00:00");
      lengths.add((Date.parse(end) - Date.parse(start)) / HOUR_MS);
      return { day: dateOf(Date.parse(start)), n };
    });
    expectSameRecords(
      actual,
      [...days].map(([day, { length }]) => ({ day, n: length })),
    );
    expect([...lengths].every((hours) => [23, 24, 25].includes(hours))).toBe(true);
  });

  it("emit changes sends what has changed at every tick, and once more at the close", async () => {
    const records = await run(
      "window tumbling(size: 30d) |> reduce by collection { n: count() } |> emit changes(every: 1d)",
    );
    const expected: object[] = [];
    const monthOf = (ms: number): number => Math.floor(ms / (30 * DAY_MS));
    const groups = groupBy(
      await repoEvents(),
      (event) => `${collectionOf(event)} ${monthOf(event.timeMs)}`,
    );
    for (const events of groups.values()) {
      const startMs = monthOf(events[0]?.timeMs ?? 0) * 30 * DAY_MS;
      const days = groupBy(events, ({ timeMs }) => String(Math.floor(timeMs / DAY_MS)));
      let n = 0;
      for (const day of days.values()) {
        n += day.length;
        expected.push({
          collection: events[0]?.collection,
          n,
          window: { start: iso(startMs), end: iso(startMs + 30 * DAY_MS) },
          time: iso(startMs + 30 * DAY_MS - 1),
        });
      }
    }
    expect(expected.length).toBeGreaterThan(200);
    expectSameRecords(
      records,
      expected.map((one) => ({ ...one })),
    );
  });

  it("a reduce without a window goes on until its keys expire", async () => {
    const records = await run(
      "reduce by collection { n: count() } expire after 3d |> emit changes(every: 6h)",
    );
    const expected: object[] = [];
    for (const [collection, events] of groupBy(await repoEvents(), collectionOf)) {
      let n = 0;
      let lastMs = Number.POSITIVE_INFINITY;
      const ticks = groupBy(events, ({ timeMs }) => String(Math.floor(timeMs / (6 * HOUR_MS))));
      for (const [tick, some] of ticks) {
        for (const { timeMs } of some) {
          n = timeMs >= lastMs + 3 * DAY_MS ? 1 : n + 1;
          lastMs = timeMs;
        }
        expected.push({ collection, n, time: iso((Number(tick) + 1) * 6 * HOUR_MS - 1) });
      }
    }
    expect(expected.length).toBeGreaterThan(200);
    expectSameRecords(
      records,
      expected.map((one) => ({ ...one })),
    );
  });

  it("a reduce with a cap forgets the key without a record for longest, and sends it first", async () => {
    const records = await run(
      "reduce by collection { n: count() } cap: 3 |> emit changes(every: 6h)",
      "options { partitions: 1 }",
    );
    const expected = cappedCounts(await repoEvents(), 3);
    expect(expected.filter(({ forgotten }) => forgotten).length).toBeGreaterThan(50);
    expectSameRecords(
      records,
      expected.map(({ collection, n, time }) => ({ collection, n, time })),
    );
  });
});

/** What is sent of a count by collection that keeps `cap` keys, at ticks of six hours. */
function cappedCounts(events: readonly PlainEvent[], cap: number) {
  const sent: { collection: string; n: number; time: string; forgotten: boolean }[] = [];
  const kept = new Map<string, number>();
  const ticks = groupBy(events, ({ timeMs }) => String(Math.floor(timeMs / (6 * HOUR_MS))));
  for (const [tick, some] of ticks) {
    const time = iso((Number(tick) + 1) * 6 * HOUR_MS - 1);
    const changed = new Set<string>();
    for (const collection of some.map(collectionOf)) {
      const [oldest = ""] = kept.keys();
      if (!kept.has(collection) && kept.size === cap) {
        const n = kept.get(oldest) ?? 0;
        if (changed.delete(oldest)) sent.push({ collection: oldest, n, time, forgotten: true });
        kept.delete(oldest);
      }
      const n = (kept.get(collection) ?? 0) + 1;
      kept.delete(collection);
      kept.set(collection, n);
      changed.add(collection);
    }
    for (const collection of changed) {
      sent.push({ collection, n: kept.get(collection) ?? 0, time, forgotten: false });
    }
  }
  return sent;
}

type Session = { readonly startMs: number; lastMs: number; readonly items: PlainEvent[] };

/** @param events in the order of their times */
function sessionsOf(events: readonly PlainEvent[], gapMs: number, maxMs: number): Session[] {
  const sessions: Session[] = [];
  for (const event of events) {
    const { timeMs } = event;
    const open = sessions.at(-1);
    if (open !== undefined && timeMs < open.lastMs + gapMs && timeMs < open.startMs + maxMs) {
      open.lastMs = timeMs;
      open.items.push(event);
    } else sessions.push({ startMs: timeMs, lastMs: timeMs, items: [event] });
  }
  return sessions;
}
