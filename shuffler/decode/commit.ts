// `#commit`: its operations, each with its record block. One bad operation does not cost the others.

import { hash } from "node:crypto";
import { CborCursor } from "../cbor/cursor.ts";
import { CID_BYTES, CID_DIGEST_AT, isCidAt, isSameAt } from "./cid.ts";
import { atprotoCidAt, CommonFields, openCar } from "./fields.ts";
import { FrameCommit } from "./frame-commit.ts";
import { FrameOp } from "./frame-op.ts";
import { KnownRecords } from "./known-records.ts";
import { COMMIT_OPS_MAX, RECORD_BYTES_MAX, RECORD_DEPTH_MAX } from "./limits.ts";
import { requireKeysOnce } from "./record-keys.ts";
import { catchMalformed, Malformed } from "./rejection.ts";
import { treeRootAt } from "./tree-root.ts";

export function readCommit(cursor: CborCursor): FrameCommit {
  const commit = new FrameCommit(cursor.bytes);
  const fields = new CommonFields();
  for (let left = cursor.mapSize(); left > 0; left -= 1) {
    const key = cursor.name();
    if (key === "ops") commit.ops = readOps(cursor);
    else if (key === "since") readSince(cursor, commit);
    else if (key === "commit") commit.commitAt = atprotoCidAt(cursor);
    else if (key === "prevData") readPrevData(cursor, commit);
    else if (!fields.take(key, cursor)) cursor.skip();
  }
  commit.timeMs = fields.checkedTimeMs();
  fields.checkedRev();
  commit.revAt = fields.revAt;
  commit.did = fields.did;
  commit.seq = fields.seq;
  commit.blocksAt = fields.blocksAt;
  commit.blocksEnd = fields.blocksEnd;
  return checkedCommit(commit);
}

/** The commit, once its blocks are found and its operations checked: those that cannot be published are taken out. */
export function checkedCommit(commit: FrameCommit): FrameCommit {
  findBlocks(commit);
  const wrong = commit.ops.map((op) => catchMalformed(() => checkOp(op)));
  const rejected = wrong.filter((one) => one !== null);
  if (rejected.length === 0) return commit;
  commit.ops = commit.ops.filter((_, i) => wrong[i] === null);
  commit.rejected = rejected;
  return commit;
}

function readSince(cursor: CborCursor, commit: FrameCommit): void {
  if (cursor.tookNull()) return;
  commit.sinceAt = cursor.textAt();
  commit.sinceEnd = cursor.at;
}

function readPrevData(cursor: CborCursor, commit: FrameCommit): void {
  if (cursor.tookNull()) return;
  commit.prevDataAt = cursor.cidLinkAt();
  commit.prevDataEnd = cursor.at;
}

function readOps(cursor: CborCursor): FrameOp[] {
  const size = cursor.listSize();
  if (size > COMMIT_OPS_MAX) throw new Malformed("too_many_ops", `${size} operations`);
  const ops = new Array<FrameOp>(size);
  for (let i = 0; i < size; i += 1) ops[i] = readOp(cursor);
  return ops;
}

function readOp(cursor: CborCursor): FrameOp {
  const op = new FrameOp(cursor.bytes);
  for (let left = cursor.mapSize(); left > 0; left -= 1) {
    const key = cursor.name();
    if (key === "action") op.setAction(cursor.name());
    else if (key === "path") op.setPath(cursor.textAt(), cursor.at);
    else if (key === "cid") readCid(cursor, op);
    else cursor.skip();
  }
  return op;
}

function readCid(cursor: CborCursor, op: FrameOp): void {
  op.cidAt = cursor.tookNull() ? -1 : cursor.cidLinkAt();
  op.cidEnd = cursor.at;
}

