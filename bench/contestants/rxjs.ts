// The same as observables: `from` the lines, operators, `groupBy` and `reduce`.

import {
  filter,
  from,
  type GroupedObservable,
  groupBy,
  map,
  mergeMap,
  type Observable,
  type OperatorFunction,
  reduce,
  toArray,
} from "rxjs";
import { readLines } from "../data/messages.ts";
import type { OpenContestant, Query, Row } from "../suite/contestant.ts";
import {
  firstPosterRows,
  hourRows,
  likeRows,
  longestRows,
  type Trend,
  topTrendRows,
} from "./answers.ts";
import {
  COUNTED_BY_HOUR,
  HOUR_MS,
  hashtagsOf,
  hopsOf,
  isLongEnglishOpening,
  type JetstreamEvent,
  minuteOf,
  POST,
  parseLine,
  timeMsOf,
} from "./jetstream-event.ts";

export const openRxjs: OpenContestant = async (query, files) => {
  const lines = await readLines(files.lines);
  return {
    round: () => {
      const events = from(lines).pipe(map((line) => parseLine(line)));
      return { events: lines.length, rows: rowsIn(STREAMS[query](events)) };
    },
  };
};

type Rows = () => readonly Row[];

const STREAMS: Readonly<Record<Query, (events: Observable<JetstreamEvent>) => Observable<Rows>>> = {
  "filter-map": (events) =>
    events.pipe(
      filter(({ commit }) => isLongEnglishOpening(commit?.record)),
      map(({ did, commit }) => ({
        did,
        rkey: commit?.rkey,
        text: commit?.record?.text,
        langs: commit?.record?.langs,
      })),
      toArray(),
      map((rows) => () => rows),
    ),
  hashtags: (events) =>
    events.pipe(
      created([POST]),
      mergeMap((event) =>
        [...hashtagsOf(event.commit?.record ?? {})].map((tag) => ({ event, tag })),
      ),
      mergeMap(({ event, tag }) => hopsOf(minuteOf(event)).map((start) => ({ event, tag, start }))),
      groupBy(({ start }) => start),
      mergeMap((window) =>
        window.pipe(
          groupBy(({ tag }) => tag),
          mergeMap((group) => keyed(group, reduce(addPost, null as Trend | null))),
          toArray(),
          map((tags) => [window.key, new Map(tags.flatMap(present))] as const),
        ),
      ),
      toArray(),
      map((windows) => () => topTrendRows(new Map(windows))),
    ),
  "likes-per-minute": (events) =>
    events.pipe(
      created(["app.bsky.feed.like"]),
      map((event) => [minuteOf(event), subjectOf(event)] as const),
      counted(),
      map((minutes) => () => likeRows(minutes)),
    ),
  "q1-collections": (events) =>
    events.pipe(
      filter(({ commit }) => commit !== undefined),
      groupBy(({ commit }) => commit?.collection ?? ""),
      mergeMap((group) =>
        keyed(
          group,
          reduce((n: number) => n + 1, 0),
        ),
      ),
      map(([collection, n]) => ({ collection, n })),
      toArray(),
      map((rows) => () => rows),
    ),
  "q2-users": (events) =>
    events.pipe(
      filter(({ commit }) => commit?.operation === "create"),
      groupBy(({ commit }) => commit?.collection ?? ""),
      mergeMap((group) => keyed(group, reduce(addUser, { n: 0, users: new Set<string>() }))),
      map(([collection, { n, users }]) => ({ collection, n, users: users.size })),
      toArray(),
      map((rows) => () => rows),
    ),
  "q3-hours": (events) =>
    events.pipe(
      created(COUNTED_BY_HOUR),
      map((event) => {
        const hour = Math.floor(timeMsOf(event) / HOUR_MS);
        return [hour, event.commit?.collection ?? ""] as const;
      }),
      counted(),
      map((hours) => () => hourRows(hours)),
    ),
  "q4-first-posters": (events) =>
    byAccount(events).pipe(
      mergeMap((group) =>
        keyed(
          group,
          reduce((first: number, ms) => Math.min(first, ms), Number.POSITIVE_INFINITY),
        ),
      ),
      toArray(),
      map((firsts) => () => firstPosterRows(new Map(firsts))),
    ),
  "q5-longest-activity": (events) =>
    byAccount(events).pipe(
      mergeMap((group) => keyed(group, reduce(addTime, null as [number, number] | null))),
      toArray(),
      map((spans) => () => longestRows(new Map(spans.flatMap(present)))),
    ),
};

function created(collections: readonly string[]): OperatorFunction<JetstreamEvent, JetstreamEvent> {
  return filter(
    ({ commit }) => commit?.operation === "create" && collections.includes(commit.collection),
  );
}

/** First key → second key → how often. */
function counted(): OperatorFunction<
  readonly [number, string],
  ReadonlyMap<number, ReadonlyMap<string, number>>
> {
  return (pairs) =>
    pairs.pipe(
      groupBy(([first]) => first),
      mergeMap((outer) =>
        outer.pipe(
          groupBy(([, second]) => second),
          mergeMap((group) =>
            keyed(
              group,
              reduce((n: number) => n + 1, 0),
            ),
          ),
          toArray(),
          map((counts) => [outer.key, new Map(counts)] as const),
        ),
      ),
      toArray(),
      map((all) => new Map(all)),
    );
}

function byAccount(
  events: Observable<JetstreamEvent>,
): Observable<GroupedObservable<string, number>> {
  return events.pipe(
    created([POST]),
    groupBy(({ did }) => did, { element: timeMsOf }),
  );
}

/** What a group comes to, with its key. */
function keyed<K, T, R>(
  group: GroupedObservable<K, T>,
  fold: OperatorFunction<T, R>,
): Observable<readonly [K, R]> {
  return group.pipe(
    fold,
    map((result) => [group.key, result] as const),
  );
}

function addPost(trend: Trend | null, { event }: { readonly event: JetstreamEvent }): Trend {
  const { did, time_us: timeUs, seq, commit } = event;
  const sample = { timeUs, seq, uri: `at://${did}/${POST}/${commit?.rkey}` };
  if (trend === null) return { posts: 1, authors: new Set([did]), sample };
  trend.posts += 1;
  trend.authors.add(did);
  const first = trend.sample;
  if (timeUs < first.timeUs || (timeUs === first.timeUs && seq < first.seq)) trend.sample = sample;
  return trend;
}

type Users = { n: number; readonly users: Set<string> };

/** The seed is shared by all groups, so the first of a group makes its own. */
function addUser(counts: Users, { did }: JetstreamEvent): Users {
  if (counts.n === 0) return { n: 1, users: new Set([did]) };
  counts.n += 1;
  counts.users.add(did);
  return counts;
}

function addTime(span: [number, number] | null, ms: number): [number, number] {
  return span === null ? [ms, ms] : [Math.min(span[0], ms), Math.max(span[1], ms)];
}

function present<K, V>([key, value]: readonly [K, V | null]): (readonly [K, V])[] {
  return value === null ? [] : [[key, value]];
}

function subjectOf({ commit }: JetstreamEvent): string {
  const subject = commit?.record?.subject;
  return typeof subject === "object" ? subject.uri : "";
}

/** The one value of a stream that is through before `subscribe` returns. */
function rowsIn(stream: Observable<Rows>): Rows {
  let rows: Rows | null = null as Rows | null; // assigned in the callback
  stream.subscribe((value) => {
    rows = value;
  });
  if (rows === null) throw new Error("the stream has not ended");
  return rows;
}
