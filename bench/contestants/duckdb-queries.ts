// The questions in SQL. Each reads only the columns it needs, which is how DuckDB reads JSON fastest.

import type { Query } from "../suite/contestant.ts";

const COMMIT = "operation VARCHAR, collection VARCHAR, rkey VARCHAR";
const POST = "'app.bsky.feed.post'";

/** The columns of `read_json`. */
export const COLUMNS: Readonly<Record<Query, string>> = {
  "filter-map": columns("text VARCHAR, langs VARCHAR[], reply JSON"),
  hashtags: columns("facets STRUCT(features STRUCT(tag VARCHAR)[])[], tags VARCHAR[]"),
  "likes-per-minute": columns("subject STRUCT(uri VARCHAR)"),
  "q1-collections": columns(null),
  "q2-users": columns(null),
  "q3-hours": columns(null),
  "q4-first-posters": columns(null),
  "q5-longest-activity": columns(null),
};

/** The query over a table or `read_json`. */
export const SQL: Readonly<Record<Query, (events: string) => string>> = {
  "filter-map": (events) => `
    SELECT did, commit.rkey AS rkey, commit.record.text AS text, commit.record.langs AS langs
    FROM ${events}
    WHERE list_contains(commit.record.langs, 'en') AND commit.record.reply IS NULL
      AND length(commit.record.text) > 40`,
  hashtags: (events) => `
    WITH tagged AS (
      SELECT did, seq, time_us, 'at://' || did || '/app.bsky.feed.post/' || commit.rkey AS uri,
        unnest(list_distinct(list_transform(list_concat(
          flatten(list_transform(coalesce(commit.record.facets, []),
            lambda f: list_transform(coalesce(f.features, []), lambda x: x.tag))),
          coalesce(commit.record.tags, [])), lambda t: lower(t)))) AS tag
      FROM ${events} WHERE commit.collection = ${POST} AND commit.operation = 'create'
    ), counted AS (
      SELECT * , unnest(generate_series(time_us // 60000000 - 9, time_us // 60000000)) AS start
      FROM tagged
    ), trends AS (
      SELECT tag, count(*) AS posts, count(DISTINCT did) AS authors,
        arg_min(uri, {t: time_us, s: seq}) AS sample, start * 60000 AS window_ms
      FROM counted GROUP BY start, tag HAVING count(DISTINCT did) >= 3
    )
    SELECT * FROM trends
    QUALIFY row_number() OVER (PARTITION BY window_ms ORDER BY authors DESC, tag) <= 20`,
  "likes-per-minute": (events) => `
    SELECT commit.record.subject.uri AS post, count(*) AS likes,
      time_us // 60000000 * 60000 AS window_ms
    FROM ${events}
    WHERE commit.collection = 'app.bsky.feed.like' AND commit.operation = 'create'
    GROUP BY post, window_ms`,
  "q1-collections": (events) => `
    SELECT commit.collection AS collection, count(*) AS n FROM ${events}
    WHERE kind = 'commit' GROUP BY collection ORDER BY n DESC`,
  "q2-users": (events) => `
    SELECT commit.collection AS collection, count(*) AS n, count(DISTINCT did) AS users
    FROM ${events} WHERE commit.operation = 'create' GROUP BY collection ORDER BY n DESC`,
  "q3-hours": (events) => `
    SELECT commit.collection AS collection, time_us // 3600000000 * 3600000 AS hour_ms, count(*) AS n
    FROM ${events}
    WHERE commit.operation = 'create'
      AND commit.collection IN (${POST}, 'app.bsky.feed.repost', 'app.bsky.feed.like')
    GROUP BY collection, hour_ms`,
  "q4-first-posters": (events) => `
    SELECT did, min(time_us) // 1000 AS first_post_ms FROM ${events}
    WHERE commit.collection = ${POST} AND commit.operation = 'create'
    GROUP BY did ORDER BY first_post_ms, did LIMIT 3`,
  "q5-longest-activity": (events) => `
    SELECT did, (max(time_us) - min(time_us)) // 1000 AS span FROM ${events}
    WHERE commit.collection = ${POST} AND commit.operation = 'create'
    GROUP BY did ORDER BY span DESC, did LIMIT 3`,
};

function columns(record: string | null): string {
  const commit = record === null ? COMMIT : `${COMMIT}, record STRUCT(${record})`;
  const all = { did: "VARCHAR", time_us: "BIGINT", seq: "BIGINT", kind: "VARCHAR" };
  const named = Object.entries({ ...all, commit: `STRUCT(${commit})` });
  return `{${named.map(([name, type]) => `${name}: '${type}'`).join(", ")}}`;
}
