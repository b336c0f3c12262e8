// What an operation of a commit says of the repo's tree before and after it, and what the tree after it says of that.

import type { EventOp } from "../../plan/event.ts";
import { sameCid } from "../decode/cid.ts";
import type { FrameOp } from "../decode/frame-op.ts";
import { type Rejected, rejected } from "../decode/rejection.ts";

export type Claim = {
  /** Null when it is none that is known. */
  readonly action: EventOp | null;
  /** Key of the tree. */
  readonly path: Buffer;
  /** Where that stands in the frame. */
  readonly pathAt: number;
  /** What the path holds after the commit, and before it: binary, of whatever form. */
  readonly cid: Buffer | null;
  readonly prev: Buffer | null;
};

export function claimOf(op: FrameOp): Claim {
  const { frame, collectionAt, rkeyEnd, cidAt, cidEnd, prevAt, prevEnd } = op;
  return {
    action: op.hasAction ? op.action : null,
    path: frame.subarray(collectionAt, rkeyEnd),
    pathAt: collectionAt,
    cid: cidAt < 0 ? null : frame.subarray(cidAt, cidEnd),
    prev: prevAt < 0 ? null : frame.subarray(prevAt, prevEnd),
  };
}

/**
 * What is wrong with a claim by itself and by the tree after it; null when it may be true.
 * @param after what the tree holds under its path
 * @param isBeforeKnown whether the tree before is, so that what the path held there can be proved, and has to be said
 */
export function wrongWith(
  { action, cid, prev }: Claim,
  after: Buffer | null,
  isBeforeKnown: boolean,
): Rejected | null {
  switch (action) {
    case null:
      return wrong("an action that is none");
    case "create":
      if (prev !== null) return wrong("what is created has a record before");
      return holds(cid, after);
    case "update":
      if (isBeforeKnown && prev === null) return wrong("what is updated has no record before");
      return holds(cid, after);
    case "delete":
      if (cid !== null) return wrong("what is deleted has a record");
      if (isBeforeKnown && prev === null) return wrong("what is deleted has no record before");
      return after === null ? null : wrong("what was deleted is still in the tree");
  }
}

function holds(cid: Buffer | null, after: Buffer | null): Rejected | null {
  if (cid !== null && after !== null && sameCid(cid, after)) return null;
  return wrong("the tree holds another record, or none");
}

export function wrong(detail: string): Rejected {
  return rejected("bad_proof", detail);
}
