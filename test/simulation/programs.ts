// The programs of the simulation: each drawn with its sizes from a seed, and beside it what it must give, in
// plain loops.

import type { Random } from "../../runtime/testing/random.ts";
import { type Entry, LIKE, REPOST, type SimEvent } from "./events.ts";
import {
  byOrder,
  changesOf,
  type Fields,
  firstOfEach,
  groupBy,
  iso,
  type Seen,
  seenBy,
  sessionsOf,
  ticksOf,
  type WindowOf,
  windowFields,
  windowsOf,
} from "./naive.ts";
import { passedOn, passedTwice, twice, unnested } from "./programs-of-order.ts";
import { updatesRead } from "./programs-of-updates.ts";
import {
  any,
  type Draw,
  didOf,
  drawHopping,
  drawTumbling,
  type Program,
  pipeline,
  postOf,
  SECOND_MS,
  type Shape,
  SINK,
} from "./shapes.ts";

const NO_LATENESS = { watermarkMs: Number.NEGATIVE_INFINITY };

/** One of the programs, with sizes drawn. */
export function drawProgram(random: Random): Program {
  const draw = DRAWS[random.int(DRAWS.length)];
  if (draw === undefined) throw new Error("no programs");
  return draw(random);
}

const tumbling: Draw = (random) => counted("tumbling", drawTumbling(random));
const hopping: Draw = (random) => counted("hopping", drawHopping(random));

function counted(name: string, shape: Shape): Program {
  return {
    name,
    text: pipeline(`${shape.text}
      |> reduce by record.subject as post
           { n: count(), fans: distinct(did, cap: 1000), last: max(seq), sum: sum(seq) } ${SINK}`),
    expected: (partitions) => ({
      answers: windowsOf(seenBy(partitions, any), shape).flatMap((window) =>
        groupBy(window.items, postOf).map(([post, items]) => ({
          post,
          n: items.length,
          fans: new Set(items.map(didOf)).size,
          last: Math.max(...items.map(({ seq }) => seq)),
          sum: sum(items.map(({ seq }) => seq)),
          ...windowFields(window),
        })),
      ),
    }),
  };
}

/** What the source stage sums up before it sends it. */
const sums: Draw = (random) => {
  const shape = drawTumbling(random);
  return {
    name: "sums",
    text: pipeline(`${shape.text}
      |> reduce by record.subject as post { n: count(), sum: sum(seq), mean: avg(seq), least: min(seq),
           most: max(time), first: first(did), last: last(record.item) } ${SINK}`),
    expected: (partitions) => ({
      answers: windowsOf(seenBy(partitions, any), shape).flatMap((window) =>
        groupBy(window.items, postOf).map(([post, items]) => {
          const seqs = items.map(({ seq }) => seq);
          const ordered = items.toSorted(byOrder);
          return {
            post,
            n: items.length,
            sum: sum(seqs),
            mean: sum(seqs) / items.length,
            least: Math.min(...seqs),
            most: iso(Math.max(...items.map(({ timeMs }) => timeMs))),
            first: ordered[0]?.did,
            last: ordered.at(-1)?.item,
            ...windowFields(window),
          };
        }),
      ),
    }),
  };
};

const session: Draw = (random) => {
  const [gapS, graceS] = [3 + random.int(10), random.int(3)];
  const maxS = gapS + random.int(40);
  const shape = { gapMs: gapS * SECOND_MS, maxMs: maxS * SECOND_MS, graceMs: graceS * SECOND_MS };
  return {
    name: "session",
    text: pipeline(`window session(gap: ${gapS}s, max: ${maxS}s, grace: ${graceS}s)
      |> reduce by did { n: count(), first: first(record.item), last: last(record.item) } ${SINK}`),
    expected: (partitions) => ({
      answers: groupBy(seenBy(partitions, any), didOf).flatMap(([did, items]) =>
        sessionsOf(items, shape).map((one) => {
          const ordered = one.items.toSorted(byOrder);
          return {
            did,
            n: ordered.length,
            first: ordered[0]?.item,
            last: ordered.at(-1)?.item,
            ...windowFields(one),
          };
        }),
      ),
    }),
  };
};

const dedup: Draw = (random) => {
  const withinS = 2 + random.int(40);
  return {
    name: "dedup",
    text: pipeline(
      `dedup(by: record.subject, within: ${withinS}s) |> map { did, item: record.item } ${SINK}`,
    ),
    expected: (partitions) => ({
      answers: firstOfEach(seenBy(partitions, any), postOf, withinS * SECOND_MS).map(printEvent),
    }),
  };
};

const withoutWindow: Draw = (random) => {
  const everyS = 1 + random.int(10);
  const expireS = everyS + random.int(20);
  return {
    name: "reduce without a window",
    text: pipeline(`reduce by did { n: count(), last: last(record.item) } expire after ${expireS}s
      |> emit changes(every: ${everyS}s) ${SINK}`),
    expected: (partitions) => ({
      answers: groupBy(seenBy(partitions, any), didOf).flatMap(([did, items]) =>
        ticksOf(items, everyS * SECOND_MS, expireS * SECOND_MS).map(({ tickMs, sofar }) => ({
          did,
          n: sofar.length,
          last: sofar.at(-1)?.item,
          time: iso(tickMs - 1),
        })),
      ),
    }),
  };
};

