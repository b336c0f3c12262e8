// The signing keys that an account had, each with the time in which it was valid: out of the audit log of a PLC
// directory, which dates every operation (web.plc.directory/spec/v0.1/did-plc).

import { z } from "zod";
import { tidMicros } from "../sources/tid.ts";
import { isSameKey, type SigningKey, signingKeyOfDidKey } from "./signing-key.ts";

/** How far the clocks of a directory and of a repo's host may be apart: a revision is its host's time. */
export const KEY_SKEW_MS = 300_000;
/** Keys of one account remembered with their times, the latest. A directory takes some 30 operations a day. */
export const DATED_KEYS_MAX = 128;
const MICROS_PER_MS = 1000;

/** Where it is known from that a key was valid: the directory's log, or a document that we had ourselves. */
export const KEY_WITNESSES = ["plc_log", "cached"] as const;
export type KeyWitness = (typeof KEY_WITNESSES)[number];

/** Times in milliseconds since the epoch, from the first up to, not with, the last. */
export type DatedKey = {
  readonly key: SigningKey;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly witness: KeyWitness;
};

const auditLog = z.array(
  z.object({
    operation: z.looseObject({
      type: z.string(),
      /** Of the first version of operations, `create`. */
      signingKey: z.string().optional(),
      verificationMethods: z.looseObject({ atproto: z.string().optional() }).optional(),
    }),
    nullified: z.boolean(),
    createdAt: z.iso.datetime({ offset: true }),
  }),
);

/**
 * Oldest first; equal neighbours are one. An operation that was nullified never counted, as the specification has
 * it: whoever made it was not the account, and the key before it was valid all the time.
 * @returns null when it is no audit log
 */
export function keysOfAuditLog(log: unknown): DatedKey[] | null {
  const parsed = auditLog.safeParse(log);
  if (!parsed.success) return null;
  const steps = parsed.data
    .filter(({ nullified }) => !nullified)
    .map(({ operation, createdAt }) => ({
      atMs: Date.parse(createdAt),
      key: signingKeyOfDidKey(operation.verificationMethods?.atproto ?? operation.signingKey ?? ""),
    }))
    .sort((one, other) => one.atMs - other.atMs);
  const keys: DatedKey[] = [];
  steps.forEach(({ key, atMs }, i) => {
    if (key === null) return; // Without a key, as behind a tombstone, nothing is signed.
    const untilMs = steps[i + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const before = keys.at(-1);
    if (before !== undefined && before.untilMs === atMs && isSameKey(before.key, key)) {
      keys[keys.length - 1] = { ...before, untilMs };
    } else keys.push({ key, fromMs: atMs, untilMs, witness: "plc_log" });
  });
  return keys.slice(-DATED_KEYS_MAX);
}

/** Those that were valid at a time, give or take `KEY_SKEW_MS`, the latest first. */
export function keysAt(keys: readonly DatedKey[], atMs: number): DatedKey[] {
  return keys
    .filter(({ fromMs, untilMs }) => atMs >= fromMs - KEY_SKEW_MS && atMs < untilMs + KEY_SKEW_MS)
    .reverse();
}

/** When a commit was signed, as its revision says; null when it is no TID. @returns milliseconds */
export function signedAtMs(rev: string): number | null {
  const micros = tidMicros(rev);
  return micros === null ? null : micros / MICROS_PER_MS;
}
