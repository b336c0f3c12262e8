// What one record makes goes out piece by piece. However small the pieces are, and even if the stage is stored and
// restored after each of them, what comes is what comes in one piece.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { HEADER } from "../../plan/names.ts";
import type { Plan } from "../../plan/plan.ts";
import { DRAIN, type DrainLimits } from "../../runtime/core/drain-limits.ts";
import { type InputMessage, operationOf, orderSeqOf } from "../../runtime/core/message.ts";
import { type Progress, StageRunner } from "../../runtime/core/stage-runner.ts";
import { decodeRecords, encodeRecord } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { OrderReader, OrderWriter } from "../../runtime/eval/order-header.ts";
import { Instant, isRecord, type Value } from "../../runtime/eval/values.ts";
import { timeOf } from "../../runtime/eval/view/records.ts";
import { decodeCheckpoint, encodeStored } from "../../runtime/task/stored.ts";
import { madeItems } from "../support/made-events.ts";
import { shuffled } from "../support/run-plan.ts";

const T0 = Date.UTC(2026, 6, 4, 12);
/** Every record is drained alone, and no message holds two. */
const TINY: DrainLimits = { ...DRAIN, bytes: 1, messages: 1, pieces: 1 };

const PROGRAMS = [
  `unnest record.lists as list |> unnest list as x |> map { x, n: record.n, time }`,
  `filter record.n > 1 |> unnest record.lists as list |> let n = length(list) |> unnest list as x |> map { x: x + n, time }`,
  `branch {
     when record.n == 1 => |> unnest record.lists as list |> map { list, time } |> to topic('t')
     when record.n == 2 => |> unnest record.lists as list |> unnest list as x |> map { x, y: record.n, time } |> to topic('u')
     else => |> map { n: record.n, time } |> to topic('v')
   }`,
  `unnest record.lists as list |> unnest list as x |> map { y: 1 / x, time }`,
  `unnest record.lists as list |> unnest list as x |> map { x, time } |> to topic('a') |> to feed('b', rank: x)`,
];

function planOf(text: string): Plan {
  const { plans, diagnostics } = compile({ file: "test.fpl", text });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(errors).toEqual([]);
  const [plan] = plans;
  if (plan === undefined) throw new Error("no plan");
  return plan;
}

/** The first stage of the plan, stored and restored after every drain if it is to be. */
class Stage {
  readonly #plan: Plan;
  readonly #limits: DrainLimits;
  readonly #restarts: boolean;
  #runner: StageRunner;
  /** By topic: between two drains topics are not in order. */
  readonly lines = new Map<string, string[]>();
  /** Drains in the middle of a message. */
  pauses = 0;

  constructor(plan: Plan, limits: DrainLimits, restarts: boolean) {
    this.#plan = plan;
    this.#limits = limits;
    this.#restarts = restarts;
    this.#runner = this.#fresh();
  }

  get counters() {
    return this.#runner.counters;
  }

  push(message: InputMessage): void {
    this.#runner.push(message);
    this.#drain();
    while (this.#runner.busy) {
      this.pauses += 1;
      if (this.#restarts) this.#restart(message);
      this.#runner.goOn();
      this.#drain();
    }
  }

  #restart(message: InputMessage): void {
    const { unfinished } = this.#runner;
    const progress = throughLog(this.#runner.progress());
    this.#runner = this.#fresh();
    this.#runner.resume(progress);
    while (this.#runner.busy) {
      this.#runner.goOn();
      this.#drain();
    }
    if (unfinished === null) return;
    expect(unfinished).toMatchObject({ input: message.input, seq: message.seq });
    this.#runner.push(message);
    this.#drain();
  }

  #fresh(): StageRunner {
    const [stage] = this.#plan.stages;
    if (stage === undefined) throw new Error("no stage");
    return new StageRunner(this.#plan, stage, this.#limits);
  }

  #drain(): void {
    for (const { target, payload, order } of this.#runner.drain().messages) {
      const orders = new OrderReader();
      orders.open(order);
      for (const record of decodeRecords(payload)) {
        const at = { seenMs: 0, seq: 0, place: [] };
        orders.next(at, isRecord(record) ? timeOf(record) : 0);
        const lines = this.lines.get(target.name) ?? [];
        lines.push(JSON.stringify([toJson(record), at]));
        this.lines.set(target.name, lines);
      }
    }
  }
}

