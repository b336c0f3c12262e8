// What remembers goes by one order, whatever it aggregates: arrival within a repo, the operations of a commit, the
// elements of a list. All that a result takes from one place is of one record.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeRecord } from "../../runtime/eval/codec.ts";
import type { SourceItem } from "../../shuffler/sources/source.ts";
import { type MadeEvent, madeItems, POST } from "../support/made-events.ts";
import { at } from "../support/reference.ts";
import { runItems } from "../support/run-plan.ts";

const T0 = Date.UTC(2026, 6, 4, 12);
const SINK = "|> to topic('out')";

function run(stages: string, items: readonly SourceItem[]): readonly Record<string, unknown>[] {
  const program = `pipeline p { from firehose() |> ${stages} ${SINK} }`;
  return runItems(program, items).topics.get("out") ?? [];
}

/** Events of one account, seconds behind each other as told. */
function stepping(...seconds: readonly number[]): SourceItem[] {
  return madeItems(
    seconds.map((second, n) => ({
      did: "did:plc:a",
      timeMs: T0 + second * 1000,
      record: { n, twice: 2 * n },
    })),
  );
}

function reseq(item: SourceItem, seq: number): SourceItem {
  if (item.kind !== "message" || item.message.kind !== "commit") return item;
  return { ...item, message: { ...item.message, seq } };
}

/** One commit with an operation for each `n`. */
function commitOf(...ns: readonly number[]): SourceItem {
  const ops = ns.map((n) => {
    const record = encodeRecord({ n, twice: 2 * n });
    return { action: "create", collection: POST, rkey: `r${n}`, cid: CID, record, sorted: false };
  });
  const rev = "3jzfcijpj2z2a";
  const commit = {
    kind: "commit",
    did: "did:plc:a",
    seq: 1,
    timeMs: T0,
    rev,
    since: null,
  } as const;
  const message = { ...commit, ops: ops as never, rejected: [] };
  return { kind: "message", position: 1, raw: new Uint8Array(), message };
}
const CID = "bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454";

const AGGREGATES = `{ first: first(record.n), last: last(record.n), firstTwice: first(record.twice),
  lastTwice: last(record.twice), all: collect(record.n, max: 3), allTwice: collect(record.twice, max: 3) }`;
const REDUCES = [
  `window tumbling(size: 1h) |> reduce by did ${AGGREGATES}`,
  `window hopping(size: 2h, every: 1h) |> reduce by did ${AGGREGATES}`,
  `window session(gap: 1h, max: 2h) |> reduce by did ${AGGREGATES}`,
  `window tumbling(size: 1h) |> reduce by did ${AGGREGATES} |> emit changes(every: 10m)`,
  `reduce by did ${AGGREGATES} expire after 1d |> emit changes(every: 1h)`,
];

describe.each(REDUCES)("%s", (reduce) => {
  const last = (items: readonly SourceItem[]) => run(reduce, items).at(-1);

  it("goes by arrival where times step back", () => {
    expect(last(stepping(1.5, 1, 1.2, 0.9))).toMatchObject({ first: 0, last: 3, all: [0, 1, 2] });
  });

  it("goes by arrival where seqs fall, as over a file whose clock steps back or two relays", () => {
    for (const seqs of [
      [9, 8, 3, 7],
      [5, 5, 5, 5],
      [100, 1, 2, 3],
    ]) {
      const items = stepping(1.5, 1, 1.2, 0.9).map((item, i) => reseq(item, seqs[i] ?? 0));
      expect(last(items)).toMatchObject({ first: 0, last: 3, all: [0, 1, 2] });
    }
  });

  it("keeps the operations of a commit in their order", () => {
    expect(last([commitOf(7, 3, 5, 1)])).toMatchObject({ first: 7, last: 1, all: [7, 3, 5] });
  });

  it("takes all it has of one place from one record", () => {
    const second = fc.integer({ min: 0, max: 3 });
    const property = fc.property(fc.array(second, { minLength: 1, maxLength: 12 }), (seconds) => {
      for (const result of run(reduce, stepping(...seconds))) {
        const { first, last, all, firstTwice, lastTwice, allTwice } = result;
        expect([firstTwice, lastTwice]).toEqual([2 * Number(first), 2 * Number(last)]);
        expect(allTwice).toEqual((all as number[]).map((n) => 2 * n)); // `collect` gives a list
      }
    });
    fc.assert(property, { numRuns: 60 });
  });
});

