// Some of the nasty programs in plain loops over the stored firehose: they judge the run in one process, which
// judges the deployed programs.

import type { Json } from "../../../plan/expr.ts";
import {
  firstOfEach,
  groupBy,
  iso,
  sessionsOf,
  type WindowOf,
  windowFields,
  windowsOf,
} from "../../simulation/naive.ts";
import { canonical } from "../../support/difference.ts";
import { text } from "../../support/reference.ts";
import { exactSum } from "./exact.ts";

/** An event that the programs read, and where its partition had come to with it. */
export type PlainSeen = {
  readonly did: string;
  readonly seq: number;
  readonly operation: number;
  readonly timeMs: number;
  readonly seenMs: number;
  readonly watermarkMs: number;
  readonly record: Readonly<Record<string, Json>>;
};

type Fields = Readonly<Record<string, unknown>>;

/** The topics of which a plain loop knows every result, and the fields that it knows of it. */
export const PLAIN_FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["nasty.each", ["did", "seq", "item", "k", "n", "x", "time"]],
  ["nasty.dedup_keys", ["did", "item", "k", "time"]],
  ["nasty.tumbling", ["k", "n", "s", "window", "time"]],
  ["nasty.hopping", ["post", "accounts", "s", "window", "time"]],
  ["nasty.unnested", ["label", "n", "s", "window", "time"]],
  ["nasty.sessions", ["did", "n", "first", "last", "s", "window", "time"]],
]);

const SECOND_MS = 1000;
const TUMBLING = { sizeMs: 5 * SECOND_MS, everyMs: 5 * SECOND_MS, graceMs: 2 * SECOND_MS };
const HOPPING = { sizeMs: 20 * SECOND_MS, everyMs: 5 * SECOND_MS, graceMs: SECOND_MS };
const SESSION = { gapMs: 4 * SECOND_MS, maxMs: 30 * SECOND_MS, graceMs: 3 * SECOND_MS };
const WITHIN_MS = 20 * SECOND_MS;

/** Of each of these topics what it must hold; a result with a sum beyond a double is put aside. */
export function plainTopics(seen: readonly PlainSeen[]): ReadonlyMap<string, readonly Fields[]> {
  const labels = seen.flatMap(unnest);
  return new Map([
    ["nasty.each", seen.map(printEach)],
    ["nasty.dedup_keys", firstOfEach(seen, keyOf, WITHIN_MS).map(printFirst)],
    ["nasty.tumbling", windowsOf(seen, TUMBLING).flatMap(keyRows).filter(hasSum)],
    ["nasty.hopping", windowsOf(seen, HOPPING).flatMap(postRows).filter(hasSum)],
    ["nasty.unnested", windowsOf(labels, TUMBLING).flatMap(labelRows).filter(hasSum)],
    ["nasty.sessions", groupBy(seen, didOf).flatMap(sessionRows).filter(hasSum)],
  ]);
}

function printEach({ did, seq, timeMs, record }: PlainSeen): Fields {
  const { item, k, n, x } = record;
  return { did, seq, item, k, n: n ?? null, x, time: iso(timeMs) };
}

function printFirst({ did, timeMs, record }: PlainSeen): Fields {
  return { did, item: record.item, k: record.k, time: iso(timeMs) };
}

type Row = Fields & { readonly s: number };

function hasSum({ s }: Row): boolean {
  return Number.isFinite(s);
}

function sumOf(items: readonly PlainSeen[]): number {
  return exactSum(items.flatMap(({ record }) => (typeof record.n === "number" ? [record.n] : [])));
}

function keyRows(window: WindowOf<PlainSeen>): Row[] {
  return groupBy(window.items, keyOf).map(([, items]) => ({
    k: items[0]?.record.k,
    n: items.length,
    s: sumOf(items),
    ...windowFields(window),
  }));
}

function postRows(window: WindowOf<PlainSeen>): Row[] {
  return groupBy(window.items, ({ record }) => text(record.post)).map(([post, items]) => ({
    post,
    accounts: new Set(items.map(didOf)).size,
    s: sumOf(items),
    ...windowFields(window),
  }));
}

function sessionRows([did, own]: [string, PlainSeen[]]): Row[] {
  return sessionsOf(own, SESSION).map((session) => ({
    did,
    n: session.items.length,
    first: itemsOf(session)[0],
    last: itemsOf(session).at(-1),
    s: sumOf(session.items),
    ...windowFields(session),
  }));
}

type Label = PlainSeen & { readonly label: Json };

function unnest(one: PlainSeen): Label[] {
  const { list } = one.record;
  return Array.isArray(list) ? list.map((label: Json) => ({ ...one, label })) : [];
}

function labelRows(window: WindowOf<Label>): Row[] {
  return groupBy(window.items, ({ label }) => canonical(label)).map(([, items]) => ({
    label: items[0]?.label,
    n: items.length,
    s: sumOf(items),
    ...windowFields(window),
  }));
}

/** In the order of arrival. */
function itemsOf({ items }: WindowOf<PlainSeen>): unknown[] {
  const ordered = items.toSorted(
    (a, b) => a.seenMs - b.seenMs || a.seq - b.seq || a.operation - b.operation,
  );
  return ordered.map(({ record }) => record.item);
}

function keyOf({ record }: PlainSeen): string {
  return canonical(record.k);
}

function didOf({ did }: PlainSeen): string {
  return did;
}
