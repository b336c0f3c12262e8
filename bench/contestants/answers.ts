// From what the peers have gathered to the rows of an answer. Shared, because it is not what is compared.

import type { Row } from "../suite/contestant.ts";
import { HOUR_MS, isoText, MIN_AUTHORS, minuteText, TOP_TAGS } from "./jetstream-event.ts";

export type Trend = {
  posts: number;
  readonly authors: Set<string>;
  sample: { timeUs: number; seq: number; uri: string };
};
/** Window start in minutes → tag → what is known of it. */
export type Trends = ReadonlyMap<number, ReadonlyMap<string, Trend>>;

type TrendRow = { tag: string; posts: number; authors: number; sample: string; window: string };

export function trendRows(trends: Trends): TrendRow[] {
  return [...trends].flatMap(([window, tags]) =>
    [...tags].map(([tag, { posts, authors, sample }]) => ({
      tag,
      posts,
      authors: authors.size,
      sample: sample.uri,
      window: minuteText(window),
    })),
  );
}

/** The most used tags of each window, ties by tag. */
export function topTrendRows(trends: Trends): TrendRow[] {
  return [...trends].flatMap((window) =>
    trendRows(new Map([window]))
      .filter(({ authors }) => authors >= MIN_AUTHORS)
      .sort((a, b) => b.authors - a.authors || (a.tag < b.tag ? -1 : 1))
      .slice(0, TOP_TAGS),
  );
}

/** Minute → post → likes. */
export function likeRows(minutes: ReadonlyMap<number, ReadonlyMap<string, number>>): Row[] {
  return [...minutes].flatMap(([minute, posts]) =>
    [...posts].map(([post, likes]) => ({ post, likes, window: minuteText(minute) })),
  );
}

/** Hour → collection → count. */
export function hourRows(hours: ReadonlyMap<number, ReadonlyMap<string, number>>): Row[] {
  return [...hours].flatMap(([hour, collections]) =>
    [...collections].map(([collection, n]) => ({ collection, hour: isoText(hour * HOUR_MS), n })),
  );
}

export function firstPosterRows(firstMs: ReadonlyMap<string, number>): Row[] {
  return [...firstMs]
    .sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1))
    .slice(0, 3)
    .map(([did, ms]) => ({ did, first_post: isoText(ms) }));
}

export function longestRows(
  active: ReadonlyMap<string, readonly [firstMs: number, lastMs: number]>,
): Row[] {
  return [...active]
    .map(([did, [firstMs, lastMs]]) => ({ did, span: lastMs - firstMs }))
    .sort((a, b) => b.span - a.span || (a.did < b.did ? -1 : 1))
    .slice(0, 3);
}
