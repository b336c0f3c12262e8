// From one version to the next without a gap and without a double. Nothing of the new version runs yet.
//
// 0. A task that is in the middle of a record, some of whose results are out, is brought to its end.
// 1. Every task of the old version is fenced: its checkpoint is written again, unchanged but for the
//    deployment it names. Whatever the task was about to commit is refused; what it had committed stands.
// 2. A stage that keeps its state goes on with that very checkpoint, and with its exchange as it stands.
// 3. A stage that begins again gets a first checkpoint: its sources go on where the old version's tasks have
//    stopped, each partition from its own place; a source that nobody has read starts where the plan says.
//
// *Invariant*: all of it may be done twice, so that a deploy that was cut short is finished by the next.

import {
  type Deployment,
  deploymentId,
  lineageOf,
  stageOf,
  type TaskId,
  tasksOf,
} from "../../plan/deployment.ts";
import type { Input, Start } from "../../plan/plan.ts";
import { type CrashPoints, NO_CRASH_POINTS } from "../crash-points.ts";
import { DeploymentConflict } from "../deployments.ts";
import { type Log, type LogAppend, type LogMessage, LogUnavailable } from "../ports.ts";
import {
  type CheckpointSubjects,
  checkpointMessage,
  checkpointSubjects,
  tombstoneMessage,
} from "../task/checkpoint.ts";
import { finishRecord } from "../task/finish-record.ts";
import { firstCheckpoint, startOf } from "../task/first-checkpoint.ts";
import { sourcesOf } from "../task/sources.ts";
import { type CheckpointRecord, decodeCheckpoint } from "../task/stored.ts";
import { endsOf } from "./ends.ts";
import { type Fenced, positionsOf, readerIn } from "./positions.ts";
import { startSeqOf } from "./start.ts";

/** How often a task may commit between our look and our fence. Each try takes milliseconds. */
export const FENCE_TRIES_MAX = 100;
/** How long one write of a handover may take. */
const COMMIT_PATIENCE_MS = 30_000;

/**
 * Fences the version before and makes the checkpoints of this one.
 * @throws LogUnavailable when the log does not answer, or a task would not be fenced
 */
export async function handOver(
  deployment: Deployment,
  log: Log,
  crash = NO_CRASH_POINTS,
): Promise<void> {
  const from = deployment.handover?.from ?? null;
  const fenced = from === null ? [] : await fenceInto(from, deployment, log, crash);
  crash.at("handover fenced, plan not written");
  for (const stage of deployment.plan.stages) {
    if (from !== null && isKept(deployment, from, stage.id)) continue;
    const startSeqs = await Promise.all(
      stage.inputs.map((input) => startSeqsOf(input, deployment, fenced, log)),
    );
    const ends = await Promise.all(
      stage.inputs.map((input, i) => endsOf(input, deployment, startSeqs[i] ?? [], fenced, log)),
    );
    for (const task of tasksOf(deployment).filter((one) => one.stage === stage.id)) {
      await create(deployment, task, firstCheckpoint(deployment, task, startSeqs, ends), log);
      crash.at("first checkpoint made");
    }
  }
}

/**
 * Fences every task for good, in favour of nobody.
 * @throws as `handOver`
 */
export async function fenceForGood(deployment: Deployment, log: Log): Promise<void> {
  for (const task of tasksOf(deployment)) {
    const at = checkpointSubjects(deployment, task);
    await overwriteLast(at, (last) => tombstoneMessage(at, last.seq), log);
  }
}

async function fenceInto(
  from: Deployment,
  to: Deployment,
  log: Log,
  crash: CrashPoints,
): Promise<Fenced[]> {
  const fenced: Fenced[] = [];
  for (const task of tasksOf(from)) {
    const at = checkpointSubjects(from, task);
    await finishOrLeave(from, task, log, crash);
    let checkpoint: CheckpointRecord | null = null;
    const fence = (last: LogMessage): LogAppend => {
      checkpoint = fencedCheckpoint(decodeCheckpoint(last.payload), task, from, to);
      return checkpointMessage(at, checkpoint, last.seq);
    };
    await overwriteLast(at, fence, log);
    fenced.push({ task, checkpoint });
    crash.at("task fenced");
  }
  return fenced;
}

/** A task that fails in the middle of a record is fenced there: its next version reads that record anew. */
async function finishOrLeave(
  from: Deployment,
  task: TaskId,
  log: Log,
  crash: CrashPoints,
): Promise<void> {
  try {
    await finishRecord(from, task, log, crash);
  } catch (error) {
    if (error instanceof LogUnavailable) throw error;
  }
}

