// `dedup` and the reduce without a window: both take records one after the other, in their order.

import type { Draft, Records, Step } from "./draft.ts";
import { pickField } from "./fields.ts";
import { drawGrouping, plain } from "./reduce.ts";
import { BY_ORDER } from "./sql.ts";
import { DELAY_MS, pick } from "./tape.ts";

/** Of records with a total order only. */
export function drawDedup(draft: Draft, records: Records): Step | null {
  const { random } = draft;
  const by = pickField(random, records.fields, "text", "num", "float", "bool");
  if (records.tied || by === null) return null;
  const within = draft.duration(1 + random.int(40));
  const cap = random.chance(0.25) ? 1 + random.int(4) : null;
  draft.shapes.add(cap === null ? "dedup" : "dedup with cap");
  const rows = draft.tables.make(
    `SELECT *, row_number() OVER (ORDER BY ${BY_ORDER}) AS _n, ${by.sql} AS _k FROM ${records.table}`,
  );
  const table = cap === null ? firsts(draft, rows, within.ms) : capped(draft, rows, within.ms, cap);
  const option = cap === null ? "" : `, cap: ${cap}`;
  if (cap !== null) draft.onePartition = true;
  return {
    fpl: `dedup(by: ${by.fpl}, within: ${within.fpl}${option})`,
    records: { ...records, table },
  };
}

/** Of each key its first record, then the next one that is far enough behind, and so on. */
function firsts(draft: Draft, rows: string, withinMs: number): string {
  return draft.tables.make(
    `WITH RECURSIVE passed AS (
       SELECT _k, min(_n) AS _n, arg_min(_seen, _n) AS _seen FROM ${rows} GROUP BY _k UNION ALL
       SELECT r._k, min(r._n), arg_min(r._seen, r._n) FROM passed p JOIN ${rows} r
         ON r._k IS NOT DISTINCT FROM p._k AND r._n > p._n AND r._seen >= p._seen + ${withinMs} GROUP BY r._k)
     SELECT r.* EXCLUDE (_n, _k) FROM ${rows} r JOIN passed p ON p._n = r._n`,
  );
}

/** Remembers `cap` keys, the one that passed longest ago is forgotten: a list that is carried along. */
function capped(draft: Draft, rows: string, withinMs: number, cap: number): string {
  const alive = `list_filter(c.kept, lambda one: one.seen > r._seen - ${withinMs})`;
  const isKnown = `list_contains(list_transform(${alive}, lambda one: coalesce(one.k::VARCHAR, 'no key')), coalesce(r._k::VARCHAR, 'no key'))`;
  return draft.tables.make(
    `WITH RECURSIVE c AS (
       SELECT 0::BIGINT AS _n, false AS passes, list_filter([{'k': (SELECT any_value(_k) FROM ${rows}), 'seen': 0::BIGINT}],
         lambda one: false) AS kept UNION ALL
       SELECT r._n, NOT ${isKnown}, CASE WHEN ${isKnown} THEN ${alive}
         ELSE list_append(${alive}, {'k': r._k, 'seen': r._seen})[-${cap}:] END
       FROM c JOIN ${rows} r ON r._n = c._n + 1)
     SELECT r.* EXCLUDE (_n, _k) FROM ${rows} r JOIN c ON c._n = r._n AND c.passes`,
  );
}

/** A reduce without a window: what changed is sent at every tick. */
export function drawFold(draft: Draft, records: Records): Step {
  const { random } = draft;
  const everyUnits = 1 + random.int(10);
  const every = draft.duration(everyUnits);
  const cap = !records.tied && random.chance(0.3) ? 1 + random.int(4) : null;
  const expire =
    cap === null || random.chance(0.5)
      ? draft.duration(everyUnits + random.int(pick(random, [3, 30])))
      : null;
  draft.shapes.add(cap === null ? "reduce without window" : "reduce with cap");
  if (cap !== null) draft.onePartition = true;
  const grouping = drawGrouping(draft, records, false);
  const bounds = [
    expire === null ? "" : ` expire after ${expire.fpl}`,
    cap === null ? "" : ` cap: ${cap}`,
  ].join("");
  const by = grouping.keys.map(({ from }) => from);
  const rows = draft.tables.make(
    `SELECT *, dense_rank() OVER (ORDER BY [${by.map((one) => `${one}::VARCHAR`).join(", ")}]) AS _g,
       (_seen // ${every.ms} + 1) * ${every.ms} AS _tick FROM
       (SELECT *, rank() OVER (ORDER BY ${BY_ORDER}) AS _o, row_number() OVER (ORDER BY ${BY_ORDER}) AS _n FROM ${records.table})`,
  );
  const lives =
    cap === null
      ? livesOf(draft, rows, expire?.ms ?? 0)
      : cappedLives(draft, rows, cap, expire?.ms ?? null);
  return {
    fpl: `${grouping.fpl}${bounds}\n  |> emit changes(every: ${every.fpl})`,
    records: ticksOf(draft, lives, grouping, cap !== null),
  };
}

