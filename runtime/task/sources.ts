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
  topicSubject,
  topicWatermarkSubject,
} from "../../plan/names.ts";
import type { Input, Stage } from "../../plan/plan.ts";
import { assignedPartitions } from "../../plan/targets.ts";
import { assert } from "../core/assert.ts";
import type { InputMessage } from "../core/message.ts";
import type { LogMessage } from "../ports.ts";

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
  const tokens = subject.split(".");
  return Number(subject.startsWith(FIREHOSE_PREFIX) ? tokens[2] : tokens.at(-1));
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
      return {
        stream: FIREHOSE_STREAM,
        subjects: assigned.flatMap((one) =>
          firehoseFilters(one, input.kinds, input.ops, input.collections),
        ),
        partitions: assigned,
        exclusive: false,
        toInput: (message) => fromFirehose(message, index, assigned.length),
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

/** `atproto.firehose.03.commit…`: the channel is the partition. */
function fromFirehose(message: LogMessage, input: number, channels: number): InputMessage {
  const partition = message.subject.split(".")[2];
  assert(partition !== undefined, `not a firehose subject: ${message.subject}`);
  return { ...common(message, input), channel: partition, channels, generation: 0 };
}

/** The channel is the producer, on each partition of a topic separately. */
function fromProducer(message: LogMessage, input: number, partitions: number): InputMessage {
  const from = message.headers.get(HEADER.from) ?? "";
  const producer = parseProducer(from);
  const partition = message.subject.slice(message.subject.lastIndexOf(".") + 1);
  const channels = partitions * (producer?.producers ?? 1);
  const generation = producer?.version ?? 0;
  return { ...common(message, input), channel: `${partition}:${from}`, channels, generation };
}

function common(message: LogMessage, input: number) {
  const watermark = message.headers.get(HEADER.watermark);
  return {
    input,
    watermarkMs: watermark === undefined ? null : Number(watermark),
    timeTrusted: !message.headers.has(HEADER.untrustedTime),
    payload: message.payload.length === 0 ? null : message.payload,
    subject: message.subject,
    seq: message.seq,
  };
}