/** Puts a message in place of the last checkpoint, whatever it is by then; nothing where there is none. */
async function overwriteLast(
  { stream, checkpoint }: CheckpointSubjects,
  messageFor: (last: LogMessage) => LogAppend,
  log: Log,
): Promise<void> {
  for (let tries = 0; tries < FENCE_TRIES_MAX; tries += 1) {
    const last = await log.last(stream, checkpoint);
    if (last === null || (await write(stream, messageFor(last), log))) return;
  }
  throw new LogUnavailable(`${checkpoint}: its task commits too fast to be fenced`);
}

/** The old checkpoint as the new version goes on with it. */
function fencedCheckpoint(
  checkpoint: CheckpointRecord,
  task: TaskId,
  from: Deployment,
  to: Deployment,
): CheckpointRecord {
  const deployment = deploymentId(to);
  const keeper = keeperOf(to, from, task.stage);
  if (keeper === null) return { ...checkpoint, deployment };
  const { inputs } = stageOf(to, keeper);
  const sources = sourcesOf(to, { ...task, stage: keeper }, stageOf(to, keeper));
  const starts = inputs.map((input, i) => {
    const [inSeq = 0, startSeqs = []] = [checkpoint.inSeqs[i], checkpoint.startSeqs[i]];
    if (input.kind !== "topic") return { inSeq, startSeqs };
    const was = from.topics[input.topic]?.partitions ?? 0;
    const is = to.topics[input.topic]?.partitions ?? 0;
    if (is <= was) return { inSeq, startSeqs };
    // Partitions that the topic has gained are read from their first record, wherever the others are.
    const all = Array.from({ length: is }, (_, partition) =>
      partition < was ? Math.max(startSeqs[partition] ?? 1, inSeq + 1) : 1,
    );
    return startOf(sources[i]?.partitions ?? [], all);
  });
  const inSeqs = starts.map(({ inSeq }) => inSeq);
  return { ...checkpoint, deployment, inSeqs, startSeqs: starts.map((start) => start.startSeqs) };
}

/** The stage of `to` that goes on with the state of stage `id` of `from`. */
function keeperOf(to: Deployment, from: Deployment, id: string): string | null {
  const lineage = lineageOf(from, id);
  return Object.keys(to.lineages).find((stage) => to.lineages[stage] === lineage) ?? null;
}

/** Whether stage `id` of `to` goes on with the state of one of `from`. */
function isKept(to: Deployment, from: Deployment, id: string): boolean {
  return Object.values(from.lineages).includes(lineageOf(to, id));
}

/** The first sequence to read of each partition of an input, where a stage begins again. */
async function startSeqsOf(
  input: Input,
  deployment: Deployment,
  fenced: readonly Fenced[],
  log: Log,
): Promise<number[]> {
  if (input.kind === "exchange") return [];
  const { handover, topics, firehosePartitions } = deployment;
  const isTopic = input.kind === "topic";
  const partitions = isTopic ? (topics[input.topic]?.partitions ?? 0) : firehosePartitions;
  const from = handover?.begin.at === "seam" ? handover.from : null;
  const reader = from === null ? null : readerIn(from, input, deployment);
  const read = from === null || reader === null ? [] : positionsOf(from, fenced, reader);
  const fallback = await startSeqOf(input, startFor(input, handover), deployment, log);
  // A partition that a topic has gained while its other ones were read is new from its first record on.
  const rest = isTopic && read.length > 0 ? 1 : fallback;
  return Array.from({ length: partitions }, (_, partition) => read[partition] ?? rest);
}

function startFor({ start }: SourceInput, handover: Deployment["handover"]): Start {
  const begin = handover?.begin ?? { at: "seam" };
  const wanted = begin.at === "seam" || begin.at === "default" ? start : begin;
  return wanted.at === "default" ? { at: handover?.defaultStart ?? "new" } : wanted;
}

type SourceInput = Exclude<Input, { kind: "exchange" }>;

/** Writes a first checkpoint, unless an earlier try of the same handover did. */
async function create(
  deployment: Deployment,
  task: TaskId,
  checkpoint: CheckpointRecord,
  log: Log,
): Promise<void> {
  const at = checkpointSubjects(deployment, task);
  if (await write(at.stream, checkpointMessage(at, checkpoint, 0), log)) return;
  const found = await log.last(at.stream, at.checkpoint);
  if (found !== null && decodeCheckpoint(found.payload).deployment === checkpoint.deployment)
    return;
  throw new DeploymentConflict(`${at.checkpoint} is there already, of another deployment`);
}

/** @returns false when its expectation does not hold: somebody else has written */
async function write(stream: string, message: LogAppend, log: Log): Promise<boolean> {
  const patience = AbortSignal.timeout(COMMIT_PATIENCE_MS);
  return (await log.commit(stream, [message], patience)).kind === "committed";
}
