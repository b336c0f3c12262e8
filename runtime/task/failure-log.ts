// Where the failures of tasks are kept: one message a task, beside its checkpoint, so that whoever owns the task
// next knows of them. It is written when a task fails, and deleted once the task is past the place.

import { type Deployment, deploymentId, lineageOf, type TaskId } from "../../plan/deployment.ts";
import { bucketStream, failureSubject, failureSubjects, HEADER } from "../../plan/names.ts";
import { isBusy } from "../core/stage-runner.ts";
import { type Clock, type Log, LogUnavailable } from "../ports.ts";
import { checkpointSubjects, readCheckpoint } from "./checkpoint.ts";
import {
  decodeFailure,
  encodeFailure,
  type Failure,
  type Fault,
  isPast,
  isSameMessage,
  nextFailure,
} from "./failure.ts";
import type { Checkpoint } from "./stored.ts";

/** How long one write may take: a failure that cannot be noted is retried like an outage. */
const NOTE_PATIENCE_MS = 5000;
/** How often somebody else may write the same failure between our look and our write. */
const NOTE_TRIES_MAX = 5;

/** A failure as it is stored; null where it is none that this release understands. */
export type StoredFailure = { readonly failure: Failure | null; readonly seq: number };

type Position = { readonly seq: number; readonly checkpoint: Checkpoint };

export class FailureLog {
  readonly #log: Log;
  readonly #clock: Pick<Clock, "now">;

  constructor(log: Log, clock: Pick<Clock, "now">) {
    this.#log = log;
    this.#clock = clock;
  }

  /** The last failure that the task has not got past. @throws LogUnavailable */
  async read(deployment: Deployment, task: TaskId): Promise<Failure | null> {
    const failure = (await this.stored(deployment, task))?.failure ?? null;
    if (failure === null) return null;
    const at = await this.#position(deployment, task);
    return at === null || isOver(failure, deployment, at) ? null : failure;
  }

  /** As stored, whether it still matters or not. @throws LogUnavailable */
  async stored(deployment: Deployment, task: TaskId): Promise<StoredFailure | null> {
    const { stream, subject } = failureAt(deployment, task);
    const message = await this.#log.last(stream, subject);
    if (message === null) return null;
    return { failure: decodeFailure(message.payload), seq: message.seq };
  }

  /**
   * Notes that a task has failed once more.
   * @returns null when there is nothing to note it of: the task is another deployment's by now
   * @throws LogUnavailable
   */
  async note(deployment: Deployment, task: TaskId, fault: Fault): Promise<Failure | null> {
    for (let tries = 0; tries < NOTE_TRIES_MAX; tries += 1) {
      const at = await this.#position(deployment, task);
      if (at?.checkpoint.deployment !== deploymentId(deployment)) return null;
      const stored = await this.stored(deployment, task);
      const before = stored?.failure ?? null;
      const isKnown = before?.deployment === deploymentId(deployment);
      const failure = nextFailure(isKnown ? before : null, fault, {
        deployment: deploymentId(deployment),
        checkpointSeq: at.seq,
        nowMs: this.#clock.now(),
        policy: deployment.plan.onPoison ?? "dead_letter",
      });
      if ((await this.write(deployment, task, failure, stored?.seq ?? 0)) !== null) return failure;
    }
    throw new LogUnavailable("its failure is noted by others again and again");
  }

  /**
   * Has the message that the task fails at left out by its next try.
   * @param known the failure that somebody has looked at
   * @returns false when it fails elsewhere by now
   * @throws LogUnavailable
   */
  async skip(deployment: Deployment, task: TaskId, known: Failure): Promise<boolean> {
    for (let tries = 0; tries < NOTE_TRIES_MAX; tries += 1) {
      const stored = await this.stored(deployment, task);
      const failure = stored?.failure ?? null;
      if (stored === null || failure === null || !isSameMessage(failure.place, known.place)) {
        return false;
      }
      const skipped = { ...failure, skip: true, nextTryMs: this.#clock.now() };
      if ((await this.write(deployment, task, skipped, stored.seq)) !== null) return true;
    }
    return false;
  }

  /**
   * Stores a failure in place of the one at `expectedLastSeq` (0: there is none).
   * @returns where it stands; null when something else was stored meanwhile
   * @throws LogUnavailable
   */
  async write(
    deployment: Deployment,
    task: TaskId,
    failure: Failure,
    expectedLastSeq: number,
  ): Promise<number | null> {
    const { stream, subject } = failureAt(deployment, task);
    const headers = new Map([[HEADER.ttl, "never"]]);
    const message = { subject, headers, payload: encodeFailure(failure), expectedLastSeq };
    const patience = AbortSignal.timeout(NOTE_PATIENCE_MS);
    const result = await this.#log.commit(stream, [message], patience);
    if (result.kind === "fenced") return null;
    await this.#log.purge(stream, subject, result.lastSeq - 1);
    return result.lastSeq;
  }

  /** Forgets what was stored up to there: the task is past it. @throws LogUnavailable */
  async forget(deployment: Deployment, task: TaskId, throughSeq: number): Promise<void> {
    const { stream, subject } = failureAt(deployment, task);
    await this.#log.purge(stream, subject, throughSeq);
  }

  /** The subjects of a bucket under which failures stand: mostly none. */
  async subjectsIn(bucket: number): Promise<Set<string>> {
    const subjects = new Set<string>();
    const all = this.#log.readAll(bucketStream(bucket), [failureSubjects(bucket)]);
    for await (const { subject } of all) subjects.add(subject);
    return subjects;
  }

  async #position(deployment: Deployment, task: TaskId): Promise<Position | null> {
    return await readCheckpoint(this.#log, checkpointSubjects(deployment, task));
  }
}

/** Where the failures of a task stand. */
export function failureAt(deployment: Deployment, { stage, partition }: TaskId) {
  const { address } = deployment;
  const subject = failureSubject(address, lineageOf(deployment, stage), partition);
  return { stream: bucketStream(address.bucket), subject };
}

/** Whether it is another version's, or the task has got past it. */
function isOver(failure: Failure, deployment: Deployment, { seq, checkpoint }: Position): boolean {
  if (failure.deployment !== deploymentId(deployment)) return true;
  const { inSeqs, progress } = checkpoint;
  return isPast(failure, { seq, inSeqs, busy: isBusy(progress) });
}
