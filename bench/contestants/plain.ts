// A script as one writes it in an evening: a loop over the lines, JSON.parse, and a Map. Its answers are
// what the others' are checked against.

import { readLines } from "../data/messages.ts";
import type { OpenContestant, Query, Round, Row } from "../suite/contestant.ts";
import {
  firstPosterRows,
  hourRows,
  likeRows,
  longestRows,
  type Trend,
  topTrendRows,
  trendRows,
} from "./answers.ts";
import {
  COUNTED_BY_HOUR,
  HOUR_MS,
  hashtagsOf,
  hopsOf,
  isLongEnglishOpening,
  minuteOf,
  POST,
  parseLine,
  timeMsOf,
} from "./jetstream-event.ts";

type Answer = Pick<Round, "rows" | "truth">;

export const openPlain: OpenContestant = async (query, files) => {
  const lines = await readLines(files.lines);
  return { round: () => ({ events: lines.length, ...SCRIPTS[query](lines) }) };
};

const SCRIPTS: Readonly<Record<Query, (lines: readonly string[]) => Answer>> = {
  "filter-map": filterMap,
  hashtags,
  "likes-per-minute": likesPerMinute,
  "q1-collections": collections,
  "q2-users": users,
  "q3-hours": hours,
  "q4-first-posters": firstPosters,
  "q5-longest-activity": longestActivity,
};

function filterMap(lines: readonly string[]): Answer {
  const kept: Row[] = [];
  for (const line of lines) {
    const { did, commit } = parseLine(line);
    const record = commit?.record;
    if (commit === undefined || !isLongEnglishOpening(record)) continue;
    kept.push({ did, rkey: commit.rkey, text: record?.text, langs: record?.langs });
  }
  return { rows: () => kept };
}

function hashtags(lines: readonly string[]): Answer {
  const windows = new Map<number, Map<string, Trend>>();
  for (const line of lines) {
    const event = parseLine(line);
    const { did, commit, time_us: timeUs, seq } = event;
    if (commit?.collection !== POST || commit.operation !== "create") continue;
    if (commit.record === undefined) continue;
    const sample = { timeUs, seq, uri: `at://${did}/${POST}/${commit.rkey}` };
    for (const tag of hashtagsOf(commit.record)) {
      for (const start of hopsOf(minuteOf(event))) {
        const tags = entry(windows, start, () => new Map<string, Trend>());
        const trend = tags.get(tag);
        if (trend === undefined) tags.set(tag, { posts: 1, authors: new Set([did]), sample });
        else {
          trend.posts += 1;
          trend.authors.add(did);
          const first = trend.sample;
          if (timeUs < first.timeUs || (timeUs === first.timeUs && seq < first.seq)) {
            trend.sample = sample;
          }
        }
      }
    }
  }
  return { rows: () => topTrendRows(windows), truth: () => trendRows(windows) };
}

function likesPerMinute(lines: readonly string[]): Answer {
  const minutes = new Map<number, Map<string, number>>();
  for (const line of lines) {
    const event = parseLine(line);
    const { commit } = event;
    if (commit?.collection !== "app.bsky.feed.like" || commit.operation !== "create") continue;
    const subject = commit.record?.subject;
    if (typeof subject !== "object") continue;
    count(minutes, minuteOf(event), subject.uri);
  }
  return { rows: () => likeRows(minutes) };
}

function collections(lines: readonly string[]): Answer {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const { commit } = parseLine(line);
    if (commit === undefined) continue;
    counts.set(commit.collection, (counts.get(commit.collection) ?? 0) + 1);
  }
  return { rows: () => [...counts].map(([collection, n]) => ({ collection, n })) };
}

function users(lines: readonly string[]): Answer {
  const counts = new Map<string, { n: number; users: Set<string> }>();
  for (const line of lines) {
    const { did, commit } = parseLine(line);
    if (commit?.operation !== "create") continue;
    const one = entry(counts, commit.collection, () => ({ n: 0, users: new Set<string>() }));
    one.n += 1;
    one.users.add(did);
  }
  return {
    rows: () =>
      [...counts].map(
        ([
          collection,
          {
            n,
            users: { size },
          },
        ]) => ({ collection, n, users: size }),
      ),
  };
}

function hours(lines: readonly string[]): Answer {
  const counts = new Map<number, Map<string, number>>();
  for (const line of lines) {
    const event = parseLine(line);
    const { commit } = event;
    if (commit?.operation !== "create" || !COUNTED_BY_HOUR.includes(commit.collection)) continue;
    count(counts, Math.floor(timeMsOf(event) / HOUR_MS), commit.collection);
  }
  return { rows: () => hourRows(counts) };
}

function firstPosters(lines: readonly string[]): Answer {
  const firstMs = new Map<string, number>();
  for (const line of lines) {
    const event = parseLine(line);
    if (event.commit?.collection !== POST || event.commit.operation !== "create") continue;
    const known = firstMs.get(event.did) ?? Number.POSITIVE_INFINITY;
    firstMs.set(event.did, Math.min(known, timeMsOf(event)));
  }
  return { rows: () => firstPosterRows(firstMs) };
}

function longestActivity(lines: readonly string[]): Answer {
  const active = new Map<string, [number, number]>();
  for (const line of lines) {
    const event = parseLine(line);
    if (event.commit?.collection !== POST || event.commit.operation !== "create") continue;
    const timeMs = timeMsOf(event);
    const span = active.get(event.did);
    if (span === undefined) active.set(event.did, [timeMs, timeMs]);
    else {
      span[0] = Math.min(span[0], timeMs);
      span[1] = Math.max(span[1], timeMs);
    }
  }
  return { rows: () => longestRows(active) };
}

function count<K>(counts: Map<K, Map<string, number>>, at: K, key: string): void {
  const keys = entry(counts, at, () => new Map<string, number>());
  keys.set(key, (keys.get(key) ?? 0) + 1);
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
