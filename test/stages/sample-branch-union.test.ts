// Stages without state as a program has them, on a real repo and on made events, against plain loops.

import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { hash } from "../../runtime/eval/functions/hash.ts";
import { expectSameRecords } from "../support/compare.ts";
import { type MadeEvent, madeItems, POST } from "../support/made-events.ts";
import { groupBy } from "../support/naive-windows.ts";
import { at, uriOf } from "../support/reference.ts";
import { REPO_PRESENT, repoEvents, repoItems } from "../support/repo.ts";
import { runItems } from "../support/run-plan.ts";

const LIKE = "com.example.like";
const T0 = Date.UTC(2026, 6, 4, 12);
const iso = (ms: number): string => new Date(ms).toISOString();

/** One post a second of twenty accounts, every third a like. */
const EVENTS: readonly MadeEvent[] = Array.from({ length: 300 }, (_, i) => ({
  did: `did:plc:${(i * 7) % 20}`,
  timeMs: T0 + i * 1000,
  collection: i % 3 === 0 ? LIKE : POST,
  record: { n: i, text: `post ${i}` },
}));

describe.skipIf(!REPO_PRESENT)("on a repo", () => {
  it("sample keeps the same records as a hash computed by hand", async () => {
    const program = `pipeline p { from firehose() |> sample(25%, by: uri) |> map { uri } |> to topic('t') }`;
    const { topics } = runItems(program, await repoItems());
    const events = await repoEvents();
    const kept = events.filter((event) => Number(hash(uriOf(event))) < 0.25 * 2 ** 53);
    expect(kept.length / events.length).toBeCloseTo(0.25, 1);
    expectSameRecords(
      topics.get("t") ?? [],
      kept.map((event) => ({ uri: uriOf(event), time: iso(event.timeMs) })),
    );
  });

  it("branch sends each record to the first arm that wants it", async () => {
    const program = `pipeline p {
      from firehose()
      |> branch {
           when collection == 'app.bsky.feed.like' => |> map { n: 1 } |> to topic('likes')
           when is_reply(record) => |> window tumbling(size: 30d) |> reduce by did { n: count() } |> to topic('replies')
           when collection == 'app.bsky.feed.post' => |> to topic('posts')
           else => drop
         }
    }`;
    const { topics, counters } = runItems(program, await repoItems());
    const events = await repoEvents();
    const of = (collection: string) => events.filter((event) => event.collection === collection);
    const replies = events.filter(
      ({ record }) => at(record, "reply", "parent", "uri") !== undefined,
    );
    expect(topics.get("likes")?.length).toBe(of("app.bsky.feed.like").length);
    expect(topics.get("posts")?.length).toBe(of("app.bsky.feed.post").length - replies.length);
    const months = groupBy(replies, ({ timeMs }) => String(Math.floor(timeMs / (30 * 86_400_000))));
    expect(topics.get("replies")?.map(({ n }) => n)).toEqual(
      [...months.values()].map(({ length }) => length),
    );
    const dropped = counters.reduce((sum, one) => sum + (one.dropped["branch drop"] ?? 0), 0);
    expect(dropped).toBe(
      events.length - of("app.bsky.feed.like").length - of("app.bsky.feed.post").length,
    );
  });

  it("union counts what either source has", async () => {
    const program = `pipeline p {
      from union { firehose('app.bsky.feed.like'), firehose('app.bsky.feed.repost') }
      |> filter op == 'create'
      |> window tumbling(size: 30d)
      |> reduce by collection { n: count() }
      |> to topic('t')
    }`;
    const { topics } = runItems(program, await repoItems());
    const events = (await repoEvents()).filter(({ collection }) =>
      ["app.bsky.feed.like", "app.bsky.feed.repost"].includes(String(collection)),
    );
    const groups = groupBy(
      events,
      ({ timeMs, collection }) => `${Math.floor(timeMs / (30 * 86_400_000))} ${collection}`,
    );
    const counts = [...groups.values()].map(({ length }) => ({ n: length }));
    expectSameRecords(
      (topics.get("t") ?? []).map(({ n }) => ({ n })),
      counts,
    );
    expect(groups.size).toBeGreaterThan(3);
  });
});