/** Numbers the lives of each key: one ends when it had no record for so long. */
function livesOf(draft: Draft, rows: string, expireMs: number): string {
  const own = "(PARTITION BY _g ORDER BY _n)";
  return draft.tables.make(
    `SELECT *, sum(begins) OVER ${own} AS _life, NULL::BIGINT AS _out FROM
       (SELECT *, CASE WHEN _seen >= lag(_seen) OVER ${own} + ${expireMs} THEN 1 ELSE 0 END AS begins FROM ${rows})`,
  );
}

/**
 * The same where only so many keys are kept: the one without a record for longest goes. `_out` is what the record had
 * seen that it made place for.
 */
function cappedLives(draft: Draft, rows: string, cap: number, expireMs: number | null): string {
  const alive =
    expireMs === null
      ? "c.kept"
      : `list_filter(c.kept, lambda one: one.seen > r._seen - ${expireMs})`;
  const others = `list_filter(${alive}, lambda one: one.g <> r._g)`;
  const own = `list_filter(${alive}, lambda one: one.g = r._g)`;
  const life = `coalesce(${own}[1].life, r._n)`;
  const kept = draft.tables.make(
    `WITH RECURSIVE c AS (
       SELECT 0::BIGINT AS _n, 0::BIGINT AS _life, []::STRUCT(g BIGINT, seen BIGINT, life BIGINT)[] AS kept,
         NULL::STRUCT(g BIGINT, seen BIGINT, life BIGINT) AS gone UNION ALL
       SELECT r._n, ${life}, list_append(${others}, {'g': r._g, 'seen': r._seen, 'life': ${life}})[-${cap}:],
         CASE WHEN len(${others}) >= ${cap} THEN ${others}[1] END
       FROM c JOIN ${rows} r ON r._n = c._n + 1)
     SELECT r.*, c._life, c.gone FROM ${rows} r JOIN c ON c._n = r._n`,
  );
  return draft.tables.make(
    `SELECT k.* EXCLUDE (gone), o._seen AS _out FROM ${kept} k
     LEFT JOIN ${kept} o ON o.gone.g = k._g AND o.gone.life = k._life`,
  );
}

/** @param capped whether a key may make place for another: it is sent at once then, before all of the tick */
function ticksOf(
  draft: Draft,
  lives: string,
  grouping: ReturnType<typeof drawGrouping>,
  capped: boolean,
): Records {
  const columns = [...grouping.keys, ...grouping.results].map(
    ({ from, sql }) => `${from} AS ${sql}`,
  );
  const by = ["_g", "_life", "_out", ...grouping.keys.map(({ from }) => from), "_sent"];
  const place = capped ? "CASE WHEN _out < _sent THEN [0, max(_n)] ELSE [1] END" : "[]";
  const table = draft.tables.make(
    `SELECT _sent - 1 AS _t, least(_sent - 1, _out) + ${DELAY_MS} AS _seen, 0::BIGINT AS _seq, (${place})::BIGINT[] AS _place,
       ${columns.join(", ")}
     FROM (SELECT r.*, t._tick AS _sent FROM (SELECT DISTINCT _g, _life, _tick FROM ${lives}) t
       JOIN ${lives} r ON r._g = t._g AND r._life = t._life AND r._tick <= t._tick)
     GROUP BY ${by.join(", ")}`,
  );
  const fields = [...grouping.keys, ...grouping.results].map(plain);
  return { table, fields, flat: true, tied: true, keys: null };
}
