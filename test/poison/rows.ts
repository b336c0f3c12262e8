// The rows of the table of poison: a program for each aggregate in each kind of window, each operator and each sink, and
// what its topics must hold of a column's items.

import { type AggregateCase, aggregatesIn } from "./aggregates.ts";
import type { Column, Item } from "./columns.ts";
import {
  DEPTH_MAX,
  depthOf,
  type Expected,
  excess,
  groupsOf,
  grownBeyond,
  type Wanted,
} from "./expected.ts";

import type { Fields } from "./ways.ts";

export type Row = {
  readonly name: string;
  readonly kind: "aggregate" | "operator" | "sink";
  readonly program: (column: Column) => string;
  readonly expected: (items: readonly Item[], column: Column, messageBytes: number) => Expected;
};

/** More than these are counted, and not kept. */
const LETTERS_MAX = 10_000;
/** Levels that a topic beside the results has room for. */
const WRAPPER_DEPTH_MAX = 8;
const TUMBLING = "window tumbling(size: 1h)";
const OUT = "p.out";
const TO_OUT = `|> to topic('${OUT}', key: k)`;
/** A group for each different item. */
const EACH = "reduce by { k: k, v: v, n: n } { c: count() }";
const FIREHOSE = "firehose('com.example.poison') start at first";

/** How often a group gives its result in windows of that kind; all records are of one hour. */
const WINDOWS: readonly (readonly [name: string, before: string, behind: string, times: number])[] =
  [
    ["tumbling", `|> ${TUMBLING}`, "", 1],
    ["hopping", "|> window hopping(size: 2h, every: 1h)", "", 2],
    ["session", "|> window session(gap: 1h, max: 2h)", "", 1],
    ["windowless", "", "expire after 1d |> emit changes(every: 1h)", 1],
    ["emit changes", `|> ${TUMBLING}`, "|> emit changes(every: 1h)", 1],
  ];

function aggregateRow(
  name: string,
  aggregate: AggregateCase,
  [kind, before, behind, times]: (typeof WINDOWS)[number],
): Row {
  const rated = aggregatesIn(kind === "hopping" ? 7200 : 3600)[name] ?? aggregate;
  return {
    name: `${name}, ${kind}`,
    kind: "aggregate",
    program: (column) =>
      pipeline(
        column,
        `${before} |> reduce by ${column.by} { x: ${rated.call} } ${behind} |> to topic('${OUT}', key: k)`,
      ),
    expected: (items, column, messageBytes) => {
      const refused = new Set(items.filter((item) => isRefused(item, rated)));
      const counted = items.filter((item) => !refused.has(item));
      const wanted: Wanted[] = [];
      let letters = refused.size;
      for (const [k, group] of groupsOf(counted)) {
        const value = rated.value?.(group) ?? null;
        const result = column.by.includes("k2") ? { k, k2: k, x: value } : { k, x: value };
        if (excess(result, messageBytes) !== null) letters += times;
        else wanted.push({ k, times, isRight: ({ x }) => rated.isRight(x, group) });
      }
      return { topics: { [OUT]: wanted }, letters };
    },
  };
}

/** An item that does not get into its group: its value cannot be written, or the aggregate does not take it. */
function isRefused(item: Item, { call, refuses }: AggregateCase): boolean {
  const isTooDeep = call.includes("(v") && depthOf(item.v) > DEPTH_MAX;
  return isTooDeep || (refuses?.(item) ?? false);
}

/** Sends `k`, `v` and `n` of each item as often as said. */
function passing(name: string, kind: Row["kind"], stages: string, times = 1, topic = OUT): Row {
  return {
    name,
    kind,
    program: (column) => pipeline(column, stages),
    expected: (items, _column, messageBytes) => {
      const { fit, beyond } = grownBeyond(items, messageBytes);
      return { topics: { [topic]: each(fit, times) }, letters: beyond.length * times };
    },
  };
}

function each(items: readonly Item[], times: number): Wanted[] {
  return [...groupsOf(items)].map(([k, group]) => {
    const known = new Set(group.map(({ v, n }) => JSON.stringify([v, n])));
    const isRight = ({ v, n }: Fields): boolean => known.has(JSON.stringify([v, n]));
    return { k, times: group.length * times, isRight };
  });
}

