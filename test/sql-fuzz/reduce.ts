// The windowed reduce: tumbling, hopping, calendar and session windows, `emit changes`, and `top` behind it.

import { drawAggregate } from "./aggregates.ts";
import type { Draft, Records, Step } from "./draft.ts";
import { type Field, ofType, pickField } from "./fields.ts";
import { BY_ORDER } from "./sql.ts";
import { DELAY_MS, pick } from "./tape.ts";
import { drawAligned, drawOptions, type WindowOptions } from "./windows.ts";

const AGGREGATES_MAX = 4;
/** What a record knows of its channel, milliseconds: late is what ended before. */
const JUDGED = `(_seen - ${DELAY_MS})`;

/** Keys and aggregates of a reduce. */
export type Grouping = {
  readonly fpl: string;
  /** The reduce's columns by their new names. */
  readonly keys: readonly (Field & { readonly from: string })[];
  readonly results: readonly (Field & { readonly from: string })[];
};

export function drawGrouping(draft: Draft, records: Records, windowed: boolean): Grouping {
  const { random } = draft;
  const usable = ofType(records.fields, "text", "num", "float", "bool");
  const count = usable.length === 0 ? 0 : pick(random, [0, 1, 1, 1, 2]);
  const keys = Array.from({ length: count }, () => {
    const { fpl, sql, type } = pick(random, usable);
    const name = draft.name("k");
    return { fpl: name, sql: name, type, from: sql, of: fpl };
  });
  const offer = { random, fields: records.fields, ordered: !records.tied, windowed };
  const results = Array.from({ length: 1 + random.int(AGGREGATES_MAX) }, () => {
    const { shape, fpl, sql, type, check } = drawAggregate(offer);
    draft.shapes.add(shape);
    const name = draft.name("a");
    return {
      fpl: name,
      sql: name,
      type,
      from: sql,
      of: fpl,
      ...(check === undefined ? {} : { check }),
    };
  });
  results.push(...drawPair(draft, records));
  const [only] = keys;
  const by =
    keys.length === 0
      ? ""
      : keys.length === 1
        ? `by ${only?.of} as ${only?.fpl} `
        : `by { ${keys.map(({ fpl, of }) => `${fpl}: ${of}`).join(", ")} } `;
  const aggregates = results.map(({ fpl, of }) => `${fpl}: ${of}`).join(", ");
  return { fpl: `reduce ${by}{ ${aggregates} }`, keys, results };
}

/** Of records that may stand at one place of the order: two values that must come from the same one. */
function drawPair(draft: Draft, records: Records) {
  const { random } = draft;
  const texts = ofType(records.fields, "text");
  if (!records.tied || texts.length === 0 || random.chance(0.5)) return [];
  draft.shapes.add("first or last of equals");
  const edge = pick(random, ["first", "last"] as const);
  const [one, other] = [pick(random, texts), pick(random, texts)];
  const [a, b] = [draft.name("a"), draft.name("a")];
  const none = (sql: string): string => `coalesce(${sql}, 'none')`;
  const from = `list({'o': _o, 'a': ${none(one.sql)}, 'b': ${none(other.sql)}})`;
  const shared = { type: "final" } as const;
  return [
    {
      ...shared,
      fpl: a,
      sql: a,
      from,
      of: `${edge}(${one.fpl} ?? 'none')`,
      check: `${edge} of equals` as const,
      partner: b,
    },
    {
      ...shared,
      fpl: b,
      sql: b,
      from: "NULL",
      of: `${edge}(${other.fpl} ?? 'none')`,
      check: "partner" as const,
    },
  ];
}

/** A windowed reduce, with what it sends when. */
export function drawWindowed(draft: Draft, records: Records): Step {
  return draft.random.chance(0.25) ? drawSession(draft, records) : drawReduce(draft, records);
}