describe("sample", () => {
  const kept = (share: string): number =>
    runItems(
      `pipeline p { from firehose() |> sample(${share}, by: did) |> to stdout }`,
      madeItems(EVENTS),
    ).topics.get("stdout.p")?.length ?? 0;

  it("keeps all at 100% and none at 0%", () => {
    expect(kept("100%")).toBe(EVENTS.length);
    expect(kept("0%")).toBe(0);
    expect(kept("1")).toBe(EVENTS.length);
  });

  it("refuses one past its limits", () => {
    expect(() => kept("101%")).toThrow("FPL0203");
    expect(() => kept("1.01")).toThrow("FPL0203");
  });

  it("keeps or drops all records of one key together", () => {
    const { topics } = runItems(
      "pipeline p { from firehose() |> sample(40%, by: did) |> to stdout }",
      madeItems(EVENTS),
    );
    const dids = groupBy(topics.get("stdout.p") ?? [], ({ did }) => JSON.stringify(did));
    for (const records of dids.values()) expect(records.length).toBe(15);
    expect(dids.size).toBeGreaterThan(2);
    expect(dids.size).toBeLessThan(15);
  });
});

describe("branch", () => {
  it("nests, and an arm may have several sinks", () => {
    const { topics } = runItems(
      `pipeline p {
        from firehose()
        |> branch {
             when record.n < 100 => |> branch {
               when record.n < 10 => |> to topic('few') |> to feed('few', rank: record.n)
               else => |> to topic('some')
             }
             when record.none > 1 => |> to topic('never')
           }
      }`,
      madeItems(EVENTS),
    );
    expect(topics.get("few")?.length).toBe(10);
    expect(
      topics
        .get("feed.few")
        ?.map(({ rank }) => rank)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(topics.get("few")?.every((record) => !("rank" in record))).toBe(true);
    expect(topics.get("some")?.length).toBe(90);
    expect(topics.has("never")).toBe(false);
  });

  const arms = (n: number): string =>
    Array.from({ length: n }, (_, i) => `when seq == ${i} => |> to topic('t${i}')`).join("\n");
  const nested = (n: number): string =>
    n === 0 ? "|> to topic('t')" : `|> branch { when seq == 1 => ${nested(n - 1)} }`;

  it.each([
    ["32 arms", `|> branch { ${arms(32)} }`, `|> branch { ${arms(33)} }`, "FPL0419"],
    ["8 levels", nested(8), nested(9), "FPL0419"],
    [
      "an else at the end",
      "|> branch { else => |> to stdout }",
      "|> branch { else => drop when true => |> to stdout }",
      "FPL0419",
    ],
    [
      "a sink in every arm",
      "|> branch { else => |> to stdout }",
      "|> branch { when true => |> to stdout else => |> filter true }",
      "FPL0504",
    ],
    [
      "a drop alone",
      "|> branch { when true => |> to stdout else => drop }",
      "|> branch { else => |> filter true |> drop }",
      "FPL0419",
    ],
    [
      "nothing behind it",
      "|> branch { else => |> to stdout }",
      "|> branch { else => |> to stdout } |> filter true",
      "FPL0505",
    ],
  ])("has %s and no more", (_, fits, exceeds, code) => {
    const run = (stages: string) => () => runItems(`pipeline p { from firehose() ${stages} }`, []);
    expect(run(fits)).not.toThrow();
    expect(run(exceeds)).toThrow(code);
  });
});

describe("union", () => {
  const TWO = `
    pipeline likes { from firehose('com.example.like') |> map { n: record.n } |> to topic('likes') }
    pipeline both {
      from union { firehose('com.example.post'), topic('likes') as like }
      |> window tumbling(size: 1m)
      |> reduce { posts: count(record), likes: count(like), last: last(like.n) }
      |> to topic('both')
    }`;

  it("puts what comes from a source with a name into a field of that name", () => {
    const { topics } = runItems(TWO, madeItems(EVENTS));
    const minutes = groupBy(EVENTS, ({ timeMs }) => iso(Math.floor(timeMs / 60_000) * 60_000));
    expect(topics.get("both")?.map(({ posts, likes, last }) => ({ posts, likes, last }))).toEqual(
      [...minutes.values()].map((events) => ({
        posts: events.filter(({ collection }) => collection === POST).length,
        likes: events.filter(({ collection }) => collection !== POST).length,
        last: events.findLast(({ collection }) => collection !== POST)?.record.n,
      })),
    );
  });

  it("has 16 sources and no more", () => {
    const sources = (n: number): string => Array.from({ length: n }, () => "firehose()").join(", ");
    const run = (n: number) => () =>
      runItems(`pipeline p { from union { ${sources(n)} } |> to stdout }`, []);
    expect(run(16)).not.toThrow();
    expect(run(17)).toThrow("FPL0106");
  });
});

describe("start at", () => {
  const run = (start: string) =>
    runItems(`pipeline p { from firehose() ${start} |> to stdout }`, madeItems(EVENTS));
  const times = (start: string) =>
    (run(start).topics.get("stdout.p") ?? []).map(({ time }) => JSON.stringify(time)).sort();

  it("an instant leaves out what is before it", () => {
    const from = T0 + 250_000;
    const after = EVENTS.filter(({ timeMs }) => timeMs >= from).map(({ timeMs }) =>
      JSON.stringify(iso(timeMs)),
    );
    expect(times(`start at t'${iso(from)}'`)).toEqual(after);
    expect(run(`start at t'${iso(from)}'`).counters[0]?.dropped["before start"]).toBeGreaterThan(0);
  });

  it("first and new take a finite source from its first record", () => {
    expect(times("start at first").length).toBe(EVENTS.length);
    expect(times("start at new").length).toBe(EVENTS.length);
    expect(times("").length).toBe(EVENTS.length);
  });

  it("of a union is that of its sources which say nothing else", () => {
    const program = `pipeline p {
      from union { firehose('${POST}') start at first, firehose('com.example.like') } start at t'2030-01-01T00:00:00Z'
      |> to stdout }`;
    const { topics } = runItems(program, madeItems(EVENTS));
    expect(topics.get("stdout.p")?.length).toBe(200);
  });

  it("takes nothing else", () => {
    expect(() => run("start at 5")).toThrow(/FPL020[46]/);
  });
});

describe("sinks to come", () => {
  const compiled = (sink: string) =>
    compile({ file: "t.fpl", text: `pipeline Hooks { from firehose() |> ${sink} }` });

  it("webhooks are topics of their own, with a warning that delivery comes later", () => {
    const { plans, diagnostics } = compiled(
      "to webhook('https://example.invalid/a', batch: 20, timeout: 2s) |> to webhook('http://b.invalid')",
    );
    expect(diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      "warning FPL0905",
      "warning FPL0905",
    ]);
    expect(
      plans[0]?.topics.flatMap(({ name, delivery }) => (delivery ? [{ name, delivery }] : [])),
    ).toEqual([
      {
        name: "webhook.hooks",
        delivery: { kind: "webhook", url: "https://example.invalid/a", batch: 20, timeoutMs: 2000 },
      },
      {
        name: "webhook.hooks.2",
        delivery: { kind: "webhook", url: "http://b.invalid", batch: 1, timeoutMs: 5000 },
      },
    ]);
  });

  it.each([
    ["batch: 1000", "batch: 1001", "FPL0203"],
    ["timeout: 60s", "timeout: 60001ms", "FPL0410"],
    ["timeout: 100ms", "timeout: 99ms", "FPL0410"],
  ])("of a webhook %s is the limit, %s is one past it", (fits, exceeds, code) => {
    const codes = (option: string) =>
      compiled(`to webhook('https://a.invalid', ${option})`).diagnostics.map((one) => one.code);
    expect(codes(fits)).toEqual(["FPL0905"]);
    expect(codes(exceeds)).toContain(code);
  });

  it("an address must be absolute, a feed's name short", () => {
    const codes = (sink: string) => compiled(sink).diagnostics.map((one) => one.code);
    expect(codes("to webhook('example.com/hook')")).toContain("FPL0510");
    expect(codes(`to feed('${"a".repeat(64)}', rank: seq)`)).toEqual([]);
    expect(codes(`to feed('${"a".repeat(65)}', rank: seq)`)).toEqual(["FPL0511"]);
    expect(codes("to feed('a')")).toEqual(["FPL0111"]);
  });
});
