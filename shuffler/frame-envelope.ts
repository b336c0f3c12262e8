// The envelope of an operation whose commit stands in a frame as nearly all do: `envelope.ts` gives the same bytes, made
// of its texts. Here they are copied from the frame, and what is the same in every event is written at once.

import { textHead } from "./cbor/known-bytes.ts";
import { type CborWriter, knownRun } from "./cbor/writer.ts";
import { CID_CHARS } from "./decode/cid.ts";
import { PLC_DID_LENGTH, TID_LENGTH } from "./decode/fields.ts";
import type { FrameCommit } from "./decode/frame-commit.ts";
import type { FrameOp } from "./decode/frame-op.ts";
import type { FrameOpText } from "./frame-op-text.ts";

/** Heads of what is always so long. */
const TID_HEAD = textHead(TID_LENGTH);
const DID_HEAD = textHead(PLC_DID_LENGTH);
const CID_HEAD = textHead(CID_CHARS);

const DELETE = knownRun(`\xa8\x62op\x66delete\x63did${DID_HEAD}`);
const CREATE = knownRun(`\xaa\x62op\x66create\x63cid${CID_HEAD}`);
const UPDATE = knownRun(`\xaa\x62op\x66update\x63cid${CID_HEAD}`);
const DID = knownRun(`\x63did${DID_HEAD}`);
const REV = knownRun(`\x63rev${TID_HEAD}`);
const SEQ = knownRun("\x63seq");
const KIND_RKEY = knownRun("\x64kind\x66commit\x64rkey");
const TIME = knownRun("\x64time");
const RECORD = knownRun("\x66record");
const COLLECTION = knownRun("\x6acollection");

/** @param text that of `op`, which is one of `commit`'s */
export function encodeFrameOp(
  writer: CborWriter,
  text: FrameOpText,
  commit: FrameCommit,
  op: FrameOp,
): Uint8Array {
  const { words, didAt, revAt, cidAt } = text;
  const isWrite = op.action !== "delete";
  if (isWrite) {
    writer.known(op.action === "create" ? CREATE : UPDATE);
    writer.copied(words, cidAt, cidAt + CID_CHARS).known(DID);
  } else writer.known(DELETE);
  writer.copied(words, didAt, didAt + PLC_DID_LENGTH).known(REV);
  writer
    .copied(words, revAt, revAt + TID_LENGTH)
    .known(SEQ)
    .number(commit.seq);
  writer.known(KIND_RKEY).copiedText(words, text.rkeyAt, text.rkeyEnd);
  writer.known(TIME).number(commit.timeMs);
  if (isWrite) {
    writer.known(RECORD);
    if (op.sorted) writer.byteString(op.record);
    else writer.raw(op.record);
  }
  writer.known(COLLECTION).copiedText(words, text.collectionAt, text.collectionEnd);
  return writer.take();
}