describe("dedup", () => {
  it("passes the first operation of a commit, and the one that came first", () => {
    const program = "dedup(by: did, within: 1h) |> map { n: record.n }";
    expect(run(program, [commitOf(7, 3, 5)]).map(({ n }) => n)).toEqual([7]);
    expect(run(program, stepping(1.5, 1)).map(({ n }) => n)).toEqual([0]);
  });
});

describe("what one record makes", () => {
  const made: MadeEvent[] = [
    {
      did: "did:plc:a",
      timeMs: T0,
      record: {
        list: [
          [3, "c"],
          [1, "a"],
          [2, "b"],
        ],
      },
    },
    { did: "did:plc:a", timeMs: T0, record: { list: [[0, "z"]] } },
  ];
  const aggregates =
    "{ n: first(one[0]), s: first(one[1]), all: collect(one[0], max: 9), end: last(one[1]) }";

  it.each([
    `window tumbling(size: 1m) |> reduce by did ${aggregates}`,
    `reduce by did ${aggregates} expire after 1d |> emit changes(every: 1m)`,
    `dedup(by: one[1], within: 1h) |> window tumbling(size: 1m) |> reduce by did ${aggregates}`,
  ])("keeps its order: %s", (stages) => {
    expect(run(`unnest record.list as one |> ${stages}`, madeItems(made))[0]).toMatchObject({
      n: 3,
      s: "c",
      all: [3, 1, 2, 0],
      end: "z",
    });
  });

  it("keeps the order of lists in lists", () => {
    const record = { list: [[5, 4], [3], [2, 1]] };
    const results = run(
      "unnest record.list as part |> unnest part as n |> window tumbling(size: 1m) |> reduce { all: collect(n, max: 9) }",
      madeItems([{ did: "did:plc:a", timeMs: T0, record }]),
    );
    expect(results.map(({ all }) => all)).toEqual([[5, 4, 3, 2, 1]]);
  });
});