/** Gives every operation the block it names; most blocks are tree nodes that nobody asked for. */
function findBlocks(commit: FrameCommit): void {
  const { frame, ops, commitAt, blocksAt, blocksEnd } = commit;
  // Only a commit that writes needs blocks: legacy `tooBig` commits have none.
  const car = blocksEnd > blocksAt ? openCar(frame, blocksAt, blocksEnd) : null;
  if (car === null) return;
  while (car.next()) {
    const { cidAt, start, end } = car;
    if (commitAt >= 0 && isSameAt(frame, commitAt, frame, cidAt, CID_BYTES)) {
      commit.dataAt = treeRootAt(frame, start, end);
    }
    for (const op of ops) {
      // A CID of another length is refused later: see `checkBlock`.
      if (op.cidAt < 0 || op.cidEnd - op.cidAt !== CID_BYTES) continue;
      if (!isSameAt(frame, op.cidAt, frame, cidAt, CID_BYTES)) continue;
      op.blockAt = start;
      op.blockEnd = end;
    }
  }
}

/** Checks it and its record. @throws Malformed with the reason that it cannot be published */
function checkOp(op: FrameOp): null {
  const { collection } = op;
  if (collection === "") throw new Malformed("bad_collection", "collection is no NSID");
  if (!op.hasRkey()) throw new Malformed("bad_rkey", `in ${collection}`);
  if (!op.hasAction) throw new Malformed("bad_action", `in ${collection}`);
  if (op.action === "delete") return null;
  const { frame, cidAt, cidEnd, blockAt, blockEnd } = op;
  const block = blockAt < 0 ? null : frame.subarray(blockAt, blockEnd);
  const { record, sorted } = checkBlock(block, frame, cidAt, cidEnd, collection);
  op.record = record;
  op.sorted = sorted;
  return null;
}

/**
 * Checks the record in `block`, which is null when it is not there, and that it is what the CID says that stands in
 * `bytes` from `cidAt` to `cidEnd`; a negative `cidAt` says that there is none.
 * @param where the collection, for the detail of a rejection
 * @returns the record, and whether its keys are in order: see `checkRecord` @throws Malformed
 */
export function checkBlock(
  block: Uint8Array | null,
  bytes: Uint8Array,
  cidAt: number,
  cidEnd: number,
  where: string,
): { record: Uint8Array; sorted: boolean } {
  if (cidAt < 0 || cidEnd - cidAt !== CID_BYTES || !isCidAt(bytes, cidAt)) {
    throw new Malformed("bad_cid", `of a record in ${where}`);
  }
  if (block === null) throw new Malformed("missing_block", `of a record in ${where}`);
  if (block.length > RECORD_BYTES_MAX) {
    throw new Malformed("oversize_record", `${block.length} bytes in ${where}`);
  }
  const sorted = checkRecord(block);
  if (!isDigestAt(hash("sha256", block, "binary"), bytes, cidAt + CID_DIGEST_AT)) {
    throw new Malformed("bad_cid", `not the hash of its block in ${where}`);
  }
  return { record: block, sorted };
}

/** @param digest one character a byte */
function isDigestAt(digest: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < digest.length; i += 1) {
    if (digest.charCodeAt(i) !== bytes[at + i]) return false;
  }
  return true;
}

/**
 * A record is one DAG-CBOR map, well formed to its last byte and with UTF-8 text throughout, so that it
 * can be embedded verbatim and decoded by anyone later.
 * @returns whether the keys of all its maps are in DAG-CBOR order @throws Malformed `bad_record` or `bad_utf8`.
 */
export function checkRecord(block: Uint8Array): boolean {
  const known = knownRecords.find(block);
  if (known !== null) return known;
  const cursor = new CborCursor(block, "bad_record");
  cursor.mapSize();
  cursor.at = 0;
  cursor.check(RECORD_DEPTH_MAX);
  cursor.assertEnd();
  if (!cursor.sorted) requireKeysOnce(block);
  knownRecords.learn(block, cursor.sorted);
  return cursor.sorted;
}

const knownRecords = new KnownRecords();
