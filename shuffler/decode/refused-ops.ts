// Operations of a commit that somebody refused who knows more than the decoder.

import { FrameCommit } from "./frame-commit.ts";
import type { DecodedMessage } from "./message.ts";
import type { Rejected } from "./rejection.ts";

export type RefusedOp = {
  /** Where its path stands in the frame. */
  readonly pathAt: number;
  readonly why: Rejected;
};

export type RefusedOps = { readonly kind: "refused-ops"; readonly ops: readonly RefusedOp[] };

/** The message without them. One that the decoder refused as well keeps the decoder's reason, so that it counts once. */
export function withoutOps(
  message: DecodedMessage,
  refused: RefusedOps | undefined,
): DecodedMessage {
  if (refused === undefined || !(message instanceof FrameCommit)) return message;
  const reasons = new Map(refused.ops.map(({ pathAt, why }) => [pathAt, why]));
  const gone = message.ops.flatMap(({ collectionAt }) => reasons.get(collectionAt) ?? []);
  message.ops = message.ops.filter(({ collectionAt }) => !reasons.has(collectionAt));
  message.rejected = [...message.rejected, ...gone];
  return message;
}
