// The binary frames of com.atproto.sync.subscribeRepos: two DAG-CBOR values, header then body.
// Field for field what the reference PDS sends (packages/pds/src/sequencer/events.ts); spec:
// https://atproto.com/specs/event-stream
import { BlockMap, blocksToCarFile } from "@atproto/repo";
import type { LexRecord, LexValue, SignedCommit } from "./simulated-repo.ts";

/** One frame as it goes over the wire. `seq` is null for `#info` and error frames. */
export type Frame = { readonly seq: number | null; readonly bytes: Uint8Array };

/** What the relay stamps on every sequenced message. `time` is RFC 3339 UTC with milliseconds. */
export type Stamp = { readonly seq: number; readonly time: string };

export async function commitFrame(commit: SignedCommit, stamp: Stamp): Promise<Frame> {
  return await messageFrame("#commit", stamp.seq, {
    repo: commit.did,
    commit: commit.cid,
    rev: commit.rev,
    since: commit.since,
    blocks: await blocksToCarFile(commit.cid, commit.blocks),
    ops: commit.ops.map((op) => ({ ...op })),
    ...(commit.prevData && { prevData: commit.prevData }),
    rebase: false, // this and the next two are deprecated but still required
    tooBig: false,
    blobs: [],
    ...stamp,
  });
}

/** `#sync`: the present state of a repo, only its commit block. */
export async function syncFrame(commit: SignedCommit, stamp: Stamp): Promise<Frame> {
  const { blocks } = commit.blocks.getMany([commit.cid]);
  return await messageFrame("#sync", stamp.seq, {
    did: commit.did,
    rev: commit.rev,
    blocks: await blocksToCarFile(commit.cid, blocks),
    ...stamp,
  });
}

export async function identityFrame(did: string, handle: string, stamp: Stamp): Promise<Frame> {
  return await messageFrame("#identity", stamp.seq, { did, handle, ...stamp });
}

export type InactiveStatus = "deactivated" | "suspended" | "takendown" | "deleted";

/** `#account`: active when `status` is null. */
export async function accountFrame(
  did: string,
  status: InactiveStatus | null,
  stamp: Stamp,
): Promise<Frame> {
  const body = { did, active: status === null, ...(status && { status }), ...stamp };
  return await messageFrame("#account", stamp.seq, body);
}

export async function infoFrame(name: string, message: string): Promise<Frame> {
  return await messageFrame("#info", null, { name, message });
}

/** An error frame (`op: -1`); the server closes after it. */
export async function errorFrame(error: string, message: string): Promise<Frame> {
  return { seq: null, bytes: await frameBytes({ op: -1 }, { error, message }) };
}

/** A message of any type, for those a reader must ignore or refuse. */
export async function messageFrame(
  type: string,
  seq: number | null,
  body: LexRecord,
): Promise<Frame> {
  return { seq, bytes: await frameBytes({ op: 1, t: type }, body) };
}

async function frameBytes(header: LexRecord, body: LexRecord): Promise<Uint8Array> {
  return Buffer.concat([await dagCborOf(header), await dagCborOf(body)]);
}

/** DAG-CBOR by way of a block map, the only encoder `@atproto/repo` exports. */
async function dagCborOf(value: LexValue): Promise<Uint8Array> {
  const blocks = new BlockMap();
  const cid = await blocks.add(value);
  const bytes = blocks.get(cid);
  if (bytes === undefined) throw new Error("a block map lost the block just added");
  return bytes;
}
