// A checkpoint as stored: read position, progress, and which of the state messages go with it.

import { type Deployment, lineageOf, type TaskId } from "../../plan/deployment.ts";
import {
  bucketStream,
  checkpointSubject,
  HEADER,
  progressSubject,
  stateSubject,
} from "../../plan/names.ts";
import { type Log, type LogAppend, type LogMessage, LogUnavailable } from "../ports.ts";
import { PartJoiner } from "./parts.ts";
import { readState, type StoredState } from "./state-log.ts";
import {
  type Checkpoint,
  type CheckpointRecord,
  decodeCheckpoint,
  decodeProgress,
  encodeStored,
} from "./stored.ts";

/** A checkpoint read back, with the state that goes with it. */
export type Restored = {
  readonly checkpoint: Checkpoint;
  /** Sequence of the checkpoint message: what the next commit expects to be last. */
  readonly seq: number;
  readonly state: StoredState;
};

/** Where a task keeps its checkpoint and its state. */
export type CheckpointSubjects = {
  readonly stream: string;
  readonly checkpoint: string;
  /** Progress that is too large for the checkpoint. */
  readonly progress: string;
  readonly state: string;
};

export function checkpointSubjects(deployment: Deployment, task: TaskId): CheckpointSubjects {
  const { address } = deployment;
  const lineage = lineageOf(deployment, task.stage);
  return {
    stream: bucketStream(address.bucket),
    checkpoint: checkpointSubject(address, lineage, task.partition),
    progress: progressSubject(address, lineage, task.partition),
    state: stateSubject(address, lineage, task.partition),
  };
}

/**
 * Reads the last checkpoint and its state; null when there is none. If another process commits meanwhile the answer may mix both, and the first commit made on it is fenced.
 * @throws LogUnavailable when such a process has deleted what belongs to the checkpoint
 */
export async function loadCheckpoint(log: Log, at: CheckpointSubjects): Promise<Restored | null> {
  const found = await readCheckpoint(log, at);
  if (found === null) return null;
  const parts: LogMessage[] = [];
  for await (const part of log.readAll(at.stream, [at.state])) {
    if (part.seq < found.seq) parts.push(part);
  }
  return { ...found, state: readState(parts, found.checkpoint) };
}

/** As `loadCheckpoint`, without the state. */
export async function readCheckpoint(
  log: Log,
  at: CheckpointSubjects,
): Promise<Omit<Restored, "state"> | null> {
  const message = await log.last(at.stream, at.checkpoint);
  if (message === null || message.payload.length === 0) return null;
  const { seq } = message;
  const record = decodeCheckpoint(message.payload);
  const progress = record.progress ?? (await readProgress(log, at, seq));
  return { checkpoint: { ...record, progress }, seq };
}

/** The last progress before the checkpoint at `seq`. */
async function readProgress(log: Log, at: CheckpointSubjects, seq: number) {
  const joiner = new PartJoiner();
  let last: LogMessage | null = null;
  for await (const one of log.readAll(at.stream, [at.progress])) {
    if (one.seq < seq) last = joiner.take(one).message ?? last;
  }
  if (last === null) throw new LogUnavailable(`what belongs to ${at.checkpoint} is gone`);
  return decodeProgress(last.payload);
}

/** The checkpoint message, which is refused unless the last one on its subject is `expectedLastSeq`. */
export function checkpointMessage(
  at: CheckpointSubjects,
  checkpoint: CheckpointRecord,
  expectedLastSeq: number,
): LogAppend {
  return {
    subject: at.checkpoint,
    headers: new Map([[HEADER.ttl, "never"]]),
    payload: encodeStored(checkpoint),
    expectedLastSeq,
  };
}

/**
 * As `checkpointMessage`, of any size: what makes it large is the progress, which then comes in a message before it,
 * and may be cut in parts. The checkpoint itself is never cut: its fence is of one message.
 */
export function checkpointMessages(
  at: CheckpointSubjects,
  checkpoint: Checkpoint,
  expectedLastSeq: number,
  messageBytesMax: number,
): readonly LogAppend[] {
  const whole = checkpointMessage(at, checkpoint, expectedLastSeq);
  if (whole.payload.length <= messageBytesMax) return [whole];
  const { headers } = whole;
  const progress = { subject: at.progress, headers, payload: encodeStored(checkpoint.progress) };
  return [progress, checkpointMessage(at, { ...checkpoint, progress: null }, expectedLastSeq)];
}

/** Stands in place of a checkpoint on which nobody may commit any more. */
export function tombstoneMessage(
  { checkpoint }: CheckpointSubjects,
  expectedLastSeq: number,
): LogAppend {
  const headers = new Map([[HEADER.ttl, "never"]]);
  return { subject: checkpoint, headers, payload: new Uint8Array(), expectedLastSeq };
}
