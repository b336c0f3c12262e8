// `#commit`: its operations, each with its record block. One bad operation does not cost the others.

import { hash } from "node:crypto";
import { RKEY } from "../../plan/names.ts";
import { CborCursor } from "../cbor/cursor.ts";
import { CID_BYTES, CID_DIGEST_AT, cidToString, isCidAt, isSameAt } from "./cid.ts";
import { CommonFields, isTid, openCar, optionalText } from "./fields.ts";
import { COMMIT_OPS_MAX, RECORD_BYTES_MAX, RECORD_DEPTH_MAX } from "./limits.ts";
import type { CommitMessage, CommitOp } from "./message.ts";
import { catchMalformed, Malformed, type Rejected } from "./rejection.ts";
import { treeRootOf } from "./tree-root.ts";
import { newWireOp, setPath, type WireCommit, type WireOp } from "./wire-commit.ts";

export function readCommit(cursor: CborCursor): CommitMessage {
  const fields = new CommonFields();
  let ops: readonly WireOp[] = [];
  let since: string | null = null;
  let prevData: string | null = null;
  let commitAt = -1;
  for (let left = cursor.mapSize(); left > 0; left -= 1) {
    const key = cursor.name();
    if (key === "ops") ops = readOps(cursor);
    else if (key === "since") since = optionalText(cursor);
    else if (key === "commit") commitAt = atprotoCidAt(cursor);
    else if (key === "prevData") prevData = cursor.tookNull() ? null : cursor.cidLinkText();
    else if (!fields.take(key, cursor)) cursor.skip();
  }
  const timeMs = fields.checkedTimeMs();
  const rev = fields.checkedRev();
  const { did, seq, blocksAt, blocksEnd } = fields;
  const wire = { did, seq, timeMs, rev, since, prevData, ops, commitAt, blocksAt, blocksEnd };
  return commitOf(wire, cursor.bytes);
}

/** The commit, once its blocks are found and its operations checked. @param frame that it stands in */
export function commitOf(wire: WireCommit, frame: Buffer): CommitMessage {
  const { did, seq, timeMs, rev, since, prevData } = wire;
  const data = findBlocks(frame, wire);
  const checked = wire.ops.map((op) => catchMalformed(() => checkOp(op)));
  const ops = checked.every(isOp) ? checked : checked.filter(isOp);
  const rejected = ops === checked ? [] : checked.filter(isRejected);
  return { kind: "commit", did, seq, timeMs, rev, since, prevData, data, ops, rejected };
}

function isOp(checked: CommitOp | Rejected): checked is CommitOp {
  return !("kind" in checked);
}

function isRejected(checked: CommitOp | Rejected): checked is Rejected {
  return !isOp(checked);
}

/** Where the link's CID begins; -1 when it is null or no CID that a CAR can hold. */
function atprotoCidAt(cursor: CborCursor): number {
  if (cursor.tookNull()) return -1;
  const start = cursor.cidLinkAt();
  return cursor.at - start === CID_BYTES ? start : -1;
}

function readOps(cursor: CborCursor): WireOp[] {
  const size = cursor.listSize();
  if (size > COMMIT_OPS_MAX) throw new Malformed("too_many_ops", `${size} operations`);
  const ops = new Array<WireOp>(size);
  for (let i = 0; i < size; i += 1) ops[i] = readOp(cursor);
  return ops;
}

function readOp(cursor: CborCursor): WireOp {
  const op = newWireOp(cursor.bytes);
  for (let left = cursor.mapSize(); left > 0; left -= 1) {
    const key = cursor.name();
    if (key === "action") op.action = cursor.name();
    else if (key === "path") readPath(cursor, op);
    else if (key === "cid") readCid(cursor, op);
    else cursor.skip();
  }
  return op;
}

function readPath(cursor: CborCursor, op: WireOp): void {
  const start = cursor.textAt();
  setPath(op, cursor.bytes, start, cursor.at);
}

function readCid(cursor: CborCursor, op: WireOp): void {
  op.cidAt = cursor.tookNull() ? -1 : cursor.cidLinkAt();
  op.cidEnd = cursor.at;
}

/**
 * Gives every operation the block it names; most blocks are tree nodes that nobody asked for.
 * @returns the root of the repo's tree, out of the commit block
 */
function findBlocks(bytes: Buffer, wire: WireCommit): string | null {
  const { ops, commitAt, blocksAt, blocksEnd } = wire;
  // Only a commit that writes needs blocks: legacy `tooBig` commits have none.
  const car = blocksEnd > blocksAt ? openCar(bytes, blocksAt, blocksEnd) : null;
  if (car === null) return null;
  let data: string | null = null;
  while (car.next()) {
    const { cidAt, start, end } = car;
    if (commitAt >= 0 && isSameAt(bytes, commitAt, bytes, cidAt, CID_BYTES)) {
      data = treeRootOf(bytes, start, end);
    }
    for (const op of ops) {
      // A CID of another length is refused later: see `checkBlock`.
      if (op.cidAt < 0 || op.cidEnd - op.cidAt !== CID_BYTES) continue;
      if (isSameAt(bytes, op.cidAt, bytes, cidAt, CID_BYTES)) op.block = bytes.subarray(start, end);
    }
  }
  return data;
}

/** @throws Malformed with the reason that this operation cannot be published. */
export function checkOp(op: WireOp): CommitOp {
  const { action, collection, rkey } = op;
  if (collection === null) throw new Malformed("bad_collection", "collection is no NSID");
  if (!isTid(rkey) && !RKEY.test(rkey)) throw new Malformed("bad_rkey", `in ${collection}`);
  switch (action) {
    case "delete":
      return { action, collection, rkey };
    case "create":
    case "update": {
      const { record, sorted } = checkBlock(op, collection);
      const cid = cidToString(op.bytes, op.cidAt, op.cidEnd);
      return { action, collection, rkey, cid, record, sorted };
    }
    default:
      throw new Malformed("bad_action", `in ${collection}`);
  }
}

/** @param where the collection, for the detail of a rejection. */
function checkBlock({ bytes, cidAt, cidEnd, block }: WireOp, where: string) {
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
  const cursor = new CborCursor(block, "bad_record");
  cursor.mapSize();
  cursor.at = 0;
  cursor.check(RECORD_DEPTH_MAX);
  cursor.assertEnd();
  return cursor.sorted;
}
