// Reads the map of a frame's body field by field, and checks what more than one body has.

import { DID } from "../../plan/names.ts";
import type { CborCursor } from "../cbor/cursor.ts";
import { Malformed } from "./rejection.ts";
import { parseDatetime } from "./time.ts";

/** Fields that every sequenced body has, as they were read; not yet checked. */
export class CommonFields {
  did = "";
  seq = -1;
  time = "";
  rev = "";
  blocks: Buffer | null = null;

  /** Takes a field all bodies share; false when it is not one. */
  take(key: string, cursor: CborCursor): boolean {
    switch (key) {
      case "did":
      case "repo":
        this.did = cursor.text();
        return true;
      case "seq":
        this.seq = cursor.integer();
        return true;
      case "time":
        this.time = cursor.text();
        return true;
      case "rev":
        this.rev = cursor.text();
        return true;
      case "blocks":
        this.blocks = cursor.byteString();
        return true;
      default:
        return false;
    }
  }

  /** @throws Malformed when one of the fields is not what it must be. */
  checked(): { did: string; seq: number; timeMs: number } {
    this.checkedDid();
    if (this.seq < 0) throw new Malformed("bad_seq", `seq ${this.seq}`);
    const timeMs = parseDatetime(this.time);
    if (timeMs === null) throw new Malformed("bad_time", "time is no RFC 3339 instant");
    return { did: this.did, seq: this.seq, timeMs };
  }

  /** @throws Malformed when it is no DID. */
  checkedDid(): string {
    if (!DID.test(this.did)) throw new Malformed("bad_did", `${this.did.length} characters`);
    return this.did;
  }

  /** @throws Malformed when `rev` is no TID. */
  checkedRev(): string {
    if (!isTid(this.rev)) throw new Malformed("bad_rev", "rev is no TID");
    return this.rev;
  }
}

/** Handle (atproto.com/specs/handle), ASCII form. */
export const HANDLE =
  /^(?=.{3,253}$)([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;

/** TID (atproto.com/specs/tid). */
const TID = /^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/;

export function isTid(text: string): boolean {
  return TID.test(text);
}

/** Calls `onField` for each key of the map that comes next; it must read or skip the value. */
export function eachField(cursor: CborCursor, onField: (key: string) => void): void {
  for (let left = cursor.mapSize(); left > 0; left -= 1) onField(cursor.key());
}

/** A link that may be null. */
export function optionalLink(cursor: CborCursor): Uint8Array | null {
  return cursor.tookNull() ? null : cursor.cidLink();
}

/** A text field that may be null. */
export function optionalText(cursor: CborCursor): string | null {
  return cursor.tookNull() ? null : cursor.text();
}
