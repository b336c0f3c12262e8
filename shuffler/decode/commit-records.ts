// The records of one commit: a block's work is done once, however many operations name it, and what they give is bounded.

import type { FrameOp } from "./frame-op.ts";
import { COMMIT_RECORDS_BYTES_MAX } from "./limits.ts";
import { catchMalformed, Malformed, type Rejected } from "./rejection.ts";

/** A record that was checked, and whether its keys are in order. */
export type CheckedRecord = {
  readonly kind?: undefined;
  readonly record: Uint8Array;
  readonly sorted: boolean;
};

export class CommitRecords {
  /** By where the block stands: what a check of it gave. */
  readonly #byBlock = new Map<number, CheckedRecord | Rejected>();
  #bytes = 0;

  /** What `check` says of the operation's block, which is asked once a block. @throws Malformed */
  of({ blockAt, collection }: FrameOp, check: () => CheckedRecord): CheckedRecord {
    const known = blockAt < 0 ? undefined : this.#byBlock.get(blockAt);
    const found = known ?? catchMalformed(check);
    if (known === undefined && blockAt >= 0) this.#byBlock.set(blockAt, found);
    if (found.kind === "rejected") throw new Malformed(found.reason, found.detail);
    const bytes = this.#bytes + found.record.length;
    if (bytes > COMMIT_RECORDS_BYTES_MAX) {
      throw new Malformed("oversize_commit", `${bytes} bytes of records, in ${collection}`);
    }
    this.#bytes = bytes;
    return found;
  }
}
