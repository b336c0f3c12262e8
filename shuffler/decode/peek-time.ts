// The `time` of a frame without decoding the rest, and where that stands which tells the frame from all others.

import { bufferOf, CborCursor } from "../cbor/cursor.ts";
import { endOfKnown, knownBytes, LINK, textHead } from "../cbor/known-bytes.ts";
import { CID_BYTES } from "./cid.ts";
import { eachField } from "./each-field.ts";
import { PLC_DID_LENGTH, TID_LENGTH } from "./fields.ts";
import { FRAME_BYTES_MAX } from "./limits.ts";
import { catchMalformed } from "./rejection.ts";
import { parseDatetimeAt } from "./time.ts";

const TIME_BYTES = 24;
const ACTION_BYTES = 6;
const HEADER = knownBytes("\xa2\x61t\x67#commit\x62op\x01");
const OPS = knownBytes("\x63ops");
const REV = knownBytes(`\x63rev${textHead(TID_LENGTH)}`);
const SEQ = knownBytes("\x63seq");
const REPO = knownBytes(`\x64repo${textHead(PLC_DID_LENGTH)}`);
const TIME = knownBytes(`\x64time${textHead(TIME_BYTES)}`);
const CID = knownBytes(`\x63cid${LINK}`);
const NO_CID = knownBytes("\x63cid\xf6");
const PATH = knownBytes("\x64path");
const PREV = knownBytes(`\x64prev${LINK}`);
const ACTION = knownBytes("\x66action\x66");
/** Heads: of a map with the least and the most fields of a commit, of an empty list, of an empty text. */
const [COMMIT_MAP_MIN, COMMIT_MAP_MAX, LIST, TEXT] = [0xab, 0xac, 0x80, 0x60];
/** Greatest argument within a head, and what a head adds whose argument has one, two, four or eight bytes. */
const SHORT_MAX = 23;
const ONE_BYTE = 24;
const EIGHT_BYTES = 27;
const NOT_THERE = -1;

/** Where the revision (`TID_LENGTH` bytes) and the DID (`PLC_DID_LENGTH` bytes) stand in a frame. */
export type CommitPlaces = {
  /** -1: the frame is no commit with the usual fields. */
  revAt: number;
  didAt: number;
};

/**
 * @param places if given, gets what was passed on the way
 * @returns milliseconds since the epoch; null when the frame has no time, or none that can be read
 */
export function peekTimeMs(frame: Uint8Array, places?: CommitPlaces): number | null {
  if (places !== undefined) places.revAt = NOT_THERE;
  if (frame.length > FRAME_BYTES_MAX) return null;
  const bytes = bufferOf(frame);
  const revAt = usualRevAt(bytes);
  const at = usualTimeAt(bytes, revAt);
  if (at >= 0) {
    if (places !== undefined) {
      places.revAt = revAt;
      places.didAt = at - TIME.length - PLC_DID_LENGTH;
    }
    return parseDatetimeAt(bytes, at, at + TIME_BYTES);
  }
  const found = catchMalformed(() => ({ kind: "time" as const, timeMs: searchedTime(bytes) }));
  return found.kind === "time" ? found.timeMs : null;
}

function searchedTime(bytes: Buffer): number | null {
  const cursor = new CborCursor(bytes, "bad_frame");
  cursor.skip();
  let timeMs: number | null = null;
  eachField(cursor, (key) => {
    if (key === "time") timeMs = parseDatetimeAt(cursor.bytes, cursor.textAt(), cursor.at);
    else cursor.skip();
  });
  return timeMs;
}

/** Where the revision of a commit stands whose fields are as nearly all commits have them; negative for others. */
function usualRevAt(bytes: Buffer): number {
  let at = endOfKnown(bytes, 0, HEADER);
  const map = bytes[at] ?? 0;
  if (at < 0 || map < COMMIT_MAP_MIN || map > COMMIT_MAP_MAX) return NOT_THERE;
  at = endOfKnown(bytes, at + 1, OPS);
  const ops = (bytes[at] ?? 0) - LIST;
  if (at < 0 || ops < 0 || ops > SHORT_MAX) return NOT_THERE;
  at += 1;
  for (let left = ops; left > 0 && at >= 0; left -= 1) at = endOfOp(bytes, at);
  return endOfKnown(bytes, at, REV);
}

/** Likewise the time behind it. */
function usualTimeAt(bytes: Buffer, revAt: number): number {
  let at = endOfKnown(bytes, skipped(revAt, TID_LENGTH), SEQ);
  at = endOfKnown(bytes, endOfHead(bytes, at, 0), REPO);
  at = endOfKnown(bytes, skipped(at, PLC_DID_LENGTH), TIME);
  return at + TIME_BYTES > bytes.length ? NOT_THERE : at;
}

function endOfOp(bytes: Buffer, start: number): number {
  const isWrite = endOfKnown(bytes, start + 1, NO_CID) < 0;
  let at = isWrite
    ? skipped(endOfKnown(bytes, start + 1, CID), CID_BYTES)
    : endOfKnown(bytes, start + 1, NO_CID);
  at = endOfKnown(bytes, at, PATH);
  if (at < 0) return NOT_THERE;
  const pathAt = endOfHead(bytes, at, TEXT);
  if (pathAt < 0) return NOT_THERE;
  at = pathAt + argumentAt(bytes, at, pathAt, TEXT);
  const prev = endOfKnown(bytes, at, PREV);
  if (prev >= 0) at = prev + CID_BYTES;
  return skipped(endOfKnown(bytes, at, ACTION), ACTION_BYTES);
}

function skipped(at: number, count: number): number {
  return at < 0 ? NOT_THERE : at + count;
}

/** @param major the head without its argument */
function endOfHead(bytes: Buffer, at: number, major: number): number {
  const info = at < 0 ? -1 : (bytes[at] ?? 0) - major;
  if (info < 0 || info > EIGHT_BYTES) return NOT_THERE;
  return at + 1 + (info <= SHORT_MAX ? 0 : 1 << (info - ONE_BYTE));
}

/** Argument of the head from `at` to `end`. */
function argumentAt(bytes: Buffer, at: number, end: number, major: number): number {
  if (end === at + 1) return (bytes[at] ?? 0) - major;
  let value = 0;
  for (let i = at + 1; i < end; i += 1) value = value * 256 + (bytes[i] ?? 0);
  return value;
}
