// The fields a record has at some point of a random program, with how each is written in the language and in SQL,
// and random expressions over them.

import type { Random } from "../../runtime/testing/random.ts";
import { pick } from "./tape.ts";

/** A `num` is small and whole, so that SQL adds it exactly; a `float` is any number. `final` values are results that only the comparison reads: see `compare.ts`. */
export type FieldType = "text" | "num" | "float" | "bool" | "instant" | "texts" | "nums" | "final";

/** How a result is compared; what has none is compared exactly. */
export type Check =
  | "exact sum"
  | "exact average"
  | "quantile"
  | "quantiles"
  | "top_k"
  | "approximate"
  | "deviation"
  | "first of equals"
  | "last of equals"
  | "partner";

export type Field = {
  /** A path: `record.n`. */
  readonly fpl: string;
  /** A column. */
  readonly sql: string;
  readonly type: FieldType;
  readonly check?: Check;
  /** Of equals: the field whose value must come from the same record. */
  readonly partner?: string;
  /** The column that has a number as an integer multiple of 2^-56, for sums without rounding. */
  readonly exact?: string;
};

/** An expression in both languages. */
export type Both = { readonly fpl: string; readonly sql: string; readonly type: FieldType };

export const TIME: Field = { fpl: "time", sql: "_t", type: "instant" };

export function ofType(fields: readonly Field[], ...types: readonly FieldType[]): Field[] {
  return fields.filter(({ type }) => types.includes(type));
}

/** One of the fields of these types; null when there is none. */
export function pickField(
  random: Random,
  fields: readonly Field[],
  ...types: readonly FieldType[]
): Field | null {
  const fitting = ofType(fields, ...types);
  return fitting.length === 0 ? null : pick(random, fitting);
}

/** What every program begins with: a parameter, a constant and a function, which expressions use. */
export const PREAMBLE = "param least: int = 2\nlet $yes = 'yes'\nfn bump(x) = (x ?? 0) + 1\n";
const LEAST = 2;
const TEXT_LITERALS = ["a", "b", "é", "ab", "😀", "did:plc:3", "com.example.beta", "create"];

/** A condition; null counts as false where it filters, in both languages. */
export function drawCondition(random: Random, fields: readonly Field[]): Both {
  const one = drawComparison(random, fields);
  const roll = random.next();
  if (roll < 0.6) return one;
  const other = drawComparison(random, fields);
  if (roll < 0.72) return condition(`${one.fpl} && ${other.fpl}`, `${one.sql} AND ${other.sql}`);
  if (roll < 0.86) return condition(`${one.fpl} || ${other.fpl}`, `${one.sql} OR ${other.sql}`);
  return condition(`!${one.fpl}`, `NOT coalesce(${one.sql}, false)`);
}

function condition(fpl: string, sql: string): Both {
  return { fpl: `(${fpl})`, sql: `(${sql})`, type: "bool" };
}

function drawComparison(random: Random, fields: readonly Field[]): Both {
  const field =
    pickField(random, fields, "text", "num", "float", "bool", "texts", "nums", "instant") ?? TIME;
  const { fpl, sql } = field;
  if (random.chance(0.2)) return condition(`${fpl} != null`, `${sql} IS NOT NULL`);
  switch (field.type) {
    case "text":
      return ofText(random, field);
    case "num":
    case "float": {
      const op = pick(random, ["<", "<=", ">", ">=", "=="]);
      const literal = random.int(6) - 1;
      const written = literal === LEAST ? "$least" : literal;
      return condition(`${fpl} ${op} ${written}`, `${sql} ${op} ${literal}`);
    }
    case "bool":
      return condition(`${fpl} == true`, `${sql} = true`);
    case "texts": {
      const literal = pick(random, TEXT_LITERALS);
      const has = `coalesce(list_contains(${sql}, '${literal}'), false)`;
      return condition(`${fpl} has '${literal}'`, has);
    }
    case "nums": {
      const literal = random.int(4);
      return condition(
        `${fpl} has ${literal}`,
        `coalesce(list_contains(${sql}, ${literal}), false)`,
      );
    }
    case "instant":
    case "final":
      return condition(`${fpl} > t'2026-01-01T00:00:00Z'`, `${sql} > ${Date.UTC(2026, 0, 1)}`);
  }
}

function ofText(random: Random, { fpl, sql }: Field): Both {
  const literal = pick(random, TEXT_LITERALS);
  const roll = random.next();
  if (roll < 0.4)
    return condition(`${fpl} != '${literal}'`, `${sql} IS DISTINCT FROM '${literal}'`);
  if (roll < 0.6) return condition(`${fpl} == '${literal}'`, `${sql} = '${literal}'`);
  if (roll < 0.8) return condition(`${fpl} < '${literal}'`, `${sql} < '${literal}'`);
  const has = `coalesce(contains(${sql}, '${literal}'), false)`;
  return condition(`${fpl} has '${literal}'`, has);
}

/** A value for a new field. */
export function drawValue(random: Random, fields: readonly Field[]): Both {
  const draws = [drawNumber, drawText, drawChoice, drawInstant, plain, plain];
  return pick(random, draws)(random, fields);
}

function plain(random: Random, fields: readonly Field[]): Both {
  return pickField(random, fields, "text", "num", "float", "bool", "texts", "nums") ?? TIME;
}

function drawNumber(random: Random, fields: readonly Field[]): Both {
  const field = pickField(random, fields, "num");
  if (field === null) return { fpl: "7", sql: "7::DOUBLE", type: "num" };
  if (random.chance(0.2))
    return { fpl: `bump(${field.fpl})`, sql: `coalesce(${field.sql}, 0) + 1`, type: "num" };
  const [by, plus] = [1 + random.int(3), random.int(9) - 4];
  return {
    fpl: `(${field.fpl} ?? 0) * ${by} + ${plus}`,
    sql: `coalesce(${field.sql}, 0) * ${by} + ${plus}`,
    type: "num",
  };
}

function drawText(random: Random, fields: readonly Field[]): Both {
  const field = pickField(random, fields, "text");
  if (field === null) return { fpl: "'none'", sql: "'none'", type: "text" };
  if (random.chance(0.3)) {
    return {
      fpl: `length(${field.fpl} ?? '')`,
      sql: `length(coalesce(${field.sql}, ''))::DOUBLE`,
      type: "num",
    };
  }
  return { fpl: `${field.fpl} ?? 'none'`, sql: `coalesce(${field.sql}, 'none')`, type: "text" };
}

function drawChoice(random: Random, fields: readonly Field[]): Both {
  const test = drawCondition(random, fields);
  return {
    fpl: `${test.fpl} ? $yes : 'no'`,
    sql: `CASE WHEN ${test.sql} THEN 'yes' ELSE 'no' END`,
    type: "text",
  };
}

/** Arithmetic on an instant that may be null is refused when it is compiled: only `time` never is. */
function drawInstant(random: Random, fields: readonly Field[]): Both {
  const seconds = 1 + random.int(9);
  const ms = seconds * 1000;
  if (random.chance(0.5)) {
    return { fpl: `time - ${seconds}s`, sql: `${TIME.sql} - ${ms}`, type: "instant" };
  }
  const { fpl, sql } = pickField(random, [...fields, TIME], "instant") ?? TIME;
  return { fpl: `bucket(${fpl}, ${seconds}s)`, sql: `${sql} // ${ms} * ${ms}`, type: "instant" };
}
