// Aggregates in both languages. `_o` is a record's place in the order; equal only where nothing is asked of it.

import type { Random } from "../../runtime/testing/random.ts";
import { type Both, type Check, type Field, type FieldType, pickField } from "./fields.ts";
import { pick } from "./tape.ts";

export type Aggregate = Both & { readonly check?: Check };

export type Offer = {
  readonly random: Random;
  readonly fields: readonly Field[];
  /** Whether the records have an order that `first`, `last` and `collect` can go by. */
  readonly ordered: boolean;
  /** Whether there is a window, with columns `_ws` and `_we`. */
  readonly windowed: boolean;
};

type Draw = (offer: Offer) => Aggregate | null;

const ANY: readonly FieldType[] = ["text", "num", "float", "bool", "instant"];

function of(...types: readonly FieldType[]) {
  return ({ random, fields }: Offer): Field | null => pickField(random, fields, ...types);
}
const anything = of(...ANY);
const something = of(...ANY, "texts", "nums");
const number = of("num", "float");
const whole = of("num");

const count: Draw = () => ({ fpl: "count()", sql: "count(*)::DOUBLE", type: "num" });

const countOf: Draw = (offer) => {
  const x = something(offer);
  return x && { fpl: `count(${x.fpl})`, sql: `count(${x.sql})::DOUBLE`, type: "num" };
};

/** A number that SQL adds exactly. */
function addend(offer: Offer): Field | null {
  const fields = offer.fields.filter(({ type, exact }) => type !== "float" || exact !== undefined);
  return number({ ...offer, fields });
}

const sum: Draw = (offer) => {
  const x = addend(offer);
  if (x === null) return null;
  if (x.exact !== undefined) {
    const sql = `coalesce(sum(${x.exact}), 0::HUGEINT)`;
    return { fpl: `sum(${x.fpl})`, sql, type: "final", check: "exact sum" };
  }
  return { fpl: `sum(${x.fpl})`, sql: `coalesce(sum(${x.sql}), 0)`, type: "num" };
};

const avg: Draw = (offer) => {
  const x = addend(offer);
  if (x === null) return null;
  if (x.exact !== undefined) {
    const sql = `{'sum': sum(${x.exact}), 'n': count(${x.sql})}`;
    return { fpl: `avg(${x.fpl})`, sql, type: "final", check: "exact average" };
  }
  return { fpl: `avg(${x.fpl})`, sql: `sum(${x.sql}) / count(${x.sql})`, type: "final" };
};

const combined: Draw = (offer) => {
  const x = whole(offer);
  if (x === null) return null;
  const sql = `coalesce(sum(${x.sql}), 0) + 2 * count(*)::DOUBLE`;
  return { fpl: `sum(${x.fpl}) + 2 * count()`, sql, type: "num" };
};

function extreme(name: "min" | "max"): Draw {
  return (offer) => {
    const x = of("text", "num", "float", "instant")(offer);
    return x && { fpl: `${name}(${x.fpl})`, sql: `${name}(${x.sql})`, type: x.type };
  };
}

function edge(name: "first" | "last"): Draw {
  return (offer) => {
    const x = offer.ordered ? anything(offer) : null;
    if (x === null) return null;
    const sql = `${name}(${x.sql} ORDER BY _o) FILTER (${x.sql} IS NOT NULL)`;
    return { fpl: `${name}(${x.fpl})`, sql, type: x.type };
  };
}

const collect: Draw = (offer) => {
  const x = offer.ordered ? of("text", "num", "float", "bool")(offer) : null;
  if (x === null) return null;
  const max = 1 + offer.random.int(6);
  const all = `list(${x.sql} ORDER BY _o) FILTER (${x.sql} IS NOT NULL)`;
  const type = x.type === "text" ? "texts" : x.type === "num" ? "nums" : "final";
  return { fpl: `collect(${x.fpl}, max: ${max})`, sql: `coalesce((${all})[1:${max}], [])`, type };
};

const distinct: Draw = (offer) => {
  const x = something(offer);
  const cap = pick(offer.random, [1, 2, 3, 1000]);
  const sql = x && `least(count(DISTINCT ${x.sql}), ${cap})::DOUBLE`;
  return x && { fpl: `distinct(${x.fpl}, cap: ${cap})`, sql: sql ?? "", type: "num" };
};

const approxDistinct: Draw = (offer) => {
  const x = something(offer);
  const sql = `count(DISTINCT ${x?.sql})::DOUBLE`;
  return x && { fpl: `approx_distinct(${x.fpl})`, sql, type: "final", check: "approximate" };
};

const stddev: Draw = (offer) => {
  const x = whole(offer);
  return (
    x && {
      fpl: `stddev(${x.fpl})`,
      sql: `stddev_samp(${x.sql})`,
      type: "final",
      check: "deviation",
    }
  );
};

/** The value of rank ⌊q·(n − 1)⌋, of which the answer is within 1 %. */
function ranked(x: Field, q: number): string {
  const sorted = `list(${x.sql} ORDER BY ${x.sql}) FILTER (${x.sql} IS NOT NULL)`;
  return `(${sorted})[1 + floor(${q}::DOUBLE * (count(${x.sql}) - 1))::BIGINT]`;
}

const quantile: Draw = (offer) => {
  const x = number(offer);
  if (x === null) return null;
  const q = pick(offer.random, [0, 0.5, 0.9, 1]);
  return { fpl: `quantile(${x.fpl}, ${q})`, sql: ranked(x, q), type: "final", check: "quantile" };
};

const quantiles: Draw = (offer) => {
  const x = number(offer);
  if (x === null) return null;
  const sql = `[${ranked(x, 0.25)}, ${ranked(x, 0.75)}]`;
  return { fpl: `quantiles(${x.fpl}, [0.25, 0.75])`, sql, type: "final", check: "quantiles" };
};

/** The limit, and all values with how often each came: which of equals are named is left open. */
const topK: Draw = (offer) => {
  const x = of("text", "num", "float")(offer);
  if (x === null) return null;
  const k = 1 + offer.random.int(4);
  const sql = `{'k': ${k}, 'all': coalesce(map_entries(histogram(${x.sql})), [])}`;
  return { fpl: `top_k(${x.fpl}, ${k})`, sql, type: "final", check: "top_k" };
};

const rate: Draw = (offer) => {
  if (!offer.windowed) return null;
  const x = offer.random.chance(0.5) ? something(offer) : null;
  const sql = `count(${x?.sql ?? "*"})::DOUBLE / (any_value(_we - _ws)::DOUBLE / 1000::DOUBLE)`;
  return { fpl: `rate(${x?.fpl ?? ""})`, sql, type: "final" };
};

const DRAWS: Readonly<Record<string, Draw>> = {
  count,
  "count of": countOf,
  sum,
  avg,
  combined,
  min: extreme("min"),
  max: extreme("max"),
  first: edge("first"),
  last: edge("last"),
  collect,
  distinct,
  approx_distinct: approxDistinct,
  stddev,
  quantile,
  quantiles,
  top_k: topK,
  rate,
};

/** One of the aggregates, with its name for the statistics. */
export function drawAggregate(offer: Offer): Aggregate & { readonly shape: string } {
  const shape = pick(offer.random, Object.keys(DRAWS));
  const aggregate = DRAWS[shape]?.(offer) ?? null;
  if (aggregate !== null) return { ...aggregate, shape };
  return { fpl: "count()", sql: "count(*)::DOUBLE", type: "num", shape: "count" };
}
