// An operation of a commit where it stands in the frame. Its texts are made when somebody asks for them: what only
// passes on to the event is copied from here as bytes.

import { EVENT_OPS, type EventOp } from "../../plan/event.ts";
import { NSID, RKEY } from "../../plan/names.ts";
import { NameTable } from "../cbor/name-table.ts";
import { cidToString } from "./cid.ts";
import { isTidAt, TID_LENGTH } from "./fields.ts";
import { TREE_KEY_BYTES_MAX } from "./limits.ts";

const SLASH = "/".charCodeAt(0);
const NO_BYTES = new Uint8Array();

/** As it was read; `checkedCommit` checks it, and what passes can be published. */
export class FrameOp {
  readonly frame: Buffer;
  action: EventOp = "delete";
  /** False while there is none, or none that is known. */
  hasAction = false;
  /** Where collection and rkey stand; neither is there before `setPath`. */
  collectionAt = 0;
  collectionEnd = 0;
  rkeyAt = 0;
  rkeyEnd = 0;
  /** Empty when it is no NSID. */
  collection = "";
  /** Where its CID stands, from `cidAt` to `cidEnd`; none on delete: `cidAt` is -1. `cidEnd` is -1 when nothing is said. */
  cidAt = -1;
  cidEnd = -1;
  /** Where the CID of what the path held before stands, likewise; -1 when it is not said. */
  prevAt = -1;
  prevEnd = -1;
  /** Where the block of that CID stands; -1 when the CAR does not hold it. */
  blockAt = -1;
  blockEnd = -1;
  /** The block, a view into the frame, once it was checked. */
  record: Uint8Array = NO_BYTES;
  /** Whether the keys of all its maps are in DAG-CBOR order, as they should be. */
  sorted = false;

  constructor(frame: Buffer) {
    this.frame = frame;
  }

  /** Takes collection and rkey out of the path that is the text from `start` to `end`. */
  setPath(start: number, end: number): void {
    const { frame } = this;
    // One that is too long for a key of the tree names no collection, and is not looked through.
    let slash = end - start > TREE_KEY_BYTES_MAX ? end : start;
    while (slash < end && frame[slash] !== SLASH) slash += 1;
    this.collection = slash === end ? "" : nsidAt(frame, start, slash);
    this.collectionAt = start;
    this.collectionEnd = slash;
    this.rkeyAt = Math.min(slash + 1, end);
    this.rkeyEnd = end;
  }

  setAction(name: string): void {
    const action = EVENT_OPS.find((op) => op === name);
    this.hasAction = action !== undefined;
    if (action !== undefined) this.action = action;
  }

  get rkey(): string {
    return this.frame.toString("utf8", this.rkeyAt, this.rkeyEnd);
  }

  hasRkey(): boolean {
    const { frame, rkeyAt, rkeyEnd } = this;
    return (rkeyEnd - rkeyAt === TID_LENGTH && isTidAt(frame, rkeyAt)) || RKEY.test(this.rkey);
  }

  /** Base32 string; not of a delete. */
  get cid(): string {
    return cidToString(this.frame, this.cidAt, this.cidEnd);
  }
}

/** A collection; empty when it is not well formed. */
function nsidAt(bytes: Buffer, start: number, end: number): string {
  const known = knownNsids.find(bytes, start, end);
  if (known !== null) return known;
  const text = bytes.toString("utf8", start, end);
  if (!NSID.test(text)) return "";
  knownNsids.add(text);
  return text;
}

/** Collections that were found well formed: a few hundred make up nearly all of the firehose. */
const knownNsids = new NameTable(512);
