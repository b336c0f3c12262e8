// Where records come from: the firehose, topics, and unions of them.

import type { Draft, Expected, Step } from "./draft.ts";
import type { Field } from "./fields.ts";
import { text } from "./sql.ts";
import { COLLECTIONS, DELAY_MS, pick } from "./tape.ts";

const EVENT_FIELDS: readonly Field[] = [
  { fpl: "did", sql: "did", type: "text" },
  { fpl: "seq", sql: "seq", type: "num" },
  { fpl: "kind", sql: "kind", type: "text" },
  { fpl: "op", sql: "op", type: "text" },
  { fpl: "collection", sql: "collection", type: "text" },
  { fpl: "rkey", sql: "rkey", type: "text" },
  { fpl: "uri", sql: "uri", type: "text" },
  { fpl: "record.s", sql: "s", type: "text" },
  { fpl: "record.n", sql: "n", type: "num" },
  { fpl: "record.x", sql: "x", type: "float", exact: "x56" },
  { fpl: "record.b", sql: "b", type: "bool" },
  { fpl: "record.l", sql: "l", type: "texts" },
  { fpl: "record.m", sql: "m", type: "nums" },
];
const ACCOUNT_FIELDS: readonly Field[] = [
  { fpl: "handle", sql: "handle", type: "text" },
  { fpl: "active", sql: "active", type: "bool" },
];
const COLUMNS = `did, did_hash, seq::DOUBLE AS seq, kind, op, collection, rkey, handle, active, s, n, x, x56, b, l, m, u, u_is_text,
  CASE WHEN kind = 'commit' THEN 'at://' || did || '/' || collection || '/' || rkey END AS uri`;

/** `seen` is the greatest time on the partition, as far as the stage was told. */
function firehose({ reads, startMs }: Read, input: number | null): string {
  const place = input === null ? "[place]" : `[place, ${input}]`;
  const before = "PARTITION BY part ORDER BY pos ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING";
  return `SELECT t AS _t, greatest(t, coalesce(before + ${DELAY_MS}, t)) AS _seen, seq AS _seq, ${place} AS _place,
      ${COLUMNS}
    FROM (SELECT *, max(coalesce(w, t - ${DELAY_MS})) OVER (${before}) AS before
      FROM tape WHERE w IS NOT NULL OR (${reads}))
    WHERE w IS NULL AND t >= ${startMs}`;
}

type Read = {
  readonly fpl: string;
  /** What it reads of the tape, which moves what it knows of the time; earlier than its start is dropped then. */
  readonly reads: string;
  readonly startMs: number;
  readonly fields: readonly Field[];
};

/** A source of the firehose, from a start of its own or from the first event. */
function drawFirehose(draft: Draft): Read {
  const events = drawEvents(draft);
  if (draft.random.chance(0.9)) return { ...events, startMs: 0 };
  draft.shapes.add("start");
  const startMs = Date.UTC(2026, 6, 4, 12, 0, draft.random.int(40));
  return {
    ...events,
    fpl: `${events.fpl} start at t'${new Date(startMs).toISOString()}'`,
    startMs,
  };
}

function drawEvents(draft: Draft): Omit<Read, "startMs"> {
  const { random } = draft;
  const all = [...EVENT_FIELDS, ...ACCOUNT_FIELDS];
  if (random.chance(0.2)) return { fpl: "firehose()", reads: "true", fields: all };
  if (random.chance(0.1)) {
    const kind = pick(random, ["identity", "account"]);
    return {
      fpl: `events('${kind}')`,
      reads: `kind = '${kind}'`,
      fields: [...ACCOUNT_FIELDS, ...EVENT_FIELDS.slice(0, 2)],
    };
  }
  const wanted = COLLECTIONS.filter(() => random.chance(0.6));
  const names = wanted.length === 0 ? [...COLLECTIONS] : wanted;
  return {
    fpl: `firehose(${names.map(text).join(", ")})`,
    reads: `collection IN (${names.map(text).join(", ")})`,
    fields: EVENT_FIELDS,
  };
}

function single(draft: Draft): Step {
  const source = drawFirehose(draft);
  const { fpl, reads, fields } = source;
  const op =
    reads === "true" || !fpl.startsWith("firehose")
      ? null
      : pick(draft.random, ["create", "delete", null, null]);
  const filter = op === null ? "" : `\n  |> filter op == '${op}'`;
  const read = op === null ? reads : `${reads} AND op = '${op}'`;
  draft.shapes.add(fpl.startsWith("events") ? "account events" : "firehose");
  const table = draft.tables.make(firehose({ ...source, reads: read }, null));
  return {
    fpl: `${fpl}${filter}`,
    records: { table, fields, flat: false, tied: false, keys: null },
  };
}

/** Two sources of the firehose as they are. */
function unionOfEvents(draft: Draft): Step {
  const reads = [drawFirehose(draft), drawFirehose(draft)];
  const fields = EVENT_FIELDS.filter(({ sql }) =>
    reads.every((read) => read.fields.some((one) => one.sql === sql)),
  );
  draft.shapes.add("union of the firehose");
  const table = draft.tables.make(reads.map((read, i) => firehose(read, i)).join(" UNION ALL "));
  const fpl = `union { ${reads.map((read) => read.fpl).join(", ")} }`;
  return { fpl, records: { table, fields, flat: false, tied: false, keys: null } };
}

function topic(draft: Draft, { topic: name, records }: Expected): Step {
  draft.shapes.add("topic");
  return { fpl: `topic('${name}')`, records: { ...records, keys: null } };
}

/** Two topics, the second under a name of its own. */
function unionOfTopics(draft: Draft, [a, b]: readonly [Expected, Expected]): Step {
  draft.shapes.add("union of topics");
  const as = draft.name("q");
  const renamed = b.records.fields.map((field) => ({
    ...field,
    fpl: `${as}.${field.fpl}`,
    sql: `${as}_${field.sql}`,
  }));
  const order = (i: number) => `_t, _seen, _seq, list_append(_place, ${i}) AS _place`;
  const columns = b.records.fields.map(({ sql }) => `${sql} AS ${as}_${sql}`).join(", ");
  const table = draft.tables.make(
    `SELECT ${order(0)}, * EXCLUDE (_t, _seen, _seq, _place) FROM ${a.records.table}
     UNION ALL BY NAME SELECT ${order(1)}, ${columns} FROM ${b.records.table}`,
  );
  const fields = [...a.records.fields, ...renamed].filter(({ type }) => type !== "final");
  const tied = a.records.tied || b.records.tied || a.topic === b.topic;
  return {
    fpl: `union { topic('${a.topic}'), topic('${b.topic}') as ${as} }`,
    records: { table, fields, flat: false, tied, keys: null },
  };
}

/** What a pipeline reads: the firehose, or topics that pipelines before it made. */
export function drawSource(draft: Draft): Step {
  const { random, expected } = draft;
  const topics = expected.filter(({ records }) => records.fields.length > 0);
  if (topics.length > 0 && random.chance(0.8)) {
    const [a, b] = [pick(random, topics), pick(random, topics)];
    return a !== b && random.chance(0.3) ? unionOfTopics(draft, [a, b]) : topic(draft, a);
  }
  // What the two inputs of a union know of a partition is the same only where each is told.
  return draft.told && random.chance(0.15) ? unionOfEvents(draft) : single(draft);
}