describe("what records make behind a topic or a dedup", () => {
  const posts = [commitOf(7, 3, 5)];
  const lists: MadeEvent[] = [
    { did: "did:plc:a", timeMs: T0, record: { list: [["a", "b"], ["c"], ["d", "e"]] } },
    { did: "did:plc:a", timeMs: T0, record: { list: [["f"]] } },
  ];
  const all = "window tumbling(size: 1m) |> reduce { all: collect(one, max: 20) }";
  const allOf = (program: string, items: readonly SourceItem[]) =>
    runItems(program, items)
      .topics.get("out")
      ?.map((result) => result.all);

  it("keeps the order of operations, and of what each makes", () => {
    const made =
      "|> unnest [[record.n], [record.n, 1]] as two |> let one = two[0] * 10 + (two[1] ?? 0)";
    const direct = `pipeline p { from firehose() ${made} |> ${all} ${SINK} }`;
    expect(allOf(direct, posts)).toEqual([[70, 71, 30, 31, 50, 51]]);
    const chained = `pipeline a { from firehose() |> map { record } |> to topic('t', key: record.n, partitions: 3) }
      pipeline p { from topic('t') ${made} |> ${all} ${SINK} }`;
    expect(allOf(chained, posts)).toEqual([[70, 71, 30, 31, 50, 51]]);
    const deduped = `pipeline p { from firehose() |> dedup(by: record.n, within: 1h) ${made} |> ${all} ${SINK} }`;
    expect(allOf(deduped, posts)).toEqual([[70, 71, 30, 31, 50, 51]]);
  });

  it("keeps the order of lists in lists, each unnested in a pipeline of its own", () => {
    const chained = `pipeline a { from firehose() |> unnest record.list as part |> map { part } |> to topic('t') }
      pipeline p { from topic('t') |> unnest part as one |> ${all} ${SINK} }`;
    expect(allOf(chained, madeItems(lists))).toEqual([["a", "b", "c", "d", "e", "f"]]);
  });

  it("keeps the order of lists in lists with a dedup between", () => {
    const program = `pipeline p { from firehose() |> unnest record.list as part |> dedup(by: part, within: 1h)
      |> unnest part as one |> ${all} ${SINK} }`;
    expect(allOf(program, madeItems(lists))).toEqual([["a", "b", "c", "d", "e", "f"]]);
  });

  it("keeps the order of operations that went different ways and come together again", () => {
    const program = `pipeline a { from firehose() |> branch {
        when record.n == 3 => |> map { one: record.n } |> to topic('x')
        else => |> map { one: record.n } |> to topic('y')
      } }
      pipeline p { from union { topic('y'), topic('x') } |> ${all} ${SINK} }`;
    expect(allOf(program, posts)).toEqual([[7, 3, 5]]);
    const both = `pipeline a { from firehose() |> map { one: record.n } |> to topic('x') }
      pipeline p { from union { topic('x'), firehose() as event } |> let one = one ?? event.record.n |> ${all} ${SINK} }`;
    expect(allOf(both, posts)).toEqual([[7, 7, 3, 3, 5, 5]]);
    const twice = `pipeline a { from firehose() |> map { one: record.n } |> to topic('x') }
      pipeline p { from union { topic('x') as z, topic('x') as a } |> let one = z == null ? 'a' : 'z' |> ${all} ${SINK} }`;
    expect(allOf(twice, posts)).toEqual([["z", "a", "z", "a", "z", "a"]]);
  });
});

describe("results of groups, which nothing but their contents tells apart", () => {
  it("give all aggregates of a larger window from one of them", () => {
    const accounts = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 30 });
    const property = fc.property(accounts, (dids) => {
      const events = dids.map((did, n) => ({
        did: `did:plc:${did}`,
        timeMs: T0 + n,
        record: { n },
      }));
      const inner =
        "window tumbling(size: 1m) |> reduce by did { n: count(), most: max(record.n) }";
      const small = run(inner, madeItems(events)).map(({ did, n, most }) => [did, n, most]);
      const [large] = run(
        `${inner} |> window tumbling(size: 1h) |> reduce { did: first(did), n: first(n), most: first(most),
           end: last(did), endN: last(n), endMost: last(most), dids: collect(did, max: 3), ns: collect(n, max: 3) }`,
        madeItems(events),
      );
      expect(small).toContainEqual([large?.did, large?.n, large?.most]);
      expect(small).toContainEqual([large?.end, large?.endN, large?.endMost]);
      const pairs = small.map(([did, n]) => [did, n]);
      for (let i = 0; i < Math.min(3, small.length); i += 1) {
        expect(pairs).toContainEqual([at(large?.dids, String(i)), at(large?.ns, String(i))]);
      }
    });
    fc.assert(property, { numRuns: 100 });
  });

  it("stay ranked behind a top", () => {
    const events = ["c", "a", "a", "b", "b", "b"].map((did, n) => ({
      did: `did:plc:${did}`,
      timeMs: T0 + n,
      record: {},
    }));
    const results = run(
      "window tumbling(size: 1m) |> reduce by did { n: count() } |> top(3, by: n) |> window tumbling(size: 1h) |> reduce { dids: collect(did, max: 3) }",
      madeItems(events),
    );
    expect(results.map(({ dids }) => dids)).toEqual([["did:plc:b", "did:plc:a", "did:plc:c"]]);
  });
});

