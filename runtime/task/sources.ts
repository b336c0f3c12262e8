// From a task's inputs to what it reads: streams, subjects, and which channel a message belongs to.

import { type Deployment, lineageOf, type TaskId } from "../../plan/deployment.ts";
import {
  bucketStream,
  exchangeSubject,
  FIREHOSE_PREFIX,
  FIREHOSE_STREAM,
  firehoseFilters,
  HEADER,
  parseProducer,
  partitionToken,
  topicSubject,
  topicWatermarkSubject,
} from "../../plan/names.ts";
import type { Input, Stage } from "../../plan/plan.ts";
import { assignedPartitions } from "../../plan/targets.ts";
import { assert } from "../core/assert.ts";
import { type InputMessage, operationOf, orderSeqOf } from "../core/message.ts";
import type { LogMessage } from "../ports.ts";

const ZERO = "0".charCodeAt(0);

/** One input of a task: what to read, and how to hand a message to the stage runner. */
export type TaskSource = {
  readonly stream: string;
  readonly subjects: readonly string[];
  /** The partitions of the source that this task reads. */
  readonly partitions: readonly number[];
  /** True when this task is the only reader, so what it has processed may be deleted. */
  readonly exclusive: boolean;
  readonly toInput: (message: LogMessage) => InputMessage;
};

/** The sources of a task, one for each input of its stage; one without subjects has nothing to read. */
export function sourcesOf(deployment: Deployment, task: TaskId, stage: Stage): TaskSource[] {
  return stage.inputs.map((input, index) => sourceOf(deployment, task, stage, input, index));
}

/** Whether the message stands before where its partition starts (`Checkpoint.startSeqs`). */
export function isBeforeStart({ subject, seq }: LogMessage, startSeqs: readonly number[]): boolean {
  return seq < (startSeqs[partitionIn(subject)] ?? 0);
}

/** `atproto.firehose.03.commit…`, `fpl.0.local.p.t.topic.03`. */
function partitionIn(subject: string): number {
  if (subject.startsWith(FIREHOSE_PREFIX)) return firehosePartitionIn(subject);
  return Number(subject.slice(subject.lastIndexOf(".") + 1));
}

/** Read digit by digit, as it is for every event; NaN when there is none. */
function firehosePartitionIn(subject: string): number {
  const start = FIREHOSE_PREFIX.length;
  let partition = 0;
  for (let i = start; ; i += 1) {
    const digit = subject.charCodeAt(i) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return i === start ? Number.NaN : partition;
    partition = partition * 10 + digit;
  }
}

function sourceOf(
  deployment: Deployment,
  task: TaskId,
  stage: Stage,
  input: Input,
  index: number,
): TaskSource {
  switch (input.kind) {
    case "firehose": {
      const count = deployment.firehosePartitions;
      const assigned = assignedPartitions(count, task.partition, stage.partitions);
      const tokens = Array.from({ length: count }, (_, partition) => partitionToken(partition));
      return {
        stream: FIREHOSE_STREAM,
        subjects: assigned.flatMap((one) =>
          firehoseFilters(one, input.kinds, input.ops, input.collections),
        ),
        partitions: assigned,
        exclusive: false,
        toInput: (message) => fromFirehose(message, index, assigned.length, tokens),
      };
    }
    case "exchange": {
      const { address } = deployment;
      const lineage = lineageOf(deployment, stage.id);
      return {
        stream: bucketStream(address.bucket),
        subjects: [exchangeSubject(address, lineage, task.partition)],
        partitions: [task.partition],
        exclusive: true,
        toInput: (message) => fromProducer(message, index, 1),
      };
    }
    case "topic": {
      const topic = deployment.topics[input.topic];
      assert(topic !== undefined, `deployment does not say where topic ${input.topic} is`);
      const assigned = assignedPartitions(topic.partitions, task.partition, stage.partitions);
      return {
        stream: bucketStream(topic.owner.bucket),
        subjects: assigned.flatMap((one) => [
          topicSubject(topic.owner, input.topic, one),
          topicWatermarkSubject(topic.owner, input.topic, one),
        ]),
        partitions: assigned,
        exclusive: false,
        toInput: (message) => fromProducer(message, index, assigned.length),
      };
    }
  }
}

/** `atproto.firehose.03.commit…`: the channel is the partition. @param tokens by partition */
function fromFirehose(
  message: LogMessage,
  input: number,
  channels: number,
  tokens: readonly string[],
): InputMessage {
  const { subject, seq, headers, payload } = message;
  const channel = tokens[firehosePartitionIn(subject)];
  assert(channel !== undefined, `not a firehose subject: ${subject}`);
  const isEvent = payload.length > 0;
  return {
    input,
    channel,
    channels,
    generation: 0,
    watermarkMs: isEvent ? null : watermarkOf(headers),
    timeTrusted: !headers.has(HEADER.untrustedTime),
    operation: operationOf(headers),
    orderSeq: orderSeqOf(headers),
    order: null,
    payload: isEvent ? payload : null,
    subject,
    seq,
  };
}

/** Of what is no event. */
const NO_ARRIVAL = { operation: 0, orderSeq: null } as const;

/** The channel is the producer, on each partition of a topic separately. */
function fromProducer(message: LogMessage, input: number, partitions: number): InputMessage {
  const from = message.headers.get(HEADER.from) ?? "";
  const producer = parseProducer(from);
  const partition = message.subject.slice(message.subject.lastIndexOf(".") + 1);
  const channels = partitions * (producer?.producers ?? 1);
  const generation = producer?.version ?? 0;
  const order = message.headers.get(HEADER.order) ?? null;
  const channel = `${partition}:${from}`;
  return { ...common(message, input), channel, channels, generation, ...NO_ARRIVAL, order };
}

function common({ headers, payload, subject, seq }: LogMessage, input: number) {
  return {
    input,
    watermarkMs: watermarkOf(headers),
    timeTrusted: !headers.has(HEADER.untrustedTime),
    payload: payload.length === 0 ? null : payload,
    subject,
    seq,
  };
}

function watermarkOf(headers: ReadonlyMap<string, string>): number | null {
  const watermark = headers.get(HEADER.watermark);
  return watermark === undefined ? null : Number(watermark);
}
