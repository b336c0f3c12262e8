// A source that was through before a stage begins again on it: the message that said so stands before the place
// where the stage goes on, and nobody says it twice. So it is told to the stage at its beginning.
//
// Of the firehose that message is the last of its partition. A topic has several producers, each of which ends for
// itself: which of them have is in the checkpoints of the tasks that have read it.

import type { Deployment, TaskId } from "../../plan/deployment.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import {
  FIREHOSE_STREAM,
  HEADER,
  topicWatermarkSubject,
  watermarkSubject,
} from "../../plan/names.ts";
import type { Input } from "../../plan/plan.ts";
import type { Progress } from "../core/stage-runner.ts";
import type { Log, LogMessage } from "../ports.ts";
import { checkpointSubjects, readCheckpoint } from "../task/checkpoint.ts";
import { type Fenced, readerIn } from "./positions.ts";

/** By partition of a source, the messages that have ended it. */
export type Ends = readonly (readonly LogMessage[])[];

/**
 * What had ended for the version before, whose place this one goes on at.
 * @param startSeqs by partition, the first sequence that is read
 */
export async function endsOf(
  input: Input,
  deployment: Deployment,
  startSeqs: readonly number[],
  fenced: readonly Fenced[],
  log: Log,
): Promise<Ends> {
  const { handover } = deployment;
  if (handover?.begin.at !== "seam" || handover.from === null) return [];
  const { from } = handover;
  switch (input.kind) {
    case "exchange":
      return [];
    case "firehose":
      return readsFirehose(from) ? await firehoseEnds(deployment, startSeqs, log) : [];
    case "topic":
      return await topicEnds(input, deployment, from, fenced, log);
  }
}

function readsFirehose({ plan }: Deployment): boolean {
  return plan.stages.some(({ inputs }) => inputs.some(({ kind }) => kind === "firehose"));
}

async function firehoseEnds(
  { firehosePartitions }: Deployment,
  startSeqs: readonly number[],
  log: Log,
): Promise<Ends> {
  const partitions = Array.from({ length: firehosePartitions }, (_, partition) => partition);
  return await Promise.all(
    partitions.map(async (partition) => {
      const last = await log.last(FIREHOSE_STREAM, watermarkSubject(partition));
      if (last === null || last.seq >= (startSeqs[partition] ?? 1)) return [];
      return Number(last.headers.get(HEADER.watermark)) === END_OF_TIME_MS ? [last] : [];
    }),
  );
}

/** Of each producer that a reader of the old version has seen the end of, the message that said so. */
async function topicEnds(
  input: Extract<Input, { kind: "topic" }>,
  deployment: Deployment,
  from: Deployment,
  fenced: readonly Fenced[],
  log: Log,
): Promise<Ends> {
  const { owner, partitions } = deployment.topics[input.topic] ?? { owner: null, partitions: 0 };
  const reader = readerIn(from, input, deployment);
  const ends: LogMessage[][] = Array.from({ length: partitions }, () => []);
  if (reader === null || owner === null) return ends;
  for (const { task, checkpoint } of fenced) {
    if (task.stage !== reader.stage || checkpoint === null) continue;
    // What is too large for the checkpoint stands beside it.
    const progress = checkpoint.progress ?? (await progressApart(from, task, log));
    for (const [channel, ms] of progress?.watermarks.inputs[reader.index]?.channels ?? []) {
      if (ms < END_OF_TIME_MS) continue;
      const [partition, producer] = partsOf(channel);
      ends[partition]?.push(
        endMessage(topicWatermarkSubject(owner, input.topic, partition), producer),
      );
    }
  }
  return ends;
}

/** Progress that is too large for its checkpoint stands beside it. */
async function progressApart(from: Deployment, task: TaskId, log: Log): Promise<Progress | null> {
  return (await readCheckpoint(log, checkpointSubjects(from, task)))?.checkpoint.progress ?? null;
}

/** `03:v1.s0.02/4`, as `sourcesOf` names the channels of a topic. */
function partsOf(channel: string): [partition: number, producer: string] {
  const colon = channel.indexOf(":");
  return [Number(channel.slice(0, colon)), channel.slice(colon + 1)];
}

function endMessage(subject: string, producer: string): LogMessage {
  const headers = new Map([
    [HEADER.from, producer],
    [HEADER.watermark, String(END_OF_TIME_MS)],
  ]);
  return { subject, seq: 0, headers, payload: new Uint8Array() };
}
