// Programs whose answers depend on the order of records and on what each has seen: over topics, where one record makes
// several, and where an event comes by two inputs.

import { LIKE, type SimEvent } from "./events.ts";
import {
  byOrder,
  type Fields,
  firstOfEach,
  groupBy,
  iso,
  type Seen,
  seenBy,
  ticksOf,
  windowFields,
  windowsOf,
} from "./naive.ts";
import {
  any,
  type Draw,
  didOf,
  drawTumbling,
  pipeline,
  postOf,
  SECOND_MS,
  SINK,
} from "./shapes.ts";

/** A pipeline that only passes events on; the second one's answer is as if it had read the firehose itself. */
export const passedOn: Draw = (random) => {
  const shape = drawTumbling(random);
  return {
    name: "passed on",
    text: `${PASS_ON}
      pipeline counts { from topic('passed') start at first
      |> ${shape.text.replace(/\)$/, ", late: side('late'))")}
      |> reduce by post { n: count(), first: first(item), last: last(item), all: collect(item, max: 5) } ${SINK} }`,
    expected: (partitions) => {
      const seen = seenBy(partitions, any);
      const isOpen = ({ timeMs, watermarkMs }: Seen): boolean => {
        const endMs = (Math.floor(timeMs / shape.sizeMs) + 1) * shape.sizeMs;
        return watermarkMs < endMs + shape.graceMs;
      };
      return {
        late: seen.filter((one) => !isOpen(one)).map(printPassed),
        answers: windowsOf(seen, shape).flatMap((window) =>
          groupBy(window.items.toSorted(byOrder), postOf).map(([post, items]) => ({
            post,
            n: items.length,
            first: items[0]?.item,
            last: items.at(-1)?.item,
            all: items.slice(0, 5).map(({ item }) => item),
            ...windowFields(window),
          })),
        ),
      };
    },
  };
};

/** The same in front of what goes by the order of arrival, twice over. */
export const passedTwice: Draw = (random) => {
  const [withinS, everyS] = [2 + random.int(40), 1 + random.int(10)];
  const expireS = everyS + random.int(20);
  return {
    name: "passed on twice",
    text: `${PASS_ON}
      pipeline firsts { from topic('passed') start at first
      |> dedup(by: post, within: ${withinS}s) |> to topic('firsts', key: post, partitions: 2) }
      pipeline again { from topic('passed') start at first |> filter item > 0 |> to topic('again', key: post) }
      pipeline latest { from topic('again') start at first
      |> reduce by did { n: count(), last: last(item) } expire after ${expireS}s
      |> emit changes(every: ${everyS}s) ${SINK} }
      pipeline counts { from topic('firsts') start at first
      |> window tumbling(size: 20s) |> reduce by did { last: last(item) } |> to topic('counts') }`,
    expected: (partitions) => {
      const seen = seenBy(partitions, any);
      const firsts = firstOfEach(seen, postOf, withinS * SECOND_MS);
      const windows = windowsOf(firsts, { sizeMs: 20_000, everyMs: 20_000, graceMs: 0 });
      return {
        firsts: firsts.map(printPassed),
        counts: windows.flatMap((window) =>
          groupBy(window.items.toSorted(byOrder), didOf).map(([did, items]) => ({
            did,
            last: items.at(-1)?.item,
            ...windowFields(window),
          })),
        ),
        answers: groupBy(seen, didOf).flatMap(([did, items]) =>
          ticksOf(items, everyS * SECOND_MS, expireS * SECOND_MS).map(({ tickMs, sofar }) => ({
            did,
            n: sofar.length,
            last: sofar.at(-1)?.item,
            time: iso(tickMs - 1),
          })),
        ),
      };
    },
  };
};

const PASS_ON = `pipeline pass { from firehose() start at first
      |> map { did, post: record.subject, item: record.item } |> to topic('passed', key: did, partitions: 3) }`;

function printPassed({ did, post, item, timeMs }: SimEvent): Fields {
  return { did, post, item, time: iso(timeMs) };
}

/** What one record makes keeps its order, in the stage and behind a topic. */
export const unnested: Draw = (random) => {
  const shape = drawTumbling(random);
  const way = random.int(3);
  const unnest = "|> unnest record.labels as label";
  const reduce = `|> ${shape.text} |> reduce by post { first: first(label), chars: first(length(label)),
      all: collect(label, max: 6), last: last(length(label)) } ${SINK}`;
  const direct = pipeline(`let post = record.subject ${unnest} ${reduce}`);
  const over = `pipeline labels { from firehose() start at first ${unnest}
      |> map { label, post: record.subject } |> to topic('labels', key: label, partitions: 2) }
      pipeline counts { from topic('labels') start at first ${reduce} }`;
  const behind = `pipeline posts { from firehose() start at first
      |> map { post: record.subject, labels: record.labels } |> to topic('posts', key: post, partitions: 2) }
      pipeline counts { from topic('posts') start at first |> unnest labels as label ${reduce} }`;
  return {
    name: ["unnested", "unnested, passed on", "passed on, unnested"][way] ?? "",
    text: [direct, over, behind][way] ?? "",
    expected: (partitions) => ({
      answers: windowsOf(seenBy(partitions, any), shape).flatMap((window) =>
        groupBy(window.items.toSorted(byOrder), postOf).flatMap(([post, items]) => {
          const labels = items.flatMap((one) => one.labels);
          if (labels.length === 0) return [];
          const first = labels[0] ?? "";
          return {
            post,
            first,
            chars: first.length,
            all: labels.slice(0, 6),
            last: labels.at(-1)?.length,
            ...windowFields(window),
          };
        }),
      ),
    }),
  };
};

/** An event that comes by two inputs comes by the first one first. */
export const twice: Draw = (random) => {
  const shape = drawTumbling(random);
  return {
    name: "union of the same",
    text: `pipeline sim {
      from union { firehose('${LIKE}') start at first, firehose('${LIKE}') as q start at first }
      |> let key = rkey ?? q.rkey |> let by = q == null ? 'plain' : 'named'
      |> ${shape.text} |> reduce { keys: collect(key, max: 8), by: collect(by, max: 8) } ${SINK} }`,
    expected: (partitions) => {
      const likes = seenBy(partitions, ({ collection }) => collection === LIKE);
      return {
        answers: windowsOf(likes, shape).map((window) => {
          const keys = window.items
            .toSorted(byOrder)
            .flatMap(({ item }) => [`r${item}`, `r${item}`]);
          const by = keys.map((_, i) => (i % 2 === 0 ? "plain" : "named"));
          return { keys: keys.slice(0, 8), by: by.slice(0, 8), ...windowFields(window) };
        }),
      };
    },
  };
};
