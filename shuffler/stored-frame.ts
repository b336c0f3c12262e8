// Whether all that a frame says is stored already, by the ids of its events. They are made of what it says, its
// records by their hashes: such a frame adds nothing, whoever signed it.

import { decodeFrame } from "./decode/frame.ts";
import { commitOpId, syncId } from "./identify.ts";

/**
 * @param isStored whether the log has the event of that id
 * @returns false also for what has no signature, and for a commit without operations
 */
export function isStoredFrame(frame: Uint8Array, isStored: (msgId: string) => boolean): boolean {
  const message = decodeFrame(frame);
  switch (message.kind) {
    case "commit": {
      const { did, rev, ops, rejected } = message;
      if (ops.length === 0 || rejected.length > 0) return false;
      return ops.every((op) => isStored(commitOpId(did, rev, op)));
    }
    case "sync":
      return isStored(syncId(message.did, message.rev));
    case "identity":
    case "account":
    case "info":
    case "error":
    case "rejected":
      return false;
  }
}
