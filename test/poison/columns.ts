// The columns of the table of poison: kinds of hostile records among good ones, what a program reads of them, and the
// same by plain code.

import { nestedLists, type PoisonFields, poisonRecord } from "../support/poison-records.ts";

/** What a program has of a record, or of an element of its list. */
export type Item = {
  readonly k: string;
  readonly v: unknown;
  readonly n: number;
  /** Whether a hostile record made it. */
  readonly hostile: boolean;
};

export type Column = {
  readonly name: string;
  /** The hostile records; their keys begin with `bad`, or are long. */
  readonly hostile: () => readonly Partial<PoisonFields>[];
  /** What is special about the good record of that number. */
  readonly good: (i: number) => Partial<PoisonFields>;
  /** Stages that make `k`, `v` and `n` of a record, and `h`, which is true where it is hostile. */
  readonly stages: string;
  /** The keys of a `reduce`, the first of which is `k`. */
  readonly by: string;
  readonly items: (fields: PoisonFields) => readonly Item[];
};

const LARGE_TEXT = 950_000;
const LARGE_TEXTS = 10;
const VALUES = 50_000;
const VALUE_LENGTH = 160;
/** Three more than three commits of a thousand take. */
const KEYS = 3003;
/** What a value of the deepest record becomes, and the records less deep than that. */
const DEPTH_MOST = 257;
const RECORD_LISTS_MAX = 63;
const DEPTHS = 8;
const WRAPS = DEPTH_MOST - RECORD_LISTS_MAX;
/** Lists that one expression puts around a value: it may be 200 deep. */
const WRAPS_AT_ONCE = WRAPS / 2;
const LONG_KEY = "\u0001".repeat(LARGE_TEXT);

const COPIES = 40;
/** Names that objects have anyway, what ends or matches subjects and lines, and what looks empty. */
const ODD_KEYS = [
  "",
  " ",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "null",
  "\u0000",
  "a.*.> b\r\nc",
  "\u{1f600}",
  "e\u0301",
  "\u00e9",
];
const WHOLE_NUMBERS = [-0, 0, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53) + 1, 1e21, -1e21];

const HOSTILE = "h: record.fields.h == 1";
const plain = ({ key, n, text, fields }: PoisonFields): readonly Item[] => [
  { k: key, v: text, n, hostile: fields.h === 1 },
];

const tooLarge: Column = {
  name: "too large",
  hostile: () =>
    Array.from({ length: LARGE_TEXTS }, (_, i) => ({
      key: "bad",
      text: String(i).padEnd(LARGE_TEXT, "x"),
    })),
  good: () => ({}),
  stages: `|> map { k: record.key, v: record.text, n: length(record.text), ${HOSTILE} }`,
  by: "k as k",
  items: (fields) => plain({ ...fields, n: fields.text.length }),
};

const tooManyValues: Column = {
  name: "too many values",
  hostile: () => [{ key: "bad", list: Array.from({ length: VALUES }, (_, i) => i) }],
  // Ahead of the hostile ones in a `top`.
  good: (i) => ({ list: [VALUES + i] }),
  stages: `|> unnest record.list as x
    |> map { k: record.key, v: pad_left(to_string(x), ${VALUE_LENGTH}, '0'), n: to_number(x), ${HOSTILE} }`,
  by: "k as k",
  items: ({ key, list, fields }) =>
    list.map((x) => ({
      k: key,
      v: String(x).padStart(VALUE_LENGTH, "0"),
      n: Number(x),
      hostile: fields.h === 1,
    })),
};

const tooManyKeys: Column = {
  name: "too many keys",
  hostile: () => [{ list: Array.from({ length: KEYS }, (_, i) => `bad${i}`) }],
  good: (i) => ({ list: [`good${i % 4}`] }),
  stages: `|> unnest record.list as x |> map { k: x, v: record.text, n: to_number(record.n), ${HOSTILE} }`,
  by: "k as k",
  items: (fields) => fields.list.flatMap((x) => plain({ ...fields, key: String(x) })),
};

const notFinite: Column = {
  name: "not finite",
  hostile: () => [1e308, 1e308, Number.MAX_VALUE, -1e308].map((n) => ({ key: "bad", n })),
  good: () => ({}),
  stages: `|> map { k: record.key, v: record.n, n: to_number(record.n), ${HOSTILE} }`,
  by: "k as k",
  items: (fields) => plain(fields).map((item) => ({ ...item, v: item.n })),
};

