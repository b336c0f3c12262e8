// A checkpoint as stored: read position, progress, and which of the state messages go with it.

import { type Deployment, lineageOf, type TaskId } from "../../plan/deployment.ts";
import { bucketStream, checkpointSubject, HEADER, stateSubject } from "../../plan/names.ts";
import type { Log, LogAppend, LogMessage } from "../ports.ts";
import { readState, type StoredState } from "./state-log.ts";
import { type Checkpoint, decodeCheckpoint, encodeStored } from "./stored.ts";

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
  readonly state: string;
};

export function checkpointSubjects(deployment: Deployment, task: TaskId): CheckpointSubjects {
  const { address } = deployment;
  const lineage = lineageOf(deployment, task.stage);
  return {
    stream: bucketStream(address.bucket),
    checkpoint: checkpointSubject(address, lineage, task.partition),
    state: stateSubject(address, lineage, task.partition),
  };
}

/**
 * Reads the last checkpoint and its state; null when there is none. If another process commits meanwhile the answer may mix both, and the first commit made on it is fenced.
 */
export async function loadCheckpoint(log: Log, at: CheckpointSubjects): Promise<Restored | null> {
  const message = await log.last(at.stream, at.checkpoint);
  if (message === null || message.payload.length === 0) return null;
  const checkpoint = decodeCheckpoint(message.payload);
  const parts: LogMessage[] = [];
  for await (const part of log.readAll(at.stream, [at.state])) {
    if (part.seq < message.seq) parts.push(part);
  }
  return { checkpoint, seq: message.seq, state: readState(parts, checkpoint) };
}

/** The checkpoint message, which is refused unless the last one on its subject is `expectedLastSeq`. */
export function checkpointMessage(
  at: CheckpointSubjects,
  checkpoint: Checkpoint,
  expectedLastSeq: number,
): LogAppend {
  return {
    subject: at.checkpoint,
    headers: new Map([[HEADER.ttl, "never"]]),
    payload: encodeStored(checkpoint),
    expectedLastSeq,
  };
}

/** Stands in place of a checkpoint on which nobody may commit any more. */
export function tombstoneMessage(
  { checkpoint }: CheckpointSubjects,
  expectedLastSeq: number,
): LogAppend {
  const headers = new Map([[HEADER.ttl, "never"]]);
  return { subject: checkpoint, headers, payload: new Uint8Array(), expectedLastSeq };
}
