// Runs plans in this process, without a server: what `fpaas run` and the pipeline tests use. The same
// stage runners as when deployed; only the log between them is a function call.

import { firehoseFilters, HEADER, partitionToken, producerName } from "../plan/names.ts";
import type { Plan, Stage } from "../plan/plan.ts";
import {
  assignedPartitions,
  partitionsOf,
  producersOf,
  type Target,
  targetsOf,
} from "../plan/targets.ts";
import { assert } from "./core/assert.ts";
import { DRAIN, type DrainLimits } from "./core/drain-limits.ts";
import {
  type Counters,
  type InputMessage,
  type OutputMessage,
  operationOf,
  orderSeqOf,
} from "./core/message.ts";
import { StageRunner } from "./core/stage-runner.ts";
import { decodeRecords } from "./eval/codec.ts";
import type { Value } from "./eval/values.ts";
import { checkPartitions } from "./partition-check.ts";
import { subjectMatches } from "./subject-match.ts";

/** A message of the FIREHOSE stream as the shuffler makes it. */
export type FirehoseMessage = {
  readonly subject: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
};

/** Takes the records of a topic, a CBOR sequence of them at a time, in the topic's order. */
export type TopicReader = (topic: string, records: Uint8Array) => void;

/** Reads topics record by record. */
export function eachRecord(onRecord: (topic: string, record: Value) => void): TopicReader {
  return (topic, records) => {
    for (const record of decodeRecords(records)) onRecord(topic, record);
  };
}

/** Counters of one stage of one pipeline, summed over its partitions. */
export type StageCounters = { readonly pipeline: string; readonly stage: string } & Counters;

/**
 * Messages taken in between two rounds of passing output on: with a fourth of them, a stage behind an exchange of many
 * keys has left the cache whenever its next rows come, and takes a tenth longer.
 */
const ROUND_MESSAGES = 16_384;

export class PlanDriver {
  readonly #tasks: Task[];
  readonly #partitions: number;
  readonly #onRecords: TopicReader;
  /** Who reads a FIREHOSE subject; the number of distinct subjects is small. */
  readonly #readers = new Map<string, Reader[]>();
  #seq = 0;
  #said: Said = {
    headers: new Map(),
    watermarkMs: null,
    timeTrusted: true,
    operation: 0,
    orderSeq: null,
  };

  /**
   * @param plans run together: a topic of one may feed another.
   * @param partitions of the firehose, as the shuffler was given.
   * @param onRecords called with all records of every topic.
   * @param limits of each stage partition
   * @throws TooManyPartitions when a stage has more partitions than what it reads
   */
  constructor(
    plans: readonly Plan[],
    partitions: number,
    onRecords: TopicReader,
    limits: DrainLimits = DRAIN,
  ) {
    const topics = plans.flatMap((plan) => plan.topics);
    const topicPartitions = (name: string): number =>
      topics.find((topic) => topic.name === name)?.partitions ?? 0;
    for (const plan of plans) checkPartitions(plan, topicPartitions, partitions);
    this.#tasks = plans.flatMap((plan) =>
      plan.stages.flatMap((stage) => tasksOf(plan, stage, limits)),
    );
    this.#partitions = partitions;
    this.#onRecords = onRecords;
  }

  /** Takes one message of the firehose, and everything it sets off. */
  push(message: FirehoseMessage): void {
    exhaust(this.begin(message));
  }

  /**
   * As `push`. What it sets off may be more than should be in memory.
   * @returns null when the message is through; else what is to be gone through before the next message, with a pause
   * wherever records have been read
   */
  begin(message: FirehoseMessage): Iterable<void> | null {
    this.#seq += 1;
    const { watermarkMs, timeTrusted, operation, orderSeq } = this.#saidBy(message.headers);
    const readers = this.#readersOf(message.subject);
    for (const reader of readers) {
      reader.message.watermarkMs = watermarkMs;
      reader.message.timeTrusted = timeTrusted;
      reader.message.operation = operation;
      reader.message.orderSeq = orderSeq;
      reader.message.payload = message.payload.length === 0 ? null : message.payload;
      reader.message.subject = message.subject;
      reader.message.seq = this.#seq;
    }
    for (const reader of readers) {
      const { runner } = reader.task;
      runner.push(reader.message);
      if (runner.busy) return this.#finish(reader, readers);
    }
    return this.#seq % ROUND_MESSAGES === 0 ? this.flushing() : null;
  }

  /** Passes on everything that is waiting between stages, until nothing moves. */
  flush(): void {
    exhaust(this.flushing());
  }

  /** As `flush`, with pauses as those of `begin`. */
  *flushing(): Iterable<void> {
    for (let moved = true; moved; ) {
      moved = false;
      for (const task of this.#tasks) moved = (yield* this.#pass(task)) || moved;
    }
  }

  counters(): StageCounters[] {
    return this.#tasks.map((task) => ({
      pipeline: task.plan.pipeline,
      stage: task.stage.id,
      ...task.runner.counters,
    }));
  }

  /** The rest of what a message sets off, from the reader on that has it in hand. */
  *#finish(from: Reader, readers: readonly Reader[]): Iterable<void> {
    yield* this.#goOn(from.task);
    for (const { task, message } of readers.slice(readers.indexOf(from) + 1)) {
      yield* this.#push(task, message);
    }
  }

  *#pass(task: Task): Generator<void, boolean> {
    const { messages, watermarkMs } = task.runner.drain();
    task.runner.skipChanges(); // Nothing is checkpointed here.
    for (const one of messages) {
      const { target, partition, payload } = one;
      if (target.kind === "topic") {
        this.#onRecords(target.name, payload);
        yield;
      }
      yield* this.#deliver(task, target, partition, one, null);
    }
    const advanced = watermarkMs !== null && watermarkMs > task.sentWatermarkMs;
    if (advanced) yield* this.#announce(task, watermarkMs);
    return messages.length > 0 || advanced;
  }

  *#announce(task: Task, watermarkMs: number): Iterable<void> {
    task.sentWatermarkMs = watermarkMs;
    for (const target of task.targets) {
      const partitions = partitionsOf(task.plan, target);
      for (let i = 0; i < partitions; i += 1) {
        yield* this.#deliver(task, target, i, null, watermarkMs);
      }
    }
  }

  *#deliver(
    from: Task,
    target: Target,
    partition: number,
    records: Pick<OutputMessage, "payload" | "order"> | null,
    watermarkMs: number | null,
  ): Iterable<void> {
    const producers = producersOf(from.plan, target);
    const producer = producerName(1, from.stage.id, from.partition, producers);
    for (const { task, input, channels } of this.#consumers(from, target, partition, producers)) {
      const message: InputMessage = {
        input,
        channel: `${partitionToken(partition)}:${producer}`,
        channels,
        generation: 1,
        watermarkMs,
        timeTrusted: true,
        operation: 0,
        orderSeq: null,
        order: records?.order ?? null,
        payload: records?.payload ?? null,
        subject: `${target.kind} ${target.name}`,
        seq: this.#seq,
      };
      yield* this.#push(task, message);
    }
  }

  *#push(task: Task, message: InputMessage): Iterable<void> {
    task.runner.push(message);
    if (task.runner.busy) yield* this.#goOn(task);
  }

  /** What a message sets off is passed on a piece at a time, so that it need not fit in memory. */
  *#goOn(task: Task): Iterable<void> {
    while (task.runner.busy) {
      yield* this.#pass(task);
      task.runner.goOn();
    }
  }

  /** The tasks that read `partition` of `target`, with their input and its number of channels. */
  *#consumers(from: Task, target: Target, partition: number, producers: number) {
    for (const task of this.#tasks) {
      const { stage } = task;
      for (const [input, source] of stage.inputs.entries()) {
        if (source.kind === "exchange") {
          const mine = task.plan === from.plan && stage.id === target.name;
          if (target.kind !== "exchange" || !mine || task.partition !== partition) continue;
          yield { task, input, channels: producers };
        } else if (source.kind === "topic") {
          if (target.kind !== "topic" || source.topic !== target.name) continue;
          const partitions = partitionsOf(from.plan, target);
          const assigned = assignedPartitions(partitions, task.partition, stage.partitions);
          if (assigned.includes(partition)) {
            yield { task, input, channels: assigned.length * producers };
          }
        }
      }
    }
  }

  /** Most events share their headers: they are read once. */
  #saidBy(headers: ReadonlyMap<string, string>): Said {
    if (this.#said.headers !== headers) {
      this.#said = {
        headers,
        watermarkMs: watermarkOf(headers),
        timeTrusted: !headers.has(HEADER.untrustedTime),
        operation: operationOf(headers),
        orderSeq: orderSeqOf(headers),
      };
    }
    return this.#said;
  }

  #readersOf(subject: string): Reader[] {
    let readers = this.#readers.get(subject);
    if (readers === undefined) {
      readers = this.#tasks.flatMap((task) => readersIn(task, subject, this.#partitions));
      this.#readers.set(subject, readers);
    }
    return readers;
  }
}

