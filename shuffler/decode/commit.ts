// `#commit`: its operations, each with its record block. One bad operation does not cost the others.

import { hash } from "node:crypto";
import { CborCursor } from "../cbor/cursor.ts";
import { CID_BYTES, CID_DIGEST_AT, isCidAt } from "./cid.ts";
import { findBlocks } from "./commit-blocks.ts";
import { type CheckedRecord, CommitRecords } from "./commit-records.ts";
import { eachField, requireFields } from "./each-field.ts";
import { atprotoCidAt, CommonFields, isTidAt, TID_LENGTH } from "./fields.ts";
import { FrameCommit } from "./frame-commit.ts";
import { FrameOp } from "./frame-op.ts";
import { KnownRecords } from "./known-records.ts";
import { COMMIT_OPS_MAX, RECORD_BYTES_MAX, RECORD_DEPTH_MAX } from "./limits.ts";
import { requireKeysOnce } from "./record-keys.ts";
import { catchMalformed, Malformed } from "./rejection.ts";

/** Fields that a commit must have: what the lexicon requires, without those that it calls deprecated. */
const REQUIRED = ["ops", "since", "blocks", "commit"];
const OP_REQUIRED = ["action", "path"];

/** All of a commit as it stands in the frame; its operations and its blocks are not yet checked. @throws Malformed */
export function readCommit(cursor: CborCursor): FrameCommit {
  const commit = new FrameCommit(cursor.bytes);
  const fields = new CommonFields(["repo", "seq", "time", "rev", "blocks"]);
  const keys = eachField(cursor, (key) => {
    if (!fields.take(key, cursor) && !readOwn(key, cursor, commit)) cursor.skip();
  });
  requireFields(cursor, keys, REQUIRED);
  commit.timeMs = fields.checkedTimeMs();
  fields.checkedRev();
  commit.revAt = fields.revAt;
  commit.did = fields.did;
  commit.seq = fields.seq;
  commit.blocksAt = fields.blocksAt;
  commit.blocksEnd = fields.blocksEnd;
  return commit;
}

/** Reads a field that only commits have; false when it is none. What nobody uses has its type checked only. */
function readOwn(key: string, cursor: CborCursor, commit: FrameCommit): boolean {
  switch (key) {
    case "ops":
      commit.ops = readOps(cursor);
      return true;
    case "since":
      readSince(cursor, commit);
      return true;
    case "commit":
      commit.commitAt = atprotoCidAt(cursor, "the commit");
      return true;
    case "prevData":
      readPrevData(cursor, commit);
      return true;
    case "prev":
      if (!cursor.tookNull()) atprotoCidAt(cursor, "the commit before");
      return true;
    case "tooBig":
      commit.tooBig = cursor.boolean();
      return true;
    case "rebase":
      cursor.boolean();
      return true;
    case "blobs":
      readBlobs(cursor);
      return true;
    default:
      return false;
  }
}

/** The commit, once its blocks are found and its operations checked: those that cannot be published are taken out. */
export function checkedCommit(commit: FrameCommit): FrameCommit {
  findBlocks(commit);
  const { ops } = commit;
  const records = ops.length === 1 ? null : new CommitRecords();
  const wrong = ops.map((op) => catchMalformed(() => checkOp(op, records)));
  const rejected = wrong.filter((one) => one !== null);
  if (rejected.length === 0) return commit;
  commit.ops = commit.ops.filter((_, i) => wrong[i] === null);
  commit.rejected = rejected;
  return commit;
}

/** The relay of the network writes a null for none. */
function readBlobs(cursor: CborCursor): void {
  if (cursor.tookNull()) return;
  for (let left = cursor.listSize(); left > 0; left -= 1) cursor.cidLinkAt();
}

function readSince(cursor: CborCursor, commit: FrameCommit): void {
  if (cursor.tookNull()) return;
  const start = cursor.textAt();
  if (cursor.at - start !== TID_LENGTH || !isTidAt(cursor.bytes, start)) {
    throw new Malformed("bad_rev", "since is no TID");
  }
  commit.sinceAt = start;
  commit.sinceEnd = cursor.at;
}

/** Some hosts write a null where the lexicon leaves the field out. */
function readPrevData(cursor: CborCursor, commit: FrameCommit): void {
  if (cursor.tookNull()) return;
  commit.prevDataAt = atprotoCidAt(cursor, "the tree before");
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
  const keys = eachField(cursor, (key) => {
    if (key === "action") op.setAction(cursor.name());
    else if (key === "path") op.setPath(cursor.textAt(), cursor.at);
    else if (key === "cid") {
      op.cidAt = cursor.tookNull() ? -1 : cursor.cidLinkAt();
      op.cidEnd = cursor.at;
    } else if (key === "prev") {
      op.prevAt = cursor.tookNull() ? -1 : cursor.cidLinkAt();
      op.prevEnd = cursor.at;
    } else cursor.skip();
  });
  requireFields(cursor, keys, OP_REQUIRED);
  return op;
}

/** Checks it and its record. @throws Malformed with the reason that it cannot be published */
function checkOp(op: FrameOp, records: CommitRecords | null): null {
  const { collection, frame, cidAt, cidEnd, prevAt, prevEnd } = op;
  if (collection === "") throw new Malformed("bad_collection", "collection is no NSID");
  if (!op.hasRkey()) throw new Malformed("bad_rkey", `in ${collection}`);
  if (!op.hasAction) throw new Malformed("bad_action", `in ${collection}`);
  if (prevAt >= 0 && (prevEnd - prevAt !== CID_BYTES || !isCidAt(frame, prevAt))) {
    throw new Malformed("bad_cid", `of a record before, in ${collection}`);
  }
  if (cidEnd < 0) throw new Malformed("bad_cid", `no \`cid\` in ${collection}`);
  if (op.action === "delete") {
    if (cidAt >= 0) throw new Malformed("bad_cid", `of a record that is deleted, in ${collection}`);
    return null;
  }
  if (records === null) take(op, checkOpBlock(op));
  else
    take(
      op,
      records.of(op, () => checkOpBlock(op)),
    );
  return null;
}

function take(op: FrameOp, { record, sorted }: CheckedRecord): void {
  op.record = record;
  op.sorted = sorted;
}

function checkOpBlock({
  frame,
  cidAt,
  cidEnd,
  blockAt,
  blockEnd,
  collection,
}: FrameOp): CheckedRecord {
  const block = blockAt < 0 ? null : frame.subarray(blockAt, blockEnd);
  return checkBlock(block, frame, cidAt, cidEnd, collection);
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
): CheckedRecord {
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
