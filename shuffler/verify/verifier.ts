// Which frames are what they claim, at each level. One frame in, what is wrong with it out; order and
// concurrency are the caller's.

import { CborCursor } from "../cbor/cursor.ts";
import { eachField } from "../decode/each-field.ts";
import type { RefusedOps } from "../decode/refused-ops.ts";
import { catchMalformed, type Rejected } from "../decode/rejection.ts";
import { judgeClaims } from "./claims.ts";
import { CommitKeys, type CommitKeysOptions, type KeyUse } from "./commit-keys.ts";
import type { KeyCache } from "./key-cache.ts";
import { type CommitProof, readCommitProof, readSyncProof } from "./proof.ts";

export type Verdict = Rejected | RefusedOps | null;

export interface Verifier {
  /**
   * Null when the frame is good, or of a kind that proves nothing; where only some operations of a commit are
   * refused, which these are. Calls must be made in the order of
   * the frames: an `#identity` makes later ones look the key up again.
   */
  check(frame: Uint8Array): Promise<Verdict>;
  /** Commits whose signature holds, by which key of the account it does. */
  readonly keyUses?: Readonly<Record<KeyUse, number>>;
}

/** Checks each frame by itself. */
export const structureVerifier: Verifier = {
  check: async (frame) => {
    const read = readFrame(frame);
    return read !== null && isRejected(read) ? read : null;
  },
};

/** Checks who signed it as well. */
export class SignatureVerifier implements Verifier {
  readonly #keys: KeyCache;
  readonly #commitKeys: CommitKeys;

  constructor(keys: KeyCache, options: Omit<CommitKeysOptions, "keys"> = {}) {
    this.#keys = keys;
    this.#commitKeys = new CommitKeys({ ...options, keys });
  }

  get keyUses(): Readonly<Record<KeyUse, number>> {
    return this.#commitKeys.counters;
  }

  async check(frame: Uint8Array): Promise<Verdict> {
    const read = readFrame(frame);
    if (read === null) return null;
    if (isRejected(read)) return read;
    if (read.kind === "identity") {
      this.#keys.forget(read.did);
      return null;
    }
    const { proof } = read;
    return (await this.#commitKeys.check(proof)) ?? judgeClaims(proof);
  }
}

type Read = { kind: "commit"; proof: CommitProof } | { kind: "identity"; did: string };

/** Null for what has nothing to check, and for what the decoder will refuse anyway. */
function readFrame(frame: Uint8Array): Read | Rejected | null {
  const type = catchMalformed(() => readType(frame));
  if ("kind" in type) return null;
  switch (type.t) {
    case "#commit":
      return catchMalformed(() => ({ kind: "commit", proof: readCommitProof(frame) }) as const);
    case "#sync":
      return catchMalformed(
        () => ({ kind: "commit", proof: readSyncProof(frame, type.body) }) as const,
      );
    case "#identity": {
      const did = catchMalformed(() => readDid(frame, type.body));
      return typeof did === "string" ? { kind: "identity", did } : null;
    }
    default:
      return null;
  }
}

function isRejected(read: Read | Rejected): read is Rejected {
  return read.kind === "rejected";
}

function readType(frame: Uint8Array): { t: string; body: number } {
  const cursor = new CborCursor(frame, "bad_frame");
  let t = "";
  eachField(cursor, (key) => {
    if (key === "t") t = cursor.text();
    else cursor.skip();
  });
  return { t, body: cursor.at };
}

function readDid(frame: Uint8Array, at: number): string {
  const cursor = new CborCursor(frame, "bad_frame");
  cursor.at = at;
  let did = "";
  eachField(cursor, (key) => {
    if (key === "did") did = cursor.text();
    else cursor.skip();
  });
  return did;
}
