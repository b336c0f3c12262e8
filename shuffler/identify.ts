// Message ids made from content alone (never from a relay's seq), so that what two relays or two runs
// publish twice is stored once. Every part is checked before it gets here and holds no line feed.

import { hash } from "node:crypto";
import type { AccountMessage, CommitOp, IdentityMessage } from "./decode/message.ts";
import type { RejectReason } from "./decode/rejection.ts";

/** SHA-256 of (did, rev, path, action, cid). */
export function commitOpId(did: string, rev: string, op: CommitOp): string {
  const cid = op.action === "delete" ? "" : op.cid;
  return idOf("commit", did, rev, `${op.collection}/${op.rkey}`, op.action, cid);
}

export function syncId(did: string, rev: string): string {
  return idOf("sync", did, rev);
}

/** Hash of the body without seq: best effort, since another relay may stamp another time. */
export function identityId(message: IdentityMessage): string {
  return idOf("identity", message.did, String(message.timeMs), message.handle ?? "");
}

/** As `identityId`. A status is any text, so it stands last. */
export function accountId(message: AccountMessage): string {
  const { did, timeMs, active, status } = message;
  return idOf("account", did, String(timeMs), String(active), status ?? "");
}

/** @param index of the refusal within its frame: a commit may hold several. */
export function rejectedId(reason: RejectReason, index: number, raw: Uint8Array): string {
  return idOf("rejected", reason, String(index), hash("sha256", raw, "base64url"));
}

export function watermarkId(partition: number, second: number): string {
  return `wm-${partition}-${second}`;
}

/** Of the watermark that closes every window. */
export function endId(partition: number): string {
  return `wm-${partition}-end`;
}

/** 43 characters. */
function idOf(...parts: readonly string[]): string {
  return hash("sha256", parts.join("\n"), "base64url");
}
