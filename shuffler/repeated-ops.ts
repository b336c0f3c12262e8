// Operations of one commit that are alike: create, delete, create of one path with one CID. The last is an event of its
// own, since the record was away in between; told twice in a row it is one.

import type { CommitOp } from "./decode/message.ts";
import { repeatedOpId } from "./identify.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";

/** Fewer operations hold none that comes back. */
const RETURN_OPS_MIN = 3;

/**
 * @param messages those of `ops`, with the ids of their contents
 * @returns the same, with ids of their own for what comes back
 */
export function withOwnIds(
  ops: readonly CommitOp[],
  messages: ShuffledMessage[],
): ShuffledMessage[] {
  if (messages.length < RETURN_OPS_MIN) return messages;
  if (new Set(messages.map(({ msgId }) => msgId)).size === messages.length) return messages;
  const lastOfPath = new Map<string, string>();
  const returns = new Map<string, number>();
  return messages.map((message, i) => {
    const { msgId } = message;
    const path = pathOf(ops[i]);
    const isTwice = lastOfPath.get(path) === msgId;
    lastOfPath.set(path, msgId);
    const before = returns.get(msgId) ?? -1;
    const ordinal = isTwice ? before : before + 1;
    returns.set(msgId, ordinal);
    return ordinal === 0 ? message : { ...message, msgId: repeatedOpId(msgId, ordinal) };
  });
}

function pathOf(op: CommitOp | undefined): string {
  return op === undefined ? "" : `${op.collection}/${op.rkey}`;
}