const READERS: Readonly<Record<string, string>> = {
  "a larger window": `window tumbling(size: 1h) |> reduce by key { ns: collect(n, max: 99) }`,
  "a reduce without a window": `reduce by key { ns: collect(n, max: 99) } expire after 1d |> emit changes(every: 1h)`,
  sessions: `window session(gap: 1h, max: 2h) |> reduce by key { ns: collect(n, max: 99) }`,
  "a dedup": `dedup(by: { key, n }, within: 1d)
    |> window tumbling(size: 1h) |> reduce by key { ns: collect(n, max: 99) }`,
};

describe.each(Object.entries(READERS))("updates of one result, read by %s", (_, reader) => {
  /** What each key's updates are to it, in the stage behind and over a topic: both the same. */
  const read = (sending: string, items: readonly SourceItem[]): Record<string, unknown> => {
    const direct = run(`${sending} |> ${reader}`, items);
    const over = `pipeline a { from firehose() |> ${sending} |> to topic('updates', key: n, partitions: 3) }
      pipeline b { from topic('updates') |> ${reader} ${SINK} }`;
    expect(runItems(over, items).topics.get("out")).toEqual(direct);
    return Object.fromEntries(direct.map(({ key, ns }) => [String(key), ns]));
  };
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

  it.each([
    "window tumbling(size: 1m)",
    "window tumbling(size: 1m, grace: 20s)",
    "window tumbling(size: 1d, tz: 'Europe/Berlin')",
  ])("come as they were sent: %s", (window) => {
    const sending = `${window} |> reduce by did as key { n: count() } |> emit changes(every: 2s)`;
    const seconds = upTo(25).map((n) => 2 * n + 1);
    expect(read(sending, stepping(...seconds))).toEqual({ "did:plc:a": upTo(25) });
  });

  it("come by the end of their windows, where several were sent at once", () => {
    const sending = `window hopping(size: 1m, every: 10s) |> reduce by did as key { c: count() }
      |> emit changes(every: 2s) |> let n = window.end |> map { key, n }`;
    const ends = upTo(6).map((n) => new Date(T0 + n * 10_000).toISOString());
    expect(read(sending, stepping(5))).toEqual({ "did:plc:a": ends });
  });

  it("come before the one of the close, a millisecond later", () => {
    const sending = `window tumbling(size: 1m, grace: 1ms)
      |> reduce by record.key as key { n: count() } |> emit changes(every: 10s)`;
    const keys = ["a", "b", "c", "d", "e", "f"];
    // The second of each key was known at the very tick, for its account had come a second further.
    const events = [55, 61, 59].flatMap((second) =>
      keys.map((key) => ({
        did: "did:plc:a",
        timeMs: T0 + second * 1000,
        record: { key: second === 61 ? "other" : key },
      })),
    );
    const { other, ...rest } = read(sending, madeItems(events));
    expect(other).toEqual([6]);
    expect(rest).toEqual(Object.fromEntries(keys.map((key) => [key, [1, 2]])));
  });

  it("come as they were sent where a group makes place for another", () => {
    const sending = `reduce by record.key as key { n: last(record.n) } cap: 1 |> emit changes(every: 1m)`;
    const events = upTo(20).map((n) => ({
      did: "did:plc:a",
      timeMs: T0 + (n === 1 ? 59_999 : 0), // All have seen the last millisecond before the tick.
      record: { n, key: n % 2 === 0 ? "even" : "odd" },
    }));
    const [even, odd] = [0, 1].map((rest) => upTo(20).filter((n) => n % 2 === rest));
    expect(read(sending, madeItems(events))).toEqual({ even, odd });
  });
});

describe("top", () => {
  it("breaks ties by key as values, the least first: null, then 9 before 10, texts by code point", () => {
    const keys = [10, "b", "\uffff", 9, "\u{1f600}", null, "a!", "a"];
    const events = keys.map((key, n) => ({ did: "did:plc:a", timeMs: T0 + n, record: { key } }));
    const results = run(
      "window tumbling(size: 1m) |> reduce by record.key as key { n: count() } |> top(8, by: n)",
      madeItems(events),
    );
    const least = [null, 9, 10, "a", "a!", "b", "\uffff", "\u{1f600}"];
    expect(results.map(({ key }) => key)).toEqual(least);
  });
});
