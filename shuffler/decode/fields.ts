// Reads the map of a frame's body field by field, and checks what more than one body has.

import { DID } from "../../plan/names.ts";
import type { CborCursor } from "../cbor/cursor.ts";
import { CarReader } from "./car.ts";
import { CID_BYTES, isCidAt } from "./cid.ts";
import { BLOCKS_BYTES_MAX, COMMIT_BLOCKS_MAX } from "./limits.ts";
import { Malformed } from "./rejection.ts";
import { parseDatetimeAt } from "./time.ts";

/** What may stand in more than one body; each type of message names its own. */
const COMMON_NAMES = ["did", "repo", "seq", "time", "rev", "blocks"] as const;
type CommonName = (typeof COMMON_NAMES)[number];

/** Fields that more than one sequenced body has, as they were read; not yet checked. */
export class CommonFields {
  readonly #names: readonly CommonName[];
  did = "";
  seq = -1;
  /** Milliseconds since the epoch; null when it is no instant, or none was read. */
  timeMs: number | null = null;
  rev = "";
  /** Where it stands in the frame; -1 when there is none. */
  revAt = -1;
  /** Where the CAR stands in the frame; -1 when there is none. */
  blocksAt = -1;
  blocksEnd = -1;

  /** @param names the fields that this type of message has: others of the same name are none of it */
  constructor(names: readonly CommonName[]) {
    this.#names = names;
  }

  /** Takes a field of this type of message; false when it is not one. */
  take(key: string, cursor: CborCursor): boolean {
    const name = this.#names.find((one) => one === key);
    switch (name) {
      case undefined:
        return false;
      case "did":
      case "repo":
        this.did = cursor.text();
        return true;
      case "seq":
        this.seq = cursor.integer();
        return true;
      case "time":
        this.timeMs = parseDatetimeAt(cursor.bytes, cursor.textAt(), cursor.at);
        return true;
      case "rev":
        this.rev = cursor.text();
        this.revAt = cursor.at - this.rev.length; // A TID is ASCII.
        return true;
      case "blocks":
        this.blocksAt = cursor.bytesAt();
        this.blocksEnd = cursor.at;
        return true;
    }
  }

  /** @throws Malformed when one of the fields is not what it must be. */
  checkedTimeMs(): number {
    this.checkedDid();
    if (this.seq < 0) throw new Malformed("bad_seq", `seq ${this.seq}`);
    if (this.timeMs === null) throw new Malformed("bad_time", "time is no RFC 3339 instant");
    return this.timeMs;
  }

  /** @throws Malformed when it is no DID. */
  checkedDid(): string {
    if (!isPlcDid(this.did) && !DID.test(this.did))
      throw new Malformed("bad_did", `${this.did.length} characters`);
    return this.did;
  }

  /** @throws Malformed when `rev` is no TID. */
  checkedRev(): string {
    if (!isTid(this.rev)) throw new Malformed("bad_rev", "rev is no TID");
    return this.rev;
  }
}

/** The CAR in a frame. @throws Malformed when it is too long, or none */
export function openCar(frame: Uint8Array, start: number, end: number): CarReader {
  const bytes = end - start;
  if (bytes > BLOCKS_BYTES_MAX) throw new Malformed("oversize_blocks", `${bytes} bytes`);
  return new CarReader(frame, start, end, COMMIT_BLOCKS_MAX);
}

/** Handle (atproto.com/specs/handle), ASCII form. */
export const HANDLE =
  /^(?=.{3,253}$)([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

export const TID_LENGTH = 13;

/** TID (atproto.com/specs/tid). */
export function isTid(text: string): boolean {
  return text.length === TID_LENGTH && text.charCodeAt(0) <= LAST_TID_START && isBase32(text, 0);
}

/** Whether a TID stands at `at`. */
export function isTidAt(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] ?? 0) <= LAST_TID_START && isBase32At(bytes, at, at + TID_LENGTH);
}

const LAST_TID_START = "j".charCodeAt(0);
export const PLC = "did:plc:";
export const PLC_DID_LENGTH = 32;

/** Whether it is a DID as nearly all are; the pattern takes five times as long. */
function isPlcDid(text: string): boolean {
  return text.length === PLC_DID_LENGTH && text.startsWith(PLC) && isBase32(text, PLC.length);
}

/** Whether it is base32 from `start` on. */
function isBase32(text: string, start: number): boolean {
  for (let i = start; i < text.length; i += 1) if (!isBase32Code(text.charCodeAt(i))) return false;
  return true;
}

/** Whether the bytes from `start` to `end` are there, and base32. */
export function isBase32At(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) if (!isBase32Code(bytes[i] ?? 0)) return false;
  return true;
}

function isBase32Code(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x32 && code <= 0x37);
}

/** A text field that may be null. */
export function optionalText(cursor: CborCursor): string | null {
  return cursor.tookNull() ? null : cursor.text();
}

/** Where the link's CID begins. @throws Malformed `bad_cid` when it is none that a CAR can hold */
export function atprotoCidAt(cursor: CborCursor, what: string): number {
  const start = cursor.cidLinkAt();
  if (cursor.at - start !== CID_BYTES || !isCidAt(cursor.bytes, start)) {
    throw new Malformed("bad_cid", `of ${what}`);
  }
  return start;
}