function exhaust(rounds: Iterable<void> | null): void {
  if (rounds !== null) for (const _ of rounds);
}

/** What the headers of a FIREHOSE message say. */
type Said = Pick<InputMessage, "watermarkMs" | "timeTrusted" | "operation" | "orderSeq"> & {
  readonly headers: ReadonlyMap<string, string>;
};

/** One stage partition. */
type Task = {
  readonly plan: Plan;
  readonly stage: Stage;
  readonly partition: number;
  readonly runner: StageRunner;
  readonly targets: readonly Target[];
  sentWatermarkMs: number;
};

/** A task that reads a FIREHOSE subject. */
type Reader = {
  readonly task: Task;
  /** What it reads in turn: no stage keeps a message. */
  readonly message: { -readonly [P in keyof InputMessage]: InputMessage[P] };
};

function tasksOf(plan: Plan, stage: Stage, limits: DrainLimits): Task[] {
  const targets = targetsOf(plan, stage);
  return Array.from({ length: stage.partitions }, (_, partition) => ({
    plan,
    stage,
    partition,
    runner: new StageRunner(plan, stage, limits),
    targets,
    sentWatermarkMs: Number.NEGATIVE_INFINITY,
  }));
}

function readersIn(task: Task, subject: string, partitions: number): Reader[] {
  const { stage, partition } = task;
  const assigned = assignedPartitions(partitions, partition, stage.partitions);
  return stage.inputs.flatMap((input, index) => {
    if (input.kind !== "firehose") return [];
    const own = assigned.find((one) =>
      firehoseFilters(one, input.kinds, input.ops, input.collections).some((filter) =>
        subjectMatches(filter, subject),
      ),
    );
    if (own === undefined) return [];
    const message = {
      input: index,
      channel: partitionToken(own),
      channels: assigned.length,
      generation: 0,
      watermarkMs: null,
      timeTrusted: true,
      operation: 0,
      orderSeq: null,
      order: null,
      payload: null,
      subject,
      seq: 0,
    };
    return [{ task, message }];
  });
}

function watermarkOf(headers: ReadonlyMap<string, string>): number | null {
  const header = headers.get(HEADER.watermark);
  if (header === undefined) return null;
  const ms = Number(header);
  assert(Number.isSafeInteger(ms), `${HEADER.watermark} is ${header}`);
  return ms;
}
