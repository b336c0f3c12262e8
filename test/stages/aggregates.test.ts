// The aggregates as a program has them, on a real repo, against plain loops.

import { describe, expect, it } from "vitest";
import { groupBy } from "../support/naive-windows.ts";
import { at, isCreateOf, type PlainEvent } from "../support/reference.ts";
import { REPO_PRESENT, repoEvents, repoItems } from "../support/repo.ts";
import { runItems } from "../support/run-plan.ts";

const DAY_MS = 86_400_000;
const QS = [0, 0.5, 0.9, 1];

const PROGRAM = `
pipeline lengths {
  from firehose('app.bsky.feed.post')
  |> filter op == 'create'
  |> window tumbling(size: 7d)
  |> reduce {
       n: count(), per_second: rate(), deviation: stddev(length(record.text)),
       median: quantile(length(record.text), 0.5), qs: quantiles(length(record.text), [0, 0.5, 0.9, 1]),
       langs: top_k(record.langs[0], 2), spread: (stddev(length(record.text)) ?? 0) / avg(length(record.text))
     }
  |> to topic('test.lengths')
}`;

describe.skipIf(!REPO_PRESENT)("aggregates over a repo", () => {
  it("agree with plain loops for every week", async () => {
    const { topics } = runItems(PROGRAM, await repoItems());
    const weeks = groupBy(
      (await repoEvents()).filter(isCreateOf("app.bsky.feed.post")),
      ({ timeMs }) => new Date(Math.floor(timeMs / (7 * DAY_MS)) * 7 * DAY_MS).toISOString(),
    );
    const records = topics.get("test.lengths") ?? [];
    expect(records.length).toBe(weeks.size);
    expect(records.length).toBeGreaterThan(5);
    for (const record of records) {
      const posts = weeks.get(String(at(record, "window", "start"))) ?? [];
      expectLengths(record, posts);
    }
  });
});

function expectLengths(record: unknown, posts: readonly PlainEvent[]): void {
  const lengths = posts.map((post) => Array.from(String(at(post.record, "text"))).length);
  const n = lengths.length;
  expect(at(record, "n")).toBe(n);
  expect(at(record, "per_second")).toBe(n / ((7 * DAY_MS) / 1000));
  const mean = lengths.reduce((sum, one) => sum + one, 0) / n;
  const squares = lengths.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  if (n < 2) expect(at(record, "deviation")).toBe(null);
  else expect(at(record, "deviation")).toBeCloseTo(Math.sqrt(squares / (n - 1)), 8);
  const sorted = lengths.toSorted((a, b) => a - b);
  const truths = QS.map((q) => sorted[Math.floor(q * (n - 1))] ?? 0);
  const estimates = at(record, "qs");
  for (const [i, truth] of truths.entries()) {
    const estimate = Array.isArray(estimates) ? Number(estimates[i]) : Number.NaN;
    expect(Math.abs(estimate - truth)).toBeLessThanOrEqual(0.0100001 * truth);
  }
  expect(at(record, "median")).toBe(Array.isArray(estimates) ? estimates[1] : null);
  expect(at(record, "langs")).toEqual(topLangs(posts));
}

function topLangs(posts: readonly PlainEvent[]) {
  const spoken = posts.flatMap((post) => {
    const langs = at(post.record, "langs");
    return Array.isArray(langs) && langs.length > 0 ? [String(langs[0])] : [];
  });
  return [...groupBy(spoken, (lang) => lang)]
    .map(([value, all]) => ({ value, count: all.length, error: 0 }))
    .toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, 2);
}

describe("aggregate arguments", () => {
  const compileWith = (aggregate: string) => () =>
    runItems(
      `pipeline p { from firehose() |> window tumbling(size: 1m) |> reduce { x: ${aggregate} } |> to stdout }`,
      [],
    );
  const list = (n: number): string => `[${Array.from({ length: n }, () => "0.5").join(", ")}]`;

  it.each([
    ["quantile(seq, 1)", "quantile(seq, 1.1)"],
    ["quantile(seq, 0)", "quantile(seq, -0.1)"],
    [`quantiles(seq, ${list(20)})`, `quantiles(seq, ${list(21)})`],
    ["quantiles(seq, [0, 0.5])", "quantiles(seq, [did])"],
    ["top_k(did, 100)", "top_k(did, 101)"],
    ["top_k(did, k: 1)", "top_k(did, 0)"],
  ])("%s is the limit, %s is one past it", (fits, exceeds) => {
    expect(compileWith(fits)).not.toThrow();
    expect(compileWith(exceeds)).toThrow("FPL0203");
  });
});
