// Random commits as a recording of frames, so that every way to run a program reads the same file.

import { BlockMap } from "@atproto/repo";
import {
  accountFrame,
  commitFrame,
  type Frame,
  identityFrame,
  type Stamp,
} from "../../bench/simulated-relay/frame.ts";
import { encodeRecording } from "../../bench/simulated-relay/recording.ts";
import type { CommitOp } from "../../bench/simulated-relay/simulated-repo.ts";
import { tidOf } from "../../bench/simulated-relay/tid.ts";
import type { Random } from "../../runtime/testing/random.ts";
import type { Commit, TapeEvent, TapeRecord } from "../sql-fuzz/tape.ts";

/** Frames that come again, at once or a few frames later. */
const REPEATED_SHARE = 0.05;
const REPEATED_AFTER_MAX = 20;

/** The commits as a `.frames.zst` file. */
export async function recordingOf(commits: readonly Commit[], random: Random): Promise<Uint8Array> {
  const frames: Uint8Array[] = [];
  for (const commit of commits) {
    frames.push((await frameOf(commit)).bytes);
    const again = frames.at(-1 - random.int(REPEATED_AFTER_MAX));
    if (again !== undefined && random.chance(REPEATED_SHARE)) frames.push(again);
  }
  return encodeRecording(frames);
}

async function frameOf(commit: Commit): Promise<Frame> {
  const [first] = commit;
  if (first === undefined) throw new Error("a commit has an operation");
  const { did, seq, timeMs, kind, active } = first;
  const stamp = { seq, time: new Date(timeMs).toISOString() };
  if (kind === "identity") return await identityFrame(did, `h${seq}.test`, stamp);
  if (kind === "account") return await accountFrame(did, active ? null : "deactivated", stamp);
  return await operationsFrame(commit, first, stamp);
}

/** Signatures and trees are left out: nobody checks them who does not ask for it. */
async function operationsFrame(commit: Commit, { did, seq }: TapeEvent, stamp: Stamp) {
  const rev = tidOf(seq * 1000, 0);
  const blocks = new BlockMap();
  const ops: CommitOp[] = [];
  for (const event of commit) ops.push(await operationOf(event, blocks));
  const data = await blocks.add({ l: null, e: [] });
  const cid = await blocks.add({ did, version: 3, data, rev, prev: null, sig: new Uint8Array(64) });
  return await commitFrame({ did, cid, rev, since: null, prevData: null, ops, blocks }, stamp);
}

async function operationOf({ op, place, collection, record }: TapeEvent, blocks: BlockMap) {
  // A path stands once in a commit.
  const path = `${collection}/r${place}`;
  if (op === "delete" || op === null || record === null) {
    return { action: "delete", path, cid: null } as const;
  }
  const cid = await blocks.add({ $type: collection, ...recordOf(record) });
  return { action: op, path, cid } as const;
}

/** Records have no fractions on the wire. */
function recordOf({ x, ...rest }: TapeRecord) {
  return Number.isSafeInteger(x) ? { ...rest, x } : rest;
}
