// Why something off the wire was refused: data, never an exception that leaves this folder.

/**
 * Closed list of reasons. Each is a subject token (`atproto.rejected.<reason>`) and a counter name, so
 * a released one never changes its meaning.
 */
export const REJECT_REASONS = [
  /** Not two CBOR values, trailing bytes, or a field of the wrong type. */
  "bad_frame",
  "bad_header",
  /** A message type newer than this program. */
  "unknown_type",
  "oversize_frame",
  "oversize_blocks",
  "oversize_record",
  "too_many_ops",
  /** The records that a commit's operations name come to more than one commit may give. */
  "oversize_commit",
  "bad_car",
  /** An operation names a block that the commit does not carry. */
  "missing_block",
  /** A CID of another form than atproto's, or one that is not the hash of its block. */
  "bad_cid",
  /** A record block that is not one DAG-CBOR map. */
  "bad_record",
  "bad_utf8",
  "bad_action",
  "bad_did",
  "bad_collection",
  "bad_rkey",
  "bad_rev",
  "bad_seq",
  "bad_time",
  "bad_handle",
  /** A line of Jetstream JSON that is no event. */
  "bad_line",
  /** A sequence number that is not above the one before it on the same connection. */
  "seq_order",
  /** A revision of a repo that is not above the one before it on the same connection. */
  "rev_order",
  /** A revision that is ahead of the stream's clock by more than the sync specification grants. */
  "rev_future",
  /** A commit of an account that is deactivated, suspended, taken down or deleted. */
  "account_inactive",
  /** `--verify structure`: the commit block is missing, malformed, or of another repo or revision. */
  "bad_commit",
  /** `--verify signature`: a signature that is not of the key in the account's DID document. */
  "bad_signature",
  /** The signed tree does not hold what an operation says, or not the nodes that would show it. */
  "bad_proof",
  /** The DID has no document, or the document no key that can be used. */
  "no_signing_key",
  /** The host of a `did:web` does not answer. */
  "did_unavailable",
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** Something refused; `detail` is for people and never holds a user's text. */
export type Rejected = {
  readonly kind: "rejected";
  readonly reason: RejectReason;
  readonly detail: string;
};

export function rejected(reason: RejectReason, detail: string): Rejected {
  return { kind: "rejected", reason, detail };
}

/**
 * Thrown inside the decoder where input is malformed, so that readers need no result type per byte;
 * `catchMalformed` turns it into a `Rejected` at the boundary.
 */
export class Malformed extends Error {
  readonly reason: RejectReason;

  constructor(reason: RejectReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** Runs a reader; what it finds malformed comes back as data. Any other exception is a bug and goes up. */
export function catchMalformed<T>(read: () => T): T | Rejected {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return rejected(error.reason, error.message);
    throw error;
  }
}
