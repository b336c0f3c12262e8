// A commit where it stands in a frame: like its operations it gives places, and makes a text when somebody asks for it.

import { latin1At } from "../cbor/latin1.ts";
import { TID_LENGTH } from "./fields.ts";
import type { FrameOp } from "./frame-op.ts";
import type { CommitMessage } from "./message.ts";
import type { Rejected } from "./rejection.ts";

const NO_OPS: readonly FrameOp[] = [];
const NONE_REJECTED: readonly Rejected[] = [];

/**
 * A class, so that a copy with another field is none: what is said here and what stands in the frame are the same, and
 * an event may be made of either. A place that ends in `At` is -1 where there is nothing.
 */
export class FrameCommit implements CommitMessage {
  readonly kind = "commit";
  readonly frame: Buffer;
  did = "";
  seq = -1;
  timeMs = 0;
  /** Where `did` stands when it is a `did:plc`; -1 when it is another. */
  didAt = -1;
  /** Where `rev` stands. */
  revAt = -1;
  /** Revision of the commit before it, as the repo's host says. */
  sinceAt = -1;
  sinceEnd = -1;
  /** Root of the repo's tree before this commit, as its host says: a binary CID. */
  prevDataAt = -1;
  prevDataEnd = -1;
  /** The same behind this commit, out of the commit block: one of atproto's form. */
  dataAt = -1;
  /** Where the CID of the commit block stands, which is of atproto's form. */
  commitAt = -1;
  /** Whether it says that it was too big to be sent: an older form, which has neither blocks nor operations. */
  tooBig = false;
  /** Where the CAR stands. */
  blocksAt = -1;
  blocksEnd = -1;
  /** As they were read, and once they were checked those that can be published. */
  ops = NO_OPS;
  rejected = NONE_REJECTED;

  constructor(frame: Buffer) {
    this.frame = frame;
  }

  get rev(): string {
    return latin1At(this.frame, this.revAt, this.revAt + TID_LENGTH);
  }
}
