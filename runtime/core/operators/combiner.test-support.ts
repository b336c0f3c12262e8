// Two stages with an exchange between them, for tests of what goes through it: `s0` reads events that have a key
// and a value, `s1` aggregates the values of each key and minute.

import { END_OF_TIME_MS } from "../../../plan/event.ts";
import type { Expr } from "../../../plan/expr.ts";
import type { Aggregate, AggregateKind, Op, Plan } from "../../../plan/plan.ts";
import { encodeRecord } from "../../eval/codec.ts";
import type { Value } from "../../eval/values.ts";
import { EncodedRows } from "../../eval/view/encoded-rows.ts";
import { DRAIN } from "../drain-limits.ts";
import type { InputMessage, OutputMessage } from "../message.ts";
import { StageRunner } from "../stage-runner.ts";
import { COMBINER, type CombinerLimits } from "./combiner.ts";

export const MINUTE_MS = 60_000;
export const T0 = Date.UTC(2026, 6, 4, 12);

/** What one event says. */
export type Said = { readonly key: Value; readonly value: Value; readonly timeMs: number };

export const COMBINED_KINDS: readonly AggregateKind[] = [
  { fn: "count" },
  { fn: "sum" },
  { fn: "avg" },
  { fn: "min" },
  { fn: "max" },
  { fn: "first" },
  { fn: "last" },
  { fn: "stddev" },
  { fn: "rate" },
];

/** With an aggregate whose rows have to come one by one, nothing is combined. */
export const ONE_BY_ONE: Aggregate = { name: "zz", fn: "distinct", cap: 1, column: null };

/** Every one of `kinds` over the value, and a count of rows. */
export function aggregatesOf(kinds: readonly AggregateKind[]): Aggregate[] {
  const named = kinds.map((kind, i) => ({ name: `a${i}`, column: 0, ...kind }));
  return [{ name: "n", fn: "count", column: null }, ...named];
}

const current = { k: "current" } as const;
const field = (name: string, of: Expr = current): Expr => ({ k: "field", of, name });
const said = (name: string): Expr => field(name, field("record"));

/** @param mapped whether records are objects when they come to the exchange, and not events */
export function planOf(aggregates: readonly Aggregate[], mapped = false, partitions = 1): Plan {
  const window = { kind: "hopping", sizeMs: MINUTE_MS, everyMs: MINUTE_MS, graceMs: 0 } as const;
  const map: Op = {
    op: "map",
    expr: { k: "object", entries: ["key", "value"].map((name) => ({ name, value: said(name) })) },
  };
  const read = mapped ? field : said;
  const columns = aggregates.some(({ column }) => column !== null) ? [read("value")] : [];
  return {
    format: 1,
    pipeline: "sums",
    params: {},
    topics: [
      { name: "answers", partitions: 1, role: "sink" },
      { name: "dlq", partitions: 1, role: "dead-letters" },
    ],
    deadLetters: { topic: "dlq", max: 1000 },
    stages: [
      {
        id: "s0",
        partitions: 1,
        inputs: [
          { kind: "firehose", kinds: ["commit"], collections: [], ops: [], start: { at: "first" } },
        ],
        ops: [
          ...(mapped ? [map] : []),
          { op: "window", window, on: field("time"), maxAheadMs: MINUTE_MS, late: null },
          { op: "exchange", to: "s1", keys: [read("key")], columns, seen: true },
        ],
      },
      {
        id: "s1",
        partitions,
        inputs: [{ kind: "exchange", from: ["s0"] }],
        ops: [
          { op: "reduce", window, keys: ["key"], aggregates },
          { op: "sink", topic: "answers", key: null },
        ],
      },
    ],
  };
}

export function runnerOf(
  plan: Plan,
  stage: number,
  combiner: CombinerLimits = COMBINER,
  drain = DRAIN,
): StageRunner {
  const found = plan.stages[stage];
  if (found === undefined) throw new Error(`no stage ${stage}`);
  return new StageRunner(plan, found, { ...drain, combiner });
}

const MESSAGE: Omit<InputMessage, "payload"> = {
  input: 0,
  channel: "one",
  channels: 1,
  generation: 1,
  watermarkMs: null,
  timeTrusted: false,
  operation: 0,
  orderSeq: null,
  order: null,
  subject: "test",
  seq: 1,
};

export function say(runner: StageRunner, { key, value, timeMs }: Said, seq: number): void {
  const event = { did: "did:plc:a", seq, time: timeMs, kind: "commit", op: "create" };
  const path = { collection: "a.b.c", rkey: "r", rev: "r", cid: null };
  runner.push({ ...MESSAGE, payload: encodeRecord({ ...event, ...path, record: { key, value } }) });
}

/** What comes of the messages of an exchange, as hex by topic. */
export function answersTo(plan: Plan, payloads: readonly Uint8Array[]): Record<string, string> {
  const runner = runnerOf(plan, 1);
  for (const payload of payloads) runner.push({ ...MESSAGE, payload });
  runner.push({ ...MESSAGE, payload: null, watermarkMs: END_OF_TIME_MS });
  const answers: Record<string, string> = { in: String(runner.counters.in) };
  for (const { target, payload } of runner.drain().messages) {
    answers[target.name] = (answers[target.name] ?? "") + Buffer.from(payload).toString("hex");
  }
  return answers;
}

/** How many rows there are in messages, and how many of them stand for several records. */
export function rowsOf(payloads: readonly Uint8Array[]): { rows: number; combined: number } {
  const encoded = new EncodedRows();
  if (!encoded.read(Buffer.concat(payloads))) throw new Error("what came is not rows");
  const rows = Array.from({ length: encoded.count }, (_, row) => encoded.isCombined(row));
  return { rows: rows.length, combined: rows.filter(Boolean).length };
}

export function payloadsOf(messages: readonly OutputMessage[]): Uint8Array[] {
  return messages.filter(({ target }) => target.kind === "exchange").map((one) => one.payload);
}
