// What a stage gives away (rows, sums, state, results) against a naive encoder, wherever in the memory that they are
// gathered in they come to lie.

import { expect, it } from "vitest";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import { ascii, TEXTS } from "../../test/support/cbor-cases.ts";
import { type NaiveItem, naiveCbor, Tagged } from "../../test/support/naive-cbor.ts";
import { cleanBytes, sameBytes } from "../../test/support/poisoned-buffers.ts";
import { decodeRecords } from "../eval/codec.ts";
import { isRecord } from "../eval/values.ts";
import {
  aggregatesOf,
  MINUTE_MS,
  ONE_BY_ONE,
  payloadsOf,
  planOf,
  runnerOf,
  say,
  T0,
} from "./operators/combiner.test-support.ts";

/** Memory is 1024 bytes at first, and twice as much each time: what comes first takes every number of them up to here. */
const FILLS_MAX = 1100;
const KEYS = ["天気", "été", "plain", "é".repeat(12), ascii(23), ascii(24), "🙂".repeat(33)];

// What is on the wire, part by part.
const rowOf = (timeMs: number, seq: number, key: string, value: NaiveItem): NaiveItem => {
  return [timeMs, [-timeMs, seq, 0], [key], [value]]; // Nothing was seen: no time is trusted here.
};
const sumOf = (key: string, count: number): NaiveItem => [T0, 0, [key], [count], count];
const stateOf = (key: string, count: number): NaiveItem => [[key], count, true];

function check(payloads: readonly Uint8Array[], expected: readonly NaiveItem[], message: string) {
  const [all, wanted] = [Buffer.concat(payloads), Buffer.concat(expected.map(naiveCbor))];
  if (!sameBytes(all, wanted)) expect(all, message).toEqual(wanted);
  expect(wanted.length).toBeGreaterThan(0);
}

it.each([false, true])("rows, at every fill (of records that are objects: %s)", (mapped) => {
  const plan = planOf([...aggregatesOf([{ fn: "sum" }]), ONE_BY_ONE], mapped);
  for (let fill = 0; fill <= FILLS_MAX; fill += 1) {
    const keys = [
      ascii(fill),
      KEYS[fill % KEYS.length] ?? "",
      KEYS[(fill + 1) % KEYS.length] ?? "",
    ];
    const payloads = cleanBytes(() => {
      const runner = runnerOf(plan, 0);
      for (const [seq, key] of keys.entries())
        say(runner, { key, value: seq + 0.5, timeMs: T0 }, seq + 1);
      return payloadsOf(runner.drain().messages);
    });
    const rows = keys.map((key, seq) => rowOf(T0, seq + 1, key, seq + 0.5));
    check(payloads, rows, `fill ${fill}`);
  }
});

it("sums of rows, state and results, at every fill", () => {
  const plan = planOf(aggregatesOf([]));
  for (let fill = 0; fill <= FILLS_MAX; fill += 1) {
    const keys = [...new Set([ascii(fill), ...KEYS])];
    const [sums, state, results] = [0, 1, 2].map((which) =>
      cleanBytes(() => countedOf(plan, keys)[which] ?? []),
    );
    check(
      sums ?? [],
      keys.map((key) => sumOf(key, 2)),
      `sums, fill ${fill}`,
    );
    check(
      state ?? [],
      keys.map((key) => stateOf(key, 2)),
      `state, fill ${fill}`,
    );
    check(results ?? [], inOrder(results ?? [], keys).map(resultOf), `results, fill ${fill}`);
  }
});

it("rows of every text, as key and as value", () => {
  const plan = planOf([...aggregatesOf([{ fn: "last" }]), ONE_BY_ONE]);
  const payloads = cleanBytes(() => {
    const runner = runnerOf(plan, 0);
    for (const [seq, text] of TEXTS.entries()) {
      say(runner, { key: text, value: [text, { [text]: text }], timeMs: T0 + seq }, seq + 1);
    }
    return payloadsOf(runner.drain().messages);
  });
  const rows = TEXTS.map((text, seq) =>
    rowOf(T0 + seq, seq + 1, text, [text, new Map([[text, text]])]),
  );
  check(payloads, rows, "all texts");
});

/** What the stages give away where each key comes twice: sums of rows, state, results. */
function countedOf(plan: ReturnType<typeof planOf>, keys: readonly string[]): Uint8Array[][] {
  const [first, second] = [runnerOf(plan, 0), runnerOf(plan, 1)];
  for (const [seq, key] of [...keys, ...keys].entries()) {
    say(first, { key, value: null, timeMs: T0 }, seq);
  }
  const sums = payloadsOf(first.drain().messages);
  const message = { input: 0, channel: "one", channels: 1, generation: 1, timeTrusted: false };
  const order = { operation: 0, orderSeq: null, order: null };
  const place = { subject: "test", seq: 1 };
  for (const payload of sums)
    second.push({ ...message, ...order, ...place, payload, watermarkMs: null });
  const state = [...second.changes()].flatMap(({ value }) => (value === null ? [] : [value]));
  second.push({ ...message, ...order, ...place, payload: null, watermarkMs: END_OF_TIME_MS });
  return [sums, state, second.drain().messages.map(({ payload }) => payload)];
}

/** The keys, which are as many, in the order of the results: that is not what is tested here. */
function inOrder(results: readonly Uint8Array[], keys: readonly string[]): string[] {
  const records = results.flatMap(decodeRecords).filter(isRecord);
  return keys.toSorted(
    (a, b) => records.findIndex(({ key }) => key === a) - records.findIndex(({ key }) => key === b),
  );
}

function resultOf(key: string): NaiveItem {
  const instant = (ms: number) => new Tagged(1, ms / 1000);
  const window = new Map([
    ["start", instant(T0)],
    ["end", instant(T0 + MINUTE_MS)],
  ]);
  const fields: [string, NaiveItem][] = [
    ["key", key],
    ["n", 2],
    ["window", window],
    ["time", instant(T0 + MINUTE_MS - 1)],
  ];
  return new Map(fields);
}