const changes: Draw = (random) => {
  const shape = random.chance(0.5) ? drawTumbling(random) : drawHopping(random);
  const everyS = 1 + random.int(12);
  return {
    name: "emit changes",
    text: pipeline(`${shape.text}
      |> reduce by record.subject as post { n: count(), sum: sum(seq) }
      |> emit changes(every: ${everyS}s) ${SINK}`),
    expected: (partitions) => ({
      answers: windowsOf(seenBy(partitions, any), shape).flatMap((window) =>
        groupBy(window.items, postOf).flatMap(([post, items]) =>
          changesOf({ ...window, items }, everyS * SECOND_MS, shape.graceMs).map(({ sofar }) => ({
            post,
            n: sofar.length,
            sum: sum(sofar.map(({ seq }) => seq)),
            ...windowFields(window),
          })),
        ),
      ),
    }),
  };
};

const top: Draw = (random) => {
  const shape = drawHopping(random);
  const most = 1 + random.int(4);
  return {
    name: "top",
    text: pipeline(`${shape.text} |> reduce by did { n: count() } |> top(${most}, by: n) ${SINK}`),
    expected: (partitions) => ({
      answers: windowsOf(seenBy(partitions, any), shape).flatMap((window) =>
        groupBy(window.items, didOf)
          .map(([did, items]) => ({ did, n: items.length, ...windowFields(window) }))
          .sort((a, b) => b.n - a.n || (a.did < b.did ? -1 : 1))
          .slice(0, most),
      ),
    }),
  };
};

const branch: Draw = (random) => {
  const shape = drawTumbling(random);
  const withinS = 2 + random.int(20);
  return {
    name: "branch",
    text: pipeline(`branch {
        when record.subject == 'post1' => |> dedup(by: did, within: ${withinS}s) |> map { did, item: record.item } |> to topic('firsts')
        when record.subject == 'post2' => |> map { did, item: record.item } |> to topic('each', key: did, partitions: 2)
        else => |> ${shape.text} |> reduce by record.subject as post { n: count() } ${SINK}
      }`),
    expected: (partitions) => {
      const seen = seenBy(partitions, any);
      const of = (post: string) => seen.filter((one) => one.post === post);
      const rest = seen.filter(({ post }) => post !== "post1" && post !== "post2");
      return {
        firsts: firstOfEach(of("post1"), didOf, withinS * SECOND_MS).map(printEvent),
        each: of("post2").map(printEvent),
        answers: windowsOf(rest, shape).flatMap((window) => countsBy(postOf, "post", window)),
      };
    },
  };
};

const union: Draw = (random) => {
  const shape = drawTumbling(random);
  return {
    name: "union",
    text: `pipeline sim {
      from union { firehose('${LIKE}') start at first, firehose('${REPOST}') start at first }
      |> ${shape.text} |> reduce by collection { n: count() } ${SINK} }`,
    expected: (partitions) => {
      const reads = (name: string) => seenBy(partitions, ({ collection }) => collection === name);
      const seen = [...reads(LIKE), ...reads(REPOST)];
      const collectionOf = ({ collection }: SimEvent): string => collection;
      return {
        answers: windowsOf(seen, shape).flatMap((window) =>
          countsBy(collectionOf, "collection", window),
        ),
      };
    },
  };
};

/** Two pipelines, the second on the topic of the first. */
const chainedTopics: Draw = (random) => {
  const inner = drawTumbling(random);
  const times = 2 + random.int(3);
  return {
    name: "chained topics",
    text: `${pipeline(`${inner.text} |> reduce by record.subject as post { n: count() }
        |> to topic('inner', key: post, partitions: 3)`)}
      pipeline larger { from topic('inner') start at first
      |> window tumbling(size: ${(inner.sizeMs * times) / SECOND_MS}s)
      |> reduce by post { n: sum(n), parts: count() } ${SINK} }`,
    expected: (partitions) => chainedOf(partitions, inner, times),
  };
};

/** The same within one pipeline. */
const chainedStages: Draw = (random) => {
  const inner = drawHopping(random);
  const times = 2 + random.int(3);
  return {
    name: "chained stages",
    text: pipeline(`${inner.text} |> reduce by record.subject as post { n: count() }
      |> window tumbling(size: ${(inner.sizeMs * times) / SECOND_MS}s)
      |> reduce by post { n: sum(n), parts: count() } ${SINK}`),
    expected: (partitions) => {
      const { answers } = chainedOf(partitions, inner, times);
      return { answers };
    },
  };
};

function chainedOf(partitions: readonly Entry[][], inner: Shape, times: number) {
  const rows = windowsOf(seenBy(partitions, any), inner).flatMap((window) =>
    groupBy(window.items, postOf).map(([post, items]) => ({
      post,
      n: items.length,
      window,
      timeMs: window.endMs - 1,
      ...NO_LATENESS,
    })),
  );
  const sizeMs = inner.sizeMs * times;
  const outer = windowsOf(rows, { sizeMs, everyMs: sizeMs, graceMs: 0 });
  return {
    inner: rows.map(({ post, n, window }) => ({ post, n, ...windowFields(window) })),
    answers: outer.flatMap((window) =>
      groupBy(window.items, ({ post }) => post).map(([post, items]) => ({
        post,
        n: sum(items.map(({ n }) => n)),
        parts: items.length,
        ...windowFields(window),
      })),
    ),
  };
}

/** In the order of the list: a seed picks by index. */
const DRAWS: readonly Draw[] = [
  tumbling,
  hopping,
  session,
  dedup,
  withoutWindow,
  changes,
  top,
  branch,
  union,
  chainedTopics,
  chainedStages,
  sums,
  passedOn,
  passedTwice,
  unnested,
  twice,
  updatesRead,
];

function countsBy(keyOf: (item: Seen) => string, name: string, window: WindowOf<Seen>): Fields[] {
  return groupBy(window.items, keyOf).map(([key, items]) => ({
    [name]: key,
    n: items.length,
    ...windowFields(window),
  }));
}

function printEvent({ did, item, timeMs }: SimEvent): Fields {
  return { did, item, time: iso(timeMs) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