/** As a checkpoint stores it. */
function throughLog(progress: Progress): Progress {
  const rest = { deployment: "d", inSeqs: [1], startSeqs: [[]], epoch: 0, baseEpoch: 0 };
  const stored = decodeCheckpoint(encodeStored({ ...rest, progress })).progress;
  if (stored === null) throw new Error("no progress");
  return stored;
}

function expectSame(plan: Plan, messages: readonly InputMessage[]): number {
  const whole = new Stage(plan, DRAIN, false);
  const paused = new Stage(plan, TINY, false);
  const restarted = new Stage(plan, TINY, true);
  for (const message of messages) for (const one of [whole, paused, restarted]) one.push(message);
  expect(whole.pauses).toBe(0);
  expect(paused.lines).toEqual(whole.lines);
  expect(restarted.lines).toEqual(whole.lines);
  expect(restarted.counters).toEqual(whole.counters);
  return restarted.pauses;
}

const lists = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }), {
  maxLength: 5,
});
const records = fc.array(fc.record({ n: fc.integer({ min: 1, max: 3 }), lists }), {
  minLength: 1,
  maxLength: 4,
});

function eventsOf(made: readonly { n: number; lists: number[][] }[]): InputMessage[] {
  const items = madeItems(
    made.map((record, i) => ({ did: "did:plc:one", timeMs: T0 + i, record })),
  );
  return [...shuffled(items)]
    .filter(({ payload }) => payload.length > 0)
    .map(({ subject, headers, payload }, i) => ({
      input: 0,
      channel: "p00",
      channels: 1,
      generation: 0,
      watermarkMs: null,
      operation: operationOf(headers),
      orderSeq: orderSeqOf(headers),
      order: null,
      timeTrusted: !headers.has(HEADER.untrustedTime),
      payload,
      subject,
      seq: i + 1,
    }));
}

/** All of them in one message of a topic. */
function topicMessage(values: readonly Value[]): InputMessage {
  const writer = new OrderWriter();
  for (const [i] of values.entries()) {
    writer.add({ seenMs: T0 + 1000 + i, seq: i + 1, place: [i] }, T0);
  }
  return {
    input: 0,
    channel: "p00:v1.s0.00/1",
    channels: 1,
    generation: 1,
    watermarkMs: null,
    operation: 0,
    orderSeq: null,
    order: writer.take(),
    timeTrusted: true,
    payload: Buffer.concat(values.map(encodeRecord)),
    subject: "topic t",
    seq: 7,
  };
}

describe("what one record makes", () => {
  it.each(PROGRAMS)("comes piece by piece as it comes at once: %s", (stages) => {
    const sink = stages.includes("branch") ? "" : "|> to topic('t')";
    const plan = planOf(`pipeline p { from firehose('com.example.post') |> ${stages} ${sink} }`);
    let pauses = 0;
    fc.assert(
      fc.property(records, (made) => {
        pauses += expectSame(plan, eventsOf(made));
      }),
    );
    expect(pauses).toBeGreaterThan(100);
  });

  it("comes so behind the records of a topic's message before it", () => {
    const plan = planOf(`
      pipeline q { from topic('t') |> unnest lists as list |> unnest list as x |> map { n, x: 6 / x, time } |> to topic('u') }
    `);
    let pauses = 0;
    fc.assert(
      fc.property(records, (made) => {
        const time = new Instant(T0);
        const timed = made.map((record, i) => (i === 2 ? { ...record } : { ...record, time }));
        pauses += expectSame(plan, [topicMessage(timed), { ...topicMessage([]), seq: 8 }]);
      }),
    );
    expect(pauses).toBeGreaterThan(100);
  });
});
