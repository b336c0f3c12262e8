// A commit as it stands in a frame's body, before its blocks are looked at.

import { NSID } from "../../plan/names.ts";
import { latin1At } from "../cbor/latin1.ts";
import { NameTable } from "../cbor/name-table.ts";
import { isBase32At } from "./fields.ts";

export type WireCommit = {
  readonly did: string;
  readonly seq: number;
  readonly timeMs: number;
  readonly rev: string;
  readonly since: string | null;
  readonly prevData: string | null;
  readonly ops: readonly WireOp[];
  /** Where the CID of the commit block stands; -1 when there is none that a CAR can hold. */
  readonly commitAt: number;
  /** Where the CAR stands; -1 when there is none. */
  readonly blocksAt: number;
  readonly blocksEnd: number;
};

/** An operation. */
export type WireOp = {
  action: string;
  /** Null when it is no NSID. */
  collection: string | null;
  rkey: string;
  /** Where its CID stands, and its bytes there, from `cidAt` to `cidEnd`; none on delete: `cidAt` is -1. */
  bytes: Uint8Array;
  cidAt: number;
  cidEnd: number;
  /** Its block, once the CAR was read. */
  block: Uint8Array | null;
};

export function newWireOp(bytes: Uint8Array): WireOp {
  return { action: "", collection: null, rkey: "", bytes, cidAt: -1, cidEnd: -1, block: null };
}

/** Sets collection and rkey to those of the path that is the text from `start` to `end`. */
export function setPath(op: WireOp, bytes: Buffer, start: number, end: number): void {
  let slash = start;
  while (slash < end && bytes[slash] !== SLASH) slash += 1;
  op.collection = slash === end ? null : nsidAt(bytes, start, slash);
  const from = Math.min(slash + 1, end);
  op.rkey = isBase32At(bytes, from, end)
    ? latin1At(bytes, from, end)
    : bytes.toString("utf8", from, end);
}

/** A collection; null when it is not well formed. */
function nsidAt(bytes: Buffer, start: number, end: number): string | null {
  const known = knownNsids.find(bytes, start, end);
  if (known !== null) return known;
  const text = bytes.toString("utf8", start, end);
  if (!NSID.test(text)) return null;
  knownNsids.add(text);
  return text;
}

/** Collections that were found well formed: a few hundred make up nearly all of the firehose. */
const knownNsids = new NameTable(512);
const SLASH = "/".charCodeAt(0);
