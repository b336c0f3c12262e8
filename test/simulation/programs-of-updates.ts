// A pipeline that sends what has changed, in front of all that goes by the order of records.

import type { Entry } from "./events.ts";
import {
  byOrder,
  changesOf,
  type Fields,
  firstOfEach,
  groupBy,
  iso,
  seenBy,
  ticksOf,
  windowFields,
  windowsOf,
} from "./naive.ts";
import {
  any,
  type Draw,
  drawHopping,
  drawTumbling,
  postOf,
  SECOND_MS,
  type Shape,
  SINK,
} from "./shapes.ts";

type Update = {
  readonly post: string;
  readonly n: number;
  readonly timeMs: number;
  readonly seenMs: number;
  readonly watermarkMs: number;
  readonly seq: number;
  /** Where it stands among all of its key. */
  readonly operation: number;
};

const LARGER_MS = 60 * SECOND_MS;
const COLLECTED = 5;

/** Updates of one result have one time, and are read in the order in which they were sent. */
export const updatesRead: Draw = (random) => {
  const shape = random.chance(0.5) ? drawTumbling(random) : drawHopping(random);
  const [changesS, everyS] = [1 + random.int(12), 1 + random.int(12)];
  const withinS = 2 + random.int(40);
  const expireS = everyS + random.int(60);
  return {
    name: "updates read on",
    text: `pipeline sim { from firehose() start at first |> ${shape.text}
      |> reduce by record.subject as post { n: count() } |> emit changes(every: ${changesS}s)
      |> to topic('updates', key: n, partitions: 3) }
      pipeline larger { from topic('updates') start at first |> window tumbling(size: 60s)
      |> reduce by post { first: first(n), last: last(n), all: collect(n, max: ${COLLECTED}) } |> to topic('larger') }
      pipeline firsts { from topic('updates') start at first
      |> dedup(by: post, within: ${withinS}s) |> map { post, n } |> to topic('firsts') }
      pipeline latest { from topic('updates') start at first
      |> reduce by post { first: first(n), last: last(n) } expire after ${expireS}s
      |> emit changes(every: ${everyS}s) ${SINK} }`,
    expected: (partitions) => {
      const updates = updatesOf(partitions, shape, changesS * SECOND_MS);
      const posts = groupBy(updates, ({ post }) => post);
      return {
        larger: windowsOf(updates, { sizeMs: LARGER_MS, everyMs: LARGER_MS, graceMs: 0 }).flatMap(
          (window) =>
            groupBy(window.items, ({ post }) => post).map(([post, items]) => ({
              post,
              ...edgesOf(items),
              all: ordered(items).slice(0, COLLECTED),
              ...windowFields(window),
            })),
        ),
        firsts: firstOfEach(updates, ({ post }) => post, withinS * SECOND_MS).map(
          ({ post, n, timeMs }) => ({ post, n, time: iso(timeMs) }),
        ),
        answers: posts.flatMap(([post, items]) =>
          ticksOf(items, everyS * SECOND_MS, expireS * SECOND_MS).map(({ tickMs, sofar }) => ({
            post,
            ...edgesOf(sofar),
            time: iso(tickMs - 1),
          })),
        ),
      };
    },
  };
};

/** All updates, those of a post in the order in which they are sent: earlier windows first. */
function updatesOf(partitions: readonly Entry[][], shape: Shape, everyMs: number): Update[] {
  const sent = windowsOf(seenBy(partitions, any), shape).flatMap((window) =>
    groupBy(window.items, postOf).flatMap(([post, items]) =>
      changesOf({ ...window, items }, everyMs, shape.graceMs).map(({ atMs, seenMs, sofar }) => ({
        post,
        n: sofar.length,
        atMs,
        timeMs: window.endMs - 1,
        seenMs,
        watermarkMs: Number.NEGATIVE_INFINITY,
        seq: 0,
      })),
    ),
  );
  sent.sort((a, b) => a.atMs - b.atMs || a.timeMs - b.timeMs);
  return sent.map((one, operation) => ({ ...one, operation }));
}

function edgesOf(updates: readonly Update[]): Fields {
  const ns = ordered(updates);
  return { first: ns[0], last: ns.at(-1) };
}

function ordered(updates: readonly Update[]): number[] {
  return updates.toSorted(byOrder).map(({ n }) => n);
}
