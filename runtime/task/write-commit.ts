// Writes the batches of one commit, the last of which makes the others count.

import { randomUUID } from "node:crypto";
import type { CrashPoints } from "../crash-points.ts";
import type { Log } from "../ports.ts";
import {
  BATCH_SIZES,
  type Batches,
  type BatchSizes,
  batchesOf,
  type CommitContents,
} from "./batches.ts";
import { type CheckpointSubjects, checkpointMessages } from "./checkpoint.ts";
import type { Checkpoint } from "./stored.ts";

/** Where a commit is written, and what may happen there. */
export type CommitPorts = { readonly log: Log; readonly crash: CrashPoints };

/** The commit is stored. */
export type Written = {
  readonly kind: "committed";
  /** Sequence of its checkpoint. */
  readonly checkpointSeq: number;
  /** Sequence of the first message of its base, or of what stands in its place. */
  readonly baseSeq: number;
};

export class CommitWriter {
  readonly #ports: CommitPorts;
  readonly #at: CheckpointSubjects;
  readonly #sizes: BatchSizes;
  #hasProgress = false;
  #oldSeq: number | null = null;

  constructor(ports: CommitPorts, at: CheckpointSubjects, sizes = BATCH_SIZES) {
    this.#ports = ports;
    this.#at = at;
    this.#sizes = sizes;
  }

  /** The batches of a commit that expects its last checkpoint at `expectedLastSeq`. */
  batches(
    contents: Omit<CommitContents, "checkpoint">,
    checkpoint: Checkpoint,
    expectedLastSeq: number,
  ): Batches {
    const { messageBytesMax } = this.#ports.log;
    const messages = checkpointMessages(this.#at, checkpoint, expectedLastSeq, messageBytesMax);
    this.#hasProgress ||= messages.length > 1;
    const limits = { ...this.#sizes, messageBytesMax };
    return batchesOf({ ...contents, checkpoint: messages }, limits, isCut, randomUUID);
  }

  /**
   * @param expectedLastSeq as `batches` was given
   * @throws LogUnavailable as `Log.commit`
   */
  async write(
    batches: Batches,
    expectedLastSeq: number,
    signal: AbortSignal,
  ): Promise<Written | { readonly kind: "fenced" }> {
    const { log, crash } = this.#ports;
    const { stream } = this.#at;
    const { staged, last, base } = batches;
    const firstSeqs: number[] = [];
    if (staged.length > 0 && (await this.#isReplaced(expectedLastSeq))) return { kind: "fenced" };
    for (const batch of staged) {
      const result = await log.commit(stream, batch, signal);
      if (result.kind === "fenced") return result; // Nothing is expected of it, so it is not.
      firstSeqs.push(result.lastSeq - batch.length + 1);
      if (firstSeqs.length < staged.length) crash.at("commit half staged");
    }
    if (staged.length > 0) crash.at("commit staged, not made to count");
    const result = await log.commit(stream, last, signal);
    if (result.kind === "fenced") return result;
    firstSeqs.push(result.lastSeq - last.length + 1);
    this.#oldSeq = result.lastSeq - last.length;
    const baseSeq = (firstSeqs[base.batch] ?? 0) + base.index;
    return { kind: "committed", checkpointSeq: result.lastSeq, baseSeq };
  }

  /** Through which sequence progress apart from the checkpoint is of no use any more; null when there is none. */
  get oldProgressSeq(): number | null {
    return this.#hasProgress ? this.#oldSeq : null;
  }

  /** What is staged has no fence: a task that was replaced long ago should not leave any. */
  async #isReplaced(expectedLastSeq: number): Promise<boolean> {
    const last = await this.#ports.log.last(this.#at.stream, this.#at.checkpoint);
    return (last?.seq ?? 0) !== expectedLastSeq;
  }
}

/** Parts are for our own tasks: exchanges, state and progress. Topics are anybody's, and checkpoints have a fence. */
function isCut(subject: string): boolean {
  const area = subject.split(".", 5)[4];
  return area === "x" || area === "s" || (area === "c" && subject.endsWith(".progress"));
}