function operators(): Row[] {
  return [
    passing("filter", "operator", `|> filter v != null && length(k) >= 0 ${TO_OUT}`),
    passing("map", "operator", `|> map { k, v, n, h } |> map { k, v, n, h } ${TO_OUT}`),
    failing("let", "|> let m = (n ?? 0) * (h ? 10 : 1)", ({ n }) => !Number.isFinite(n * 10)),
    passing(
      "unnest in unnest",
      "operator",
      `|> unnest [1, 2] as a |> unnest [3, 4] as b ${TO_OUT}`,
      4,
    ),
    passing("sample", "operator", `|> sample(100%, by: v) ${TO_OUT}`),
    {
      ...passing(
        "branch",
        "operator",
        `|> branch { when h => |> to topic('p.bad', key: k) else => ${TO_OUT} }`,
      ),
      expected: (items, _column, messageBytes) => {
        const { fit, beyond } = grownBeyond(items, messageBytes);
        const [bad, good] = [
          fit.filter(({ hostile }) => hostile),
          fit.filter(({ hostile }) => !hostile),
        ];
        return { topics: { "p.bad": each(bad, 1), [OUT]: each(good, 1) }, letters: beyond.length };
      },
    },
    failing(
      "window(on:)",
      `|> window tumbling(size: 1h, on: time + (h ? (n ?? 0) * 100000000000 * 1h : 0s)) |> ${EACH}`,
      ({ n, hostile }) => hostile && n !== 0,
    ),
    {
      ...passing("dedup", "operator", `|> dedup(by: [k, v], within: 1d) ${TO_OUT}`),
      expected: (items, _column, messageBytes) => {
        const seen = new Map(
          items.toReversed().map((item) => [JSON.stringify([item.k, item.v]), item]),
        );
        const { fit, beyond } = grownBeyond([...seen.values()], messageBytes);
        return { topics: { [OUT]: each(fit, 1) }, letters: beyond.length };
      },
    },
    top("top(10, per)", 10, "per: k", false),
    top("top(10000)", 10_000, null, true),
    {
      ...passing("union", "operator", ""),
      program: (column) => `pipeline p { options { partitions: 2 }
        from union { ${FIREHOSE}, ${FIREHOSE} } ${column.stages} ${TO_OUT} }`,
      expected: (items, _column, messageBytes) => {
        const { fit, beyond } = grownBeyond(items, messageBytes);
        return { topics: { [OUT]: each(fit, 2) }, letters: beyond.length * 2 };
      },
    },
  ];
}

function distinctOf(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** A stage that puts some items aside. */
function failing(name: string, stage: string, fails: (item: Item) => boolean): Row {
  return {
    ...passing(name, "operator", `${stage} ${TO_OUT}`),
    expected: (items, _column, messageBytes) => {
      const failed = new Set(items.filter(fails));
      const others = items.filter((item) => !failed.has(item));
      const kept = stage.includes(EACH) ? distinctOf(others) : others;
      const { fit, beyond } = grownBeyond(kept, messageBytes);
      const letters = Math.min(LETTERS_MAX, failed.size + beyond.length);
      return { topics: { [OUT]: each(fit, 1) }, letters };
    },
  };
}

/** The greatest by `n`; good items are ahead where all share one board. */
function top(name: string, size: number, per: string | null, isShared: boolean): Row {
  const ranked = isShared ? "(n ?? 0) + (starts_with(to_string(k), 'good') ? 100000 : 0)" : "n";
  const options = [String(size), `by: ${ranked}`, ...(per === null ? [] : [per])].join(", ");
  return {
    ...passing(name, "operator", `|> ${TUMBLING} |> ${EACH} |> top(${options}) ${TO_OUT}`),
    expected: (items, _column, messageBytes) => {
      const rank = ({ n, hostile }: Item) => n + (isShared && !hostile ? 100_000 : 0);
      const ones = distinctOf(items);
      const boards = isShared ? [ones] : [...groupsOf(ones).values()];
      const ranks = boards.flatMap((board) =>
        board.toSorted((a, b) => rank(b) - rank(a)).slice(0, size),
      );
      const { fit, beyond } = grownBeyond(ranks, messageBytes);
      return { topics: { [OUT]: each(fit, 1) }, letters: beyond.length };
    },
  };
}

function sinks(): Row[] {
  return [
    passing("to topic", "sink", TO_OUT),
    passing("to feed", "sink", "|> to feed('best', rank: n)", 1, "feed.best"),
    passing(
      "to webhook",
      "sink",
      "|> to webhook('https://example.com/hook', batch: 20, timeout: 5s)",
      1,
      "webhook.p",
    ),
    late(),
    failing("dead letters", "|> let m = (h ? 1 : 0) * 1e308 * 10", ({ hostile }) => hostile),
    {
      ...passing("a reader of the topic", "sink", ""),
      program: (column) => `${pipeline(column, TO_OUT)}
        pipeline q { from topic('${OUT}') start at first |> map { k, v, n, time } |> to topic('q.out', key: k) }`,
      expected: (items, _column, messageBytes) => {
        const { fit, beyond } = grownBeyond(items, messageBytes);
        return { topics: { [OUT]: each(fit, 1), "q.out": each(fit, 1) }, letters: beyond.length };
      },
    },
  ];
}

/** Hostile items count two hours before their time, where every window is closed. */
function late(): Row {
  const stages = `|> window tumbling(size: 1h, on: h ? time - 2h : time, late: side('p.late'))
    |> ${EACH} ${TO_OUT}`;
  return {
    ...passing("late", "sink", stages),
    expected: (items, _column, messageBytes) => {
      const bad = items.filter(({ hostile }) => hostile);
      const good = items.filter(({ hostile }) => !hostile);
      // What comes late may be as deep as what is put aside.
      const { fit, beyond } = grownBeyond(bad, messageBytes, DEPTH_MAX + WRAPPER_DEPTH_MAX);
      return {
        topics: { "p.late": each(fit, 1), [OUT]: each(good, 1) },
        letters: beyond.length,
      };
    },
  };
}

function pipeline({ stages }: Column, rest: string): string {
  return `pipeline p { options { partitions: 2 } from ${FIREHOSE} ${stages} ${rest} }`;
}

export const ROWS: readonly Row[] = [
  ...Object.entries(aggregatesIn()).flatMap(([name, one]) =>
    WINDOWS.filter(
      ([kind]) => !(name === "rate" && (kind === "windowless" || kind === "session")),
    ).map((window) => aggregateRow(name, one, window)),
  ),
  ...operators(),
  ...sinks(),
];