function drawReduce(draft: Draft, records: Records): Step {
  const window = drawAligned(draft);
  draft.shapes.add(window.shape);
  const options = drawOptions(draft, records, false);
  const timed = draft.tables.make(
    `SELECT *, ${options.at} AS _at, row_number() OVER () AS _row FROM ${records.table}`,
  );
  const all = draft.tables.make(window.assign(timed));
  const isOpen = `_we + ${options.graceMs} > ${JUDGED}`;
  const open = draft.tables.make(ranked(`${all} WHERE ${isOpen}`));
  const lastEnd = `SELECT max(_we) + ${options.graceMs} AS closes, * EXCLUDE (_ws, _we) FROM ${all} GROUP BY ALL`;
  late(draft, records, options, `(${lastEnd}) WHERE closes <= ${JUDGED}`);
  const grouping = drawGrouping(draft, records, true);
  const everyMs = draft.random.chance(0.2) ? draft.duration(1 + draft.random.int(12)) : null;
  const rows =
    everyMs === null
      ? open
      : changes(draft, open, { grouping, everyMs: everyMs.ms, graceMs: options.graceMs });
  const explicit = draft.random.chance(0.1) ? "\n  |> emit final" : "";
  const emit = everyMs === null ? explicit : `\n  |> emit changes(every: ${everyMs.fpl})`;
  if (everyMs !== null) draft.shapes.add("emit changes");
  return {
    fpl: `window ${window.fpl}${options.fpl})\n  |> ${grouping.fpl}${emit}`,
    records: resultsOf(draft, rows, grouping, everyMs === null ? null : options.graceMs),
  };
}

function ranked(from: string): string {
  return `SELECT *, rank() OVER (ORDER BY ${BY_ORDER}) AS _o FROM ${from}`;
}

/** Counts the late records, and expects them in the side topic if there is one. */
function late(draft: Draft, records: Records, { sideTopic }: WindowOptions, from: string): void {
  draft.count("late", `SELECT count(*) FROM ${from}`);
  if (sideTopic === null) return;
  const table = draft.tables.make(`SELECT * FROM ${from}`);
  draft.sides.push({ topic: sideTopic, records: { ...records, table } });
}

/**
 * Rows as often as they count in something that is sent: for each tick with something new of a window and key, all
 * that was known before it.
 */
function changes(
  draft: Draft,
  open: string,
  {
    grouping,
    everyMs,
    graceMs,
  }: { readonly grouping: Grouping; readonly everyMs: number; readonly graceMs: number },
): string {
  const keyed = grouping.keys.map(({ from, sql }) => `${from} AS _${sql}`);
  const known = draft.tables.make(
    `SELECT ${["*", ...keyed].join(", ")}, greatest(_at, ${JUDGED}) AS _known,
       least((greatest(_at, ${JUDGED}) // ${everyMs} + 1) * ${everyMs}, _we + ${graceMs}) AS _tick FROM ${open}`,
  );
  const names = ["_ws", "_we", ...grouping.keys.map(({ sql }) => `_${sql}`)];
  const same = names.map((name) => `k.${name} IS NOT DISTINCT FROM c.${name}`).join(" AND ");
  return draft.tables.make(
    `SELECT k.* EXCLUDE (_tick), c._tick FROM (SELECT DISTINCT ${names.join(", ")}, _tick FROM ${known}) c
     JOIN ${known} k ON ${same} AND k._known < c._tick`,
  );
}

/**
 * Groups the rows of windows.
 * @param changesGraceMs the grace of a window with `emit changes`: at a tick its updates have seen the tick less it
 */
function resultsOf(
  draft: Draft,
  rows: string,
  grouping: Grouping,
  changesGraceMs: number | null,
): Records {
  const changing = changesGraceMs !== null;
  const { keys, results } = grouping;
  const columns = [...keys, ...results].map(({ from, sql }) => `${from} AS ${sql}`);
  const by = ["_ws", "_we", ...keys.map(({ from }) => from), ...(changing ? ["_tick"] : [])];
  const toEnd = `_we - (_tick - ${changesGraceMs})`;
  const judged = changing ? `least(_we - 1, _tick - ${changesGraceMs})` : "_we - 1";
  const place = changing ? `CASE WHEN ${toEnd} = 0 THEN [] ELSE [0, ${toEnd}] END` : "[]";
  const table = draft.tables.make(
    `SELECT _we - 1 AS _t, ${judged} + ${DELAY_MS} AS _seen, 0::BIGINT AS _seq, (${place})::BIGINT[] AS _place,
       _ws AS window_start, _we AS window_end, ${columns.join(", ")}
     FROM ${rows} GROUP BY ${by.join(", ")}`,
  );
  const fields: Field[] = [
    ...keys.map(plain),
    ...results.map(plain),
    { fpl: "window.start", sql: "window_start", type: "instant" },
    { fpl: "window.end", sql: "window_end", type: "instant" },
  ];
  return {
    table,
    fields,
    flat: true,
    tied: keys.length > 0,
    keys: changing ? null : keys.map(plain),
  };
}

