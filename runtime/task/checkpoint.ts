// A checkpoint as stored: read position, progress, and which snapshot of the state it goes with.
//
// State is a log of its own: every commit appends the changed entries to the state subject (epoch e);
// now and then a commit writes all entries under epoch e + 1, and what is older can be deleted.

import type { Deployment, TaskId } from "../../plan/deployment.ts";
import { bucketStream, checkpointSubject, HEADER, stateSubject } from "../../plan/names.ts";
import type { StateChange } from "../core/message.ts";
import type { Log, LogAppend } from "../ports.ts";
import {
  type Checkpoint,
  decodeChanges,
  decodeCheckpoint,
  encodeStored,
  type StoredChange,
} from "./stored.ts";

/** State changes are cut into messages of about this size. */
export const STATE_MESSAGE_BYTES = 512 * 1024;
/** A snapshot is written when the changes since the last one reach this, or twice its size. */
export const SNAPSHOT_AFTER_BYTES_MIN = 1024 * 1024;

/** A checkpoint read back, with the state that goes with it. */
export type Restored = {
  readonly checkpoint: Checkpoint;
  /** Sequence of the checkpoint message: what the next commit expects to be last. */
  readonly seq: number;
  readonly state: StateChange[];
  readonly stateBytes: number;
};

/** Where a task keeps its checkpoint and its state. */
export type CheckpointSubjects = {
  readonly stream: string;
  readonly checkpoint: string;
  readonly state: string;
};

export function checkpointSubjects(deployment: Deployment, task: TaskId): CheckpointSubjects {
  const { address, version } = deployment;
  return {
    stream: bucketStream(address.bucket),
    checkpoint: checkpointSubject(address, version, task.stage, task.partition),
    state: stateSubject(address, version, task.stage, task.partition),
  };
}

/**
 * Reads the last checkpoint and its state; null when the task has never committed. If another process
 * commits meanwhile the answer may mix both, and the first commit made on it is fenced.
 */
export async function loadCheckpoint(log: Log, at: CheckpointSubjects): Promise<Restored | null> {
  const message = await log.last(at.stream, at.checkpoint);
  if (message === null) return null;
  const checkpoint = decodeCheckpoint(message.payload);
  const state: StateChange[] = [];
  let stateBytes = 0;
  for await (const part of log.readAll(at.stream, [at.state])) {
    if (Number(part.headers.get(HEADER.epoch)) !== checkpoint.epoch) continue;
    if (part.seq > message.seq) continue;
    stateBytes += part.payload.length;
    for (const [key, value] of decodeChanges(part.payload)) {
      state.push({ key, value });
    }
  }
  return { checkpoint, seq: message.seq, state, stateBytes };
}

/** The messages that hold `changes` under `epoch`. */
export function stateMessages(
  at: CheckpointSubjects,
  epoch: number,
  changes: Iterable<StateChange>,
): LogAppend[] {
  const messages: LogAppend[] = [];
  let part: StoredChange[] = [];
  let bytes = 0;
  const close = (): void => {
    if (part.length === 0) return;
    const headers = new Map([
      [HEADER.epoch, String(epoch)],
      [HEADER.ttl, "never"],
    ]);
    messages.push({ subject: at.state, headers, payload: encodeStored(part) });
    part = [];
    bytes = 0;
  };
  for (const { key, value } of changes) {
    part.push([key, value]);
    bytes += key.length + (value?.length ?? 0);
    if (bytes >= STATE_MESSAGE_BYTES) close();
  }
  close();
  return messages;
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