const tooDeep: Column = {
  name: "too deep",
  hostile: () =>
    Array.from({ length: DEPTHS }, (_, i) => ({
      key: `bad${i}`,
      nested: nestedLists(RECORD_LISTS_MAX - i),
    })),
  good: () => ({ nested: 1 }),
  stages: `|> let half = ${wrapped("record.nested")}
    |> map { k: record.key, v: record.untyped ?? ${wrapped("half")}, n: to_number(record.n), ${HOSTILE} }`,
  by: "k as k",
  items: (fields) =>
    plain(fields).map((item) => ({ ...item, v: nestedIn(fields.nested, 2 * WRAPS_AT_ONCE) })),
};

const tooLongKey: Column = {
  name: "too long a key",
  hostile: () => [{ key: LONG_KEY }, { key: `${LONG_KEY.slice(1)}z` }],
  good: () => ({}),
  stages: `|> map { k: record.key, v: record.text, n: to_number(record.n), ${HOSTILE} }`,
  by: "k as k",
  items: plain,
};

const twoLongKeys: Column = { ...tooLongKey, name: "two such keys", by: "{ k: k, k2: k }" };

const manyLarge: Column = {
  name: "many large ones",
  hostile: () => [
    {
      key: "bad",
      text: "x".repeat(LARGE_TEXT),
      list: Array.from({ length: COPIES }, (_, i) => i),
    },
  ],
  good: (i) => ({ list: [i] }),
  stages: `|> unnest record.list as x
    |> map { k: record.key, v: join('', [to_string(x), record.text]), n: to_number(x), ${HOSTILE} }`,
  by: "k as k",
  items: (fields) =>
    fields.list.flatMap((x) =>
      plain({ ...fields, text: `${String(x)}${fields.text}`, n: Number(x) }),
    ),
};

const oddKeys: Column = {
  name: "odd keys",
  hostile: () => ODD_KEYS.map((key) => ({ key, text: key })),
  good: () => ({}),
  stages: `|> map { k: record.key, v: record.text, n: to_number(record.n), ${HOSTILE} }`,
  by: "k as k",
  items: plain,
};

const awkwardNumbers: Column = {
  ...notFinite,
  name: "awkward numbers",
  hostile: () => WHOLE_NUMBERS.map((n) => ({ key: "bad", n })),
};

export const COLUMNS: readonly Column[] = [
  tooLarge,
  tooManyValues,
  tooManyKeys,
  notFinite,
  tooDeep,
  tooLongKey,
  twoLongKeys,
  manyLarge,
  oddKeys,
  awkwardNumbers,
];

const GOOD = 12;
const GOOD_KEYS = 4;

export type Case = {
  /** The good ones before, between and behind the hostile ones. */
  readonly all: readonly Placed[];
  readonly good: readonly Placed[];
};

/** A record at its place among all, of which its time is made. */
export type Placed = { readonly place: number; readonly fields: PoisonFields };

/** The records of a column. */
export function caseOf({ hostile, good }: Column): Case {
  const goodOnes = Array.from({ length: GOOD }, (_, i) => {
    const key = `good${i % GOOD_KEYS}`;
    return poisonRecord(`good ${i}`, { key, n: i + 1, text: `t${i % 3}`, ...good(i) }).fields;
  });
  const hostileOnes = hostile().map(
    (over, i) => poisonRecord(`bad ${i}`, { ...over, fields: { h: 1 } }).fields,
  );
  const third = GOOD / 3;
  const between = goodOnes.slice(third, 2 * third).flatMap((one, i) => {
    const each = Math.ceil(hostileOnes.length / third);
    return [...hostileOnes.slice(i * each, (i + 1) * each), one];
  });
  const all = [...goodOnes.slice(0, third), ...between, ...goodOnes.slice(2 * third)].map(
    (fields, place) => ({ place, fields }),
  );
  return { all, good: all.filter(({ fields }) => fields.fields.h !== 1) };
}

function wrapped(expression: string): string {
  return `${"[".repeat(WRAPS_AT_ONCE)}${expression}${"]".repeat(WRAPS_AT_ONCE)}`;
}

function nestedIn(value: unknown, levels: number): unknown {
  let nested = value;
  for (let i = 0; i < levels; i += 1) nested = [nested];
  return nested;
}