/** The field alone, without what it was made from. */
export function plain({ fpl, sql, type, check, partner }: Field): Field {
  return {
    fpl,
    sql,
    type,
    ...(check === undefined ? {} : { check }),
    ...(partner === undefined ? {} : { partner }),
  };
}

function drawSession(draft: Draft, records: Records): Step {
  draft.shapes.add("session");
  const units = 2 + draft.random.int(10);
  const [gap, max] = [draft.duration(units), draft.duration(units + draft.random.int(40))];
  const options = drawOptions(draft, records, true);
  const grouping = drawGrouping(draft, records, true);
  const at = draft.tables.make(`SELECT *, ${options.at} AS _at FROM ${records.table}`);
  const isLate = `${JUDGED} > _at + ${options.graceMs}`;
  late(draft, records, options, `${at} WHERE ${isLate}`);
  const by = grouping.keys.map(({ from }) => from);
  const partition = by.length === 0 ? "" : `PARTITION BY ${by.join(", ")}`;
  const rows = draft.tables.make(
    `SELECT *, row_number() OVER (${partition} ORDER BY _at) AS _n, dense_rank() OVER (ORDER BY [${by
      .map((one) => `${one}::VARCHAR`)
      .join(", ")}]) AS _g FROM (${ranked(`${at} WHERE NOT (${isLate})`)})`,
  );
  const end = (of: string) => `least(${of}._last + ${gap.ms}, ${of}._ws + ${max.ms})`;
  const cut = draft.tables.make(
    `WITH RECURSIVE cut AS (
       SELECT _g, _n, _at AS _ws, _at AS _last FROM ${rows} WHERE _n = 1 UNION ALL
       SELECT r._g, r._n, CASE WHEN r._at < ${end("c")} THEN c._ws ELSE r._at END, r._at
       FROM cut c JOIN ${rows} r ON r._g = c._g AND r._n = c._n + 1)
     SELECT r.*, c._ws, least(max(c._last) OVER (PARTITION BY r._g, c._ws) + ${gap.ms}, c._ws + ${max.ms}) AS _we
     FROM ${rows} r JOIN cut c ON c._g = r._g AND c._n = r._n`,
  );
  return {
    fpl: `window session(gap: ${gap.fpl}, max: ${max.fpl}${options.fpl})\n  |> ${grouping.fpl}`,
    records: resultsOf(draft, cut, grouping, null),
  };
}

/** `top`: greatest first, null last, ties by key, null first. */
export function drawTop(draft: Draft, records: Records): Step | null {
  const { random } = draft;
  const by = pickField(random, records.fields, "num", "float", "text", "instant");
  if (records.keys === null || records.keys.length === 0 || by === null) return null;
  const per = random.chance(0.35)
    ? pickField(random, records.fields, "text", "num", "float", "bool")
    : null;
  draft.shapes.add(per === null ? "top" : "top per");
  const n = 1 + random.int(4);
  const keys = records.keys.map(({ sql }) => `${sql} ASC NULLS FIRST`).join(", ");
  const partition = ["_t", ...(per === null ? [] : [per.sql])].join(", ");
  const table = draft.tables.make(
    `SELECT * EXCLUDE (_place, _rank), [_rank - 1] AS _place FROM
       (SELECT *, row_number() OVER (PARTITION BY ${partition} ORDER BY ${by.sql} DESC NULLS LAST, ${keys}) AS _rank
        FROM ${records.table}) WHERE _rank <= ${n}`,
  );
  const option = per === null ? "" : `, per: ${per.fpl}`;
  return {
    fpl: `top(${n}, by: ${by.fpl}${option})`,
    records: { ...records, table, tied: per !== null, keys: null },
  };
}
