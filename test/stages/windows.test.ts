// Windows, and what ranks and sends their results, on a real repo against lists of what each contains.

import { describe, expect, it } from "vitest";
import { expectSameRecords } from "../support/compare.ts";
import { groupBy, type NaiveWindow, naiveWindows, windowFields } from "../support/naive-windows.ts";
import type { PlainEvent } from "../support/reference.ts";
import { REPO_PRESENT, repoEvents, repoItems } from "../support/repo.ts";
import { runItems } from "../support/run-plan.ts";

const DAY_MS = 86_400_000;
const WEEKS = { sizeMs: 7 * DAY_MS, everyMs: 7 * DAY_MS, graceMs: 0 };

async function run(stages: string) {
  const program = `pipeline p { from firehose() |> ${stages} |> to topic('t') }`;
  const { topics } = runItems(program, await repoItems());
  return topics.get("t") ?? [];
}

/** The results of one window, one for each collection. */
function counts(window: NaiveWindow<PlainEvent>) {
  const groups = groupBy(window.items, ({ collection }) => String(collection));
  return [...groups].map(([collection, events]) => ({
    collection,
    n: events.length,
    first: events[0]?.rkey ?? "",
    ...windowFields(window),
  }));
}

const COUNT = "reduce by collection { n: count(), first: first(rkey) }";

describe.skipIf(!REPO_PRESENT)("on a repo", () => {
  it("tumbling windows hold each record once", async () => {
    const expected = naiveWindows(await repoEvents(), WEEKS).flatMap(counts);
    expect(expected.length).toBeGreaterThan(100);
    expectSameRecords(await run(`window tumbling(size: 7d) |> ${COUNT}`), expected);
  });

  it("hopping windows hold each record as often as they overlap", async () => {
    const hops = { sizeMs: 3 * DAY_MS, everyMs: DAY_MS, graceMs: 0 };
    const expected = naiveWindows(await repoEvents(), hops).flatMap(counts);
    expect(expected.length).toBeGreaterThan(300);
    expectSameRecords(await run(`window hopping(size: 3d, every: 1d) |> ${COUNT}`), expected);
  });

  it("emit final sends each window once, as without it", async () => {
    const windows = `window hopping(size: 14d, every: 7d) |> ${COUNT}`;
    const expected = naiveWindows(await repoEvents(), { ...WEEKS, sizeMs: 14 * DAY_MS });
    const records = await run(`${windows} |> emit final`);
    expectSameRecords(records, expected.flatMap(counts));
    expectSameRecords(await run(windows), records);
  });

  it("a reduce without keys counts all of a window", async () => {
    const expected = naiveWindows(await repoEvents(), WEEKS).map((window) => ({
      n: window.items.length,
      ...windowFields(window),
    }));
    expectSameRecords(await run("window tumbling(size: 7d) |> reduce { n: count() }"), expected);
  });

  it("top keeps the greatest of each window, the first key where they are equal", async () => {
    const expected = naiveWindows(await repoEvents(), WEEKS).flatMap((window) =>
      greatest(counts(window), 3),
    );
    expectSameRecords(
      await run(`window tumbling(size: 7d) |> ${COUNT} |> top(3, by: n)`),
      expected,
    );
  });

  it("top with `per` keeps the greatest of each value of it", async () => {
    const isApp = ({ collection }: { collection: string }) => collection.startsWith("app.bsky.");
    const expected = naiveWindows(await repoEvents(), WEEKS).flatMap((window) => {
      const results = counts(window);
      const others = results.filter((one) => !isApp(one));
      return [...greatest(results.filter(isApp), 2), ...greatest(others, 2)];
    });
    const top = "top(2, by: n, per: starts_with(collection ?? '', 'app.bsky.'))";
    expectSameRecords(await run(`window tumbling(size: 7d) |> ${COUNT} |> ${top}`), expected);
  });
});

function greatest<T extends { readonly collection: string; readonly n: number }>(
  results: readonly T[],
  size: number,
): T[] {
  return results
    .toSorted((a, b) => b.n - a.n || (a.collection < b.collection ? -1 : 1))
    .slice(0, size);
}
