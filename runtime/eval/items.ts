// Takes a CBOR sequence apart by its lengths alone: what an item holds may be what no value of ours can be.

import { MAJOR } from "./cbor-encode.ts";
import { decodeRecords, decodeValue } from "./codec.ts";
import { MalformedPayload } from "./eval-error.ts";
import type { Value } from "./values.ts";
import { argumentAt, checkedEnd, headEnd } from "./view/skip.ts";

/** A record of a message that is no value of ours, as an older version may have written one. */
export class Unreadable {
  readonly error: MalformedPayload;
  readonly bytes: Uint8Array;

  constructor(error: MalformedPayload, bytes: Uint8Array) {
    this.error = error;
    this.bytes = bytes;
  }
}

/**
 * As `decodeRecords`, but what cannot be read keeps nothing else back.
 * @throws MalformedPayload when it cannot be told where one record ends
 */
export function decodeEach(payload: Uint8Array): readonly (Value | Unreadable)[] {
  try {
    return decodeRecords(payload);
  } catch (error) {
    if (!(error instanceof MalformedPayload)) throw error;
    return itemsByLength(payload).map(decodeOne);
  }
}

function decodeOne(item: Uint8Array): Value | Unreadable {
  try {
    return decodeValue(item);
  } catch (error) {
    if (!(error instanceof MalformedPayload)) throw error;
    return new Unreadable(error, Uint8Array.from(item));
  }
}

/** The CBOR items of a payload, each for itself. @throws MalformedPayload when it cannot be told where one ends */
export function itemsByLength(payload: Uint8Array): Uint8Array[] {
  const items: Uint8Array[] = [];
  for (let at = 0; at < payload.length; ) {
    const end = itemEnd(payload, at);
    items.push(payload.subarray(at, end));
    at = end;
  }
  return items;
}

function itemEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let left = 1; left > 0; left -= 1) {
    checkedEnd(at, 1, bytes.length);
    const head = bytes[at] ?? 0;
    const info = head & 31;
    const next = info < 24 ? at + 1 : headEnd(at, info, bytes.length);
    const argument = info < 24 ? info : argumentAt(bytes, at, next);
    const isText = head >> 5 === MAJOR.bytes || head >> 5 === MAJOR.text;
    at = isText ? checkedEnd(next, argument, bytes.length) : next;
    left += inside(head >> 5, argument);
  }
  return at;
}

/** How many items stand behind the head of one. */
function inside(major: number, argument: number): number {
  switch (major) {
    case MAJOR.list:
      return argument;
    case MAJOR.map:
      return 2 * argument;
    case MAJOR.tag:
      return 1;
    default:
      return 0;
  }
}
