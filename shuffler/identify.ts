// Message ids made from content alone (never from a relay's seq), so that what two relays or two runs
// publish twice is stored once. Every part is checked before it gets here and holds no line feed.

import { hash } from "node:crypto";
import type { AccountMessage, CommitOp, IdentityMessage } from "./decode/message.ts";
import type { RejectReason } from "./decode/rejection.ts";

/** SHA-256 of (did, rev, path, action, cid). */
export function commitOpId(did: string, rev: string, op: CommitOp): string {
  const cid = op.action === "delete" ? "" : op.cid;
  return idOf(`commit\n${did}\n${rev}\n${op.collection}/${op.rkey}\n${op.action}\n${cid}`);
}

export function syncId(did: string, rev: string): string {
  return idOf(`sync\n${did}\n${rev}`);
}

/**
 * Of an operation that a commit repeats with others of its path between. @param id that of the first
 * @param ordinal how often it stood there before, from 1
 */
export function repeatedOpId(id: string, ordinal: number): string {
  return idOf(`again\n${id}\n${ordinal}`);
}

/**
 * Hash of the body without seq: best effort, since another relay may stamp another time.
 * @param ordinal how often the account was in that state before within the millisecond (`state-order.ts`)
 */
export function identityId(message: IdentityMessage, ordinal = 0): string {
  const { did, timeMs, handle } = message;
  return idOf(`identity${suffixOf(ordinal)}\n${did}\n${timeMs}\n${handle ?? ""}`);
}

/** As `identityId`. A status is any text, so it stands last. */
export function accountId(message: AccountMessage, ordinal = 0): string {
  const { did, timeMs, active, status } = message;
  return idOf(`account${suffixOf(ordinal)}\n${did}\n${timeMs}\n${active}\n${status ?? ""}`);
}

/** The first has none: its id is what it was before there were ordinals. */
function suffixOf(ordinal: number): string {
  return ordinal === 0 ? "" : ` ${ordinal}`;
}

/** @param index of the refusal within its frame: a commit may hold several. */
export function rejectedId(reason: RejectReason, index: number, raw: Uint8Array): string {
  return idOf(`rejected\n${reason}\n${index}\n${digestOf(raw)}`);
}

/** Of frames at hand: 200 operations of one may be refused. */
const digests = new WeakMap<Uint8Array, string>();

function digestOf(raw: Uint8Array): string {
  const known = digests.get(raw);
  if (known !== undefined) return known;
  const digest = hash("sha256", raw, "base64url");
  digests.set(raw, digest);
  return digest;
}

export function watermarkId(partition: number, second: number): string {
  return `wm-${partition}-${second}`;
}

/** Of the watermark that closes every window. */
export function endId(partition: number): string {
  return `wm-${partition}-end`;
}

/** 43 characters. @param text what is identified, a part a line */
function idOf(text: string): string {
  return hash("sha256", text, "base64url");
}
