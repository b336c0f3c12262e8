// The audit log of an invented account, as a PLC directory gives it.

import type { Keypair } from "@atproto/crypto";

export type LogStep = {
  readonly at: string;
  /** Null: the account has no key from then on. */
  readonly key: Keypair | null;
  readonly nullified?: boolean;
  /** The form of the very first operations. */
  readonly legacy?: boolean;
};

export function auditLog(did: string, steps: readonly LogStep[]): unknown {
  return steps.map(({ at, key, nullified = false, legacy = false }, i) => ({
    did,
    operation: operationOf(key, legacy),
    cid: `bafyreioperation${i}`,
    nullified,
    createdAt: at,
  }));
}

function operationOf(key: Keypair | null, legacy: boolean): object {
  if (key === null) return { type: "plc_tombstone", prev: "bafy", sig: "x" };
  if (legacy)
    return { type: "create", signingKey: key.did(), handle: "a.test", prev: null, sig: "x" };
  const verificationMethods = { atproto: key.did() };
  return { type: "plc_operation", verificationMethods, rotationKeys: [], prev: "bafy", sig: "x" };
}
