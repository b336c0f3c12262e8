// `#commit`: its operations, each with its record block. One bad operation does not cost the others.

import { hash } from "node:crypto";
import { NSID, RKEY } from "../../plan/names.ts";
import { CborCursor } from "../cbor/cursor.ts";
import { walkCar } from "./car.ts";
import { CID_BYTES, CID_DIGEST_AT, cidToString, isCidAt, isThisCidAt } from "./cid.ts";
import { CommonFields, eachField, optionalLink, optionalText } from "./fields.ts";
import { BLOCKS_BYTES_MAX, COMMIT_OPS_MAX, RECORD_BYTES_MAX, RECORD_DEPTH_MAX } from "./limits.ts";
import type { CommitMessage, CommitOp } from "./message.ts";
import { catchMalformed, Malformed, type Rejected } from "./rejection.ts";
import { treeRootOf } from "./tree-root.ts";

/** An operation as it stands in the body. */
export type WireOp = Wanted & {
  action: string;
  path: string;
};

/** A block that is looked for in the CAR. */
type Wanted = {
  /** Binary; null on delete. */
  cid: Uint8Array | null;
  /** Its block, once the CAR was walked. */
  block: Uint8Array | null;
};

export function readCommit(cursor: CborCursor): CommitMessage {
  const fields = new CommonFields();
  let wireOps: WireOp[] = [];
  const commit: Wanted = { cid: null, block: null };
  let since: string | null = null;
  let prevData: Uint8Array | null = null;
  eachField(cursor, (key) => {
    if (key === "ops") wireOps = readOps(cursor);
    else if (key === "since") since = optionalText(cursor);
    else if (key === "commit") commit.cid = optionalLink(cursor);
    else if (key === "prevData") prevData = optionalLink(cursor);
    else if (!fields.take(key, cursor)) cursor.skip();
  });
  const { did, seq, timeMs } = fields.checked();
  const rev = fields.checkedRev();
  findBlocks([commit, ...wireOps], fields.blocks);
  const data = commit.block === null ? null : treeRootOf(commit.block);
  const ops: CommitOp[] = [];
  const rejected: Rejected[] = [];
  for (const wireOp of wireOps) {
    const op = catchMalformed(() => checkOp(wireOp));
    if ("kind" in op) rejected.push(op);
    else ops.push(op);
  }
  return { kind: "commit", did, seq, timeMs, rev, since, prevData, data, ops, rejected };
}

function readOps(cursor: CborCursor): WireOp[] {
  const size = cursor.listSize();
  if (size > COMMIT_OPS_MAX) throw new Malformed("too_many_ops", `${size} operations`);
  return Array.from({ length: size }, () => readOp(cursor));
}

function readOp(cursor: CborCursor): WireOp {
  const op: WireOp = { action: "", path: "", cid: null, block: null };
  eachField(cursor, (key) => {
    if (key === "action") op.action = cursor.text();
    else if (key === "path") op.path = cursor.text();
    else if (key === "cid") op.cid = optionalLink(cursor);
    else cursor.skip();
  });
  return op;
}

/** Gives every one the block it names. Most blocks are tree nodes that nobody asked for. */
function findBlocks(all: readonly Wanted[], car: Uint8Array | null): void {
  const wanted = all.filter(({ cid }) => cid !== null);
  // Only a commit that writes needs blocks: legacy `tooBig` commits have none.
  if (car === null || car.length === 0) return;
  if (car.length > BLOCKS_BYTES_MAX) throw new Malformed("oversize_blocks", `${car.length} bytes`);
  walkCar(car, (cidAt, start, end) => {
    for (const one of wanted) {
      const { cid } = one;
      // One of another length is refused later: see `checkBlock`.
      if (cid === null || cid.length !== CID_BYTES || !isThisCidAt(cid, car, cidAt)) continue;
      one.block = car.subarray(start, end);
    }
  });
}

/** @throws Malformed with the reason that this operation cannot be published. */
export function checkOp(op: WireOp): CommitOp {
  const slash = op.path.indexOf("/");
  const collection = op.path.slice(0, Math.max(slash, 0));
  const rkey = op.path.slice(slash + 1);
  if (!isNsid(collection)) throw new Malformed("bad_collection", "collection is no NSID");
  if (!RKEY.test(rkey)) throw new Malformed("bad_rkey", `in ${collection}`);
  switch (op.action) {
    case "delete":
      return { action: "delete", collection, rkey };
    case "create":
    case "update":
      return { action: op.action, collection, rkey, ...checkBlock(op, collection) };
    default:
      throw new Malformed("bad_action", `in ${collection}`);
  }
}

/** Collections that were found well formed: a few hundred make up nearly all of the firehose. */
const knownNsids = new Set<string>();
const KNOWN_NSIDS_MAX = 1000;

function isNsid(text: string): boolean {
  if (knownNsids.has(text)) return true;
  if (!NSID.test(text)) return false;
  if (knownNsids.size < KNOWN_NSIDS_MAX) knownNsids.add(text);
  return true;
}

/** @param where the collection, for the detail of a rejection. */
function checkBlock(op: WireOp, where: string): { cid: string; record: Uint8Array } {
  const { cid, block } = op;
  if (cid === null || cid.length !== CID_BYTES || !isCidAt(cid, 0)) {
    throw new Malformed("bad_cid", `of a record in ${where}`);
  }
  if (block === null) throw new Malformed("missing_block", `of a record in ${where}`);
  if (block.length > RECORD_BYTES_MAX) {
    throw new Malformed("oversize_record", `${block.length} bytes in ${where}`);
  }
  checkRecord(block);
  if (!isDigestOf(hash("sha256", block, "binary"), cid)) {
    throw new Malformed("bad_cid", `not the hash of its block in ${where}`);
  }
  return { cid: cidToString(cid), record: block };
}

/** @param digest one character a byte */
function isDigestOf(digest: string, cid: Uint8Array): boolean {
  for (let i = 0; i < digest.length; i += 1) {
    if (digest.charCodeAt(i) !== cid[CID_DIGEST_AT + i]) return false;
  }
  return true;
}

/**
 * A record is one DAG-CBOR map, well formed to its last byte and with UTF-8 text throughout, so that it
 * can be embedded verbatim and decoded by anyone later.
 * @throws Malformed `bad_record` or `bad_utf8`.
 */
export function checkRecord(block: Uint8Array): void {
  const cursor = new CborCursor(block, "bad_record");
  cursor.mapSize();
  cursor.at = 0;
  cursor.check(RECORD_DEPTH_MAX);
  cursor.assertEnd();
}
