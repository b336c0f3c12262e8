// Every hostile record that we know, through programs that put its awkward field in odd places: as a key, a rank, an
// instant, a list that is none, a pattern's text. In one process, by stage tasks, and by tasks that are killed.

import { hash } from "node:crypto";
import { expect, it } from "vitest";
import { lineOf } from "../support/poison-cases.ts";
import { poisonRecord, poisonRecords } from "../support/poison-records.ts";
import { WHOLE_BYTES } from "./cell.ts";
import { byDriver, byWorker, type Topics } from "./ways.ts";

const GOOD = 8;
const SEEDS = [null, 1, 2];
const HOUR = "|> window tumbling(size: 1h)";
const PROGRAMS: Readonly<Record<string, string>> = {
  "a rank that may be anything": `${HOUR} |> reduce by { k: record.key, v: record.text, n: record.n, f: record.nested } { c: count() } |> top(7, by: n)`,
  "a rank of texts": `${HOUR} |> reduce by { k: record.key, v: record.text } { c: count() } |> top(50, by: v, per: k)`,
  "a key that is nested": "|> map { k: record.nested, v: record.key }",
  "dedup that forgets":
    "|> map { k: record.key, v: record.nested, l: record.list } |> dedup(by: [k, v, l], within: 10m, cap: 5)",
  "keys that are forgotten by number":
    "|> reduce by record.key as k { v: last(record), c: count() } cap: 3 |> emit changes(every: 1s)",
  "keys that are forgotten by time":
    "|> reduce by record.key as k { v: last(record.text), l: collect(record.list, max: 100) } expire after 1s |> emit changes(every: 1s)",
  "groups by number": `${HOUR} |> reduce by record.n as k { c: count(), s: sum(to_number(record.n)), a: avg(to_number(record.n)), d: stddev(to_number(record.n)) }`,
  "one group of all": `${HOUR} |> reduce by 'all' as k { c: count(), a: avg(to_number(record.n)), q: quantiles(to_number(record.n), [0.0, 0.5, 1.0]), mi: min(record.n), ma: max(record.n) }`,
  "whole records in sessions":
    "|> window session(gap: 3s, max: 20s) |> reduce by 'all' as k { c: collect(record, max: 1000), f: first(record), l: last(record) }",
  "names of fields": "|> unnest keys(record.fields) as f |> map { k: record.key, f }",
  "texts that grow":
    "|> map { k: record.key, u: upper(record.text), w: replace(record.text, 'x', 'yy'), c: split(record.text, '') }",
  arithmetic:
    "|> map { k: record.key, a: to_number(record.n) ?? 0 } |> map { k, b: a * a, c: a + a, d: a % 7, e: a // 2 }",
  "instants far away": `|> window tumbling(size: 1h, on: time + (to_number(record.n) ?? 0) * 1ms, late: side('p.late')) |> reduce by record.key as k { c: count() }`,
  "instants that are none":
    "|> window hopping(size: 10s, every: 1s, on: record.n) |> reduce by record.key as k { c: count() }",
  "lists that are none": "|> unnest record.text as x |> map { k: record.key, x }",
  "lists in lists":
    "|> unnest record.list as x |> map { k: record.key, x, t: record.text } |> unnest [x, x] as y",
  "a record as a key": `${HOUR} |> reduce by record as k { c: count() }`,
  "a sample by record": "|> sample(50%, by: record) |> map { k: record.key, record }",
  "a pattern": "|> filter record.text matches r'^(x+)+y?$' |> map { k: record.key }",
  "sketches that change":
    "|> window hopping(size: 20s, every: 5s) |> reduce by record.key as k { d: distinct(record.list, cap: 3), a: approx_distinct(record), t: top_k(record.text, 3), r: rate() } |> emit changes(every: 2s)",
  "a chain of windows": `${HOUR} |> reduce by record.key as k { v: last(record.text) } ${HOUR} |> reduce by k as k { v: collect(v, max: 9) }`,
};

function placed() {
  const hostile = poisonRecords();
  const good = Array.from({ length: GOOD }, (_, n) =>
    poisonRecord(`good${n % 2}`, { n, text: `t${n}`, list: [n] }),
  );
  const half = hostile.length >> 1;
  const [before, between] = [good.slice(0, 3), good.slice(3, 4)];
  const all = [...before, ...hostile.slice(0, half), ...between, ...hostile.slice(half)];
  return [...all, ...good.slice(4)].map(({ fields }, place) => ({ place, fields }));
}

/** How often each record is there; by digest, for they are large. */
function digestsOf(topics: Topics): string[] {
  return [...topics]
    .flatMap(([topic, records]) =>
      records.map((record) => `${topic} ${hash("sha256", lineOf(topic, record), "base64")}`),
    )
    .sort();
}

it.each(Object.entries(PROGRAMS))("%s: the same by every way", async (_, stages) => {
  const text = `pipeline p { options { partitions: 2 }
    from firehose('com.example.poison') start at first ${stages} |> to topic('p.out', key: k) }`;
  const given = placed();
  const expected = digestsOf(byDriver(text, given));
  expect(expected.length).toBeGreaterThan(0);
  for (const seed of SEEDS) {
    const { topics } = await byWorker(text, given, WHOLE_BYTES, seed);
    expect(digestsOf(topics)).toEqual(expected);
  }
});
