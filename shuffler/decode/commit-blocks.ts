// Which block of a commit's CAR each of its operations names.

import { latin1At } from "../cbor/latin1.ts";
import { CID_BYTES, isSameAt } from "./cid.ts";
import { openCar } from "./fields.ts";
import type { FrameCommit } from "./frame-commit.ts";
import type { FrameOp } from "./frame-op.ts";
import { Malformed } from "./rejection.ts";
import { treeRootAt } from "./tree-root.ts";

/** Operations that every block is compared with. For more of them a table is made: its hashes nobody can foresee. */
const COMPARED_OPS_MAX = 4;

/**
 * Gives every operation the block it names, and the commit the root of its tree; most blocks are nodes of the tree that
 * nobody asked for. @throws Malformed when the CAR is none
 */
export function findBlocks(commit: FrameCommit): void {
  const { frame, commitAt, blocksAt, blocksEnd } = commit;
  if (blocksEnd === blocksAt) {
    // An older form of commit has none; who signed it nobody can say.
    if (commit.tooBig) return;
    throw new Malformed("bad_car", "no blocks");
  }
  // A CID of another length is refused later: see `checkBlock`.
  const ops = commit.ops.filter(({ cidAt, cidEnd }) => cidAt >= 0 && cidEnd - cidAt === CID_BYTES);
  const byCid = ops.length > COMPARED_OPS_MAX ? opsByCid(frame, ops) : null;
  let hasRoot = false;
  const car = openCar(frame, blocksAt, blocksEnd);
  while (car.next()) {
    const { cidAt, start, end } = car;
    // Of blocks with the same CID the first counts: a block's work is done once.
    if (!hasRoot && isSameAt(frame, commitAt, frame, cidAt, CID_BYTES)) {
      hasRoot = true;
      commit.dataAt = treeRootAt(frame, start, end);
    }
    const named = byCid === null ? ops : take(byCid, cidText(frame, cidAt));
    for (const op of named) {
      if (op.blockAt >= 0 || !isSameAt(frame, op.cidAt, frame, cidAt, CID_BYTES)) continue;
      op.blockAt = start;
      op.blockEnd = end;
    }
  }
}

function take(byCid: Map<string, FrameOp[]>, cid: string): readonly FrameOp[] {
  const ops = byCid.get(cid) ?? [];
  byCid.delete(cid);
  return ops;
}

function opsByCid(frame: Buffer, ops: readonly FrameOp[]): Map<string, FrameOp[]> {
  return Map.groupBy(ops, ({ cidAt }) => cidText(frame, cidAt));
}

/** One character a byte. */
function cidText(frame: Buffer, at: number): string {
  return latin1At(frame, at, at + CID_BYTES);
}
