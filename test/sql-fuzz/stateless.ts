// Stages without state, in both languages.

import type { Draft, Records, Step } from "./draft.ts";
import { drawCondition, drawValue, type Field, ofType, pickField } from "./fields.ts";

type Draw = (draft: Draft, records: Records) => Step | null;

const MAP_FIELDS_MAX = 5;

export const drawFilter: Draw = (draft, records) => {
  draft.shapes.add("filter");
  const { fpl, sql } = drawCondition(draft.random, records.fields);
  const table = draft.tables.make(`SELECT * FROM ${records.table} WHERE ${sql}`);
  return { fpl: `filter ${fpl}`, records: { ...records, table } };
};

export const drawLet: Draw = (draft, records) => {
  draft.shapes.add("let");
  const name = draft.name("v");
  const { fpl, sql, type } = drawValue(draft.random, records.fields);
  const table = draft.tables.make(`SELECT *, ${sql} AS ${name} FROM ${records.table}`);
  const fields = [...records.fields, { fpl: name, sql: name, type }];
  return { fpl: `let ${name} = ${fpl}`, records: { ...records, table, fields } };
};

export const drawUnnest: Draw = (draft, records) => {
  const list = pickField(draft.random, records.fields, "texts", "nums");
  if (list === null) return null;
  draft.shapes.add("unnest");
  const name = draft.name("e");
  const table = unnested(draft, records.table, list.sql, name);
  const type = list.type === "texts" ? "text" : "num";
  const fields = [...records.fields, { fpl: name, sql: name, type } as const];
  return {
    fpl: `unnest ${list.fpl} as ${name}`,
    records: { ...records, table, fields, keys: null },
  };
};

/** Of a list or a string: a string goes to dead letters. */
export const drawUnnestOfEither: Draw = (draft, records) => {
  if (!records.fields.some(({ fpl }) => fpl === "record.s")) return null;
  draft.shapes.add("dead letters");
  const name = draft.name("e");
  draft.count("deadLetters", `SELECT count(*) FROM ${records.table} WHERE u_is_text`);
  const lists = draft.tables.make(
    `SELECT * FROM ${records.table} WHERE NOT coalesce(u_is_text, false)`,
  );
  const table = unnested(draft, lists, "u", name);
  const fields = [...records.fields, { fpl: name, sql: name, type: "text" } as const];
  return { fpl: `unnest record.u as ${name}`, records: { ...records, table, fields, keys: null } };
};

function unnested(draft: Draft, table: string, list: string, name: string): string {
  return draft.tables.make(
    `SELECT * EXCLUDE (_place, _i), list_append(_place, _i) AS _place FROM
       (SELECT *, unnest(${list}) AS ${name}, unnest(range(len(${list}))) AS _i FROM ${table})`,
  );
}

/** By account: records behind a `map` do not say whose they are. */
export const drawSample: Draw = (draft, records) => {
  if (!records.fields.some(({ fpl }) => fpl === "record.s")) return null;
  draft.shapes.add("sample");
  const percent = 30 + draft.random.int(60);
  const table = draft.tables.make(
    `SELECT * FROM ${records.table} WHERE did_hash < ${Math.floor((percent / 100) * 2 ** 53)}`,
  );
  return { fpl: `sample(${percent}%, by: did)`, records: { ...records, table } };
};

export const drawMap: Draw = (draft, records) => {
  draft.shapes.add("map");
  const { random } = draft;
  const usable = ofType(records.fields, "text", "num", "float", "bool", "instant", "texts", "nums");
  const chosen = usable.filter(() => random.chance(0.5)).slice(0, MAP_FIELDS_MAX - 1);
  const values = [...chosen, drawValue(random, records.fields)].map((value) => {
    return { ...value, name: draft.name("m") };
  });
  const backS = random.chance(0.1) ? 1 + random.int(5) : 0;
  if (backS > 0) draft.shapes.add("map with a time of its own");
  const time = backS === 0 ? "" : `, time: time - ${backS}s`;
  const columns = values.map(({ sql, name }) => `${sql} AS ${name}`).join(", ");
  const table = draft.tables.make(
    `SELECT _t - ${backS * 1000} AS _t, _seen, _seq, _place, ${columns} FROM ${records.table}`,
  );
  const fields = values.map(({ name, type }): Field => ({ fpl: name, sql: name, type }));
  const entries = values.map(({ name, fpl }) => `${name}: ${fpl}`).join(", ");
  return {
    fpl: `map { ${entries}${time} }`,
    records: { ...records, table, fields, flat: true, keys: null },
  };
};
