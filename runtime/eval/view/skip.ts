// Passes over a CBOR item by its length. It accepts exactly what CborReader does, and nothing past the end is
// read. Plain functions on offsets: keeping the place in a field costs a third more.

import { CborReader } from "../cbor-decode.ts";
import { MAJOR, READ_DEPTH_MAX, TAG_LINK } from "../cbor-encode.ts";
import { MalformedPayload } from "../eval-error.ts";

/** Simple values; floats are what else there is of their major type. */
const FALSE = 0xf4;
const UNDEFINED = 0xf7;
/** What a head says whose argument has one byte. */
const ONE_BYTE = 24;

const reader = new CborReader();

/** Where the item at `at` ends, which is nested `depth` deep. @throws EvaluationError where CborReader would */
export function skipItem(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (at >= end) throw new MalformedPayload("unexpected end");
  const head = bytes[at] ?? 0;
  const major = head >> 5;
  if (major === MAJOR.simple) {
    return head >= FALSE && head <= UNDEFINED ? at + 1 : readWhole(bytes, at, depth);
  }
  let argument = head & 31;
  let next = at + 1;
  if (argument === ONE_BYTE) {
    next = checkedEnd(next, 1, end);
    argument = bytes[at + 1] ?? 0;
  } else if (argument > ONE_BYTE) {
    next = headEnd(at, argument, end);
    argument = argumentAt(bytes, at, next);
  }
  switch (major) {
    case MAJOR.unsigned:
    case MAJOR.negative:
      return next;
    case MAJOR.bytes:
    case MAJOR.text:
      return checkedEnd(next, argument, end);
    case MAJOR.list:
      checkContainer(argument, end - next, depth);
      for (let left = argument; left > 0; left -= 1) next = skipItem(bytes, next, end, depth + 1);
      return next;
    case MAJOR.map:
      checkContainer(argument * 2, end - next, depth);
      for (let left = argument; left > 0; left -= 1) {
        next = keyEnd(bytes, next, end);
        next = skipItem(bytes, next, end, depth + 1);
      }
      return next;
    default:
      return argument === TAG_LINK ? linkEnd(bytes, next, end) : readWhole(bytes, at, depth);
  }
}

/** Where the head at `at` ends. @param info its lower five bits, 24 or more */
export function headEnd(at: number, info: number, end: number): number {
  if (info > 27) throw new MalformedPayload(`unsupported length ${info}`);
  return checkedEnd(at + 1, 1 << (info - 24), end);
}

/** The argument of the head that stands from `at` to `headEnd`, of more than one byte. */
export function argumentAt(bytes: Uint8Array, at: number, headEnd: number): number {
  let argument = 0;
  for (let i = at + 1; i < headEnd; i += 1) argument = argument * 256 + (bytes[i] ?? 0);
  return argument;
}

/** Where `length` bytes from `start` end. */
export function checkedEnd(start: number, length: number, end: number): number {
  if (length > end - start) throw new MalformedPayload("unexpected end");
  return start + length;
}

/** Checks a list or map of `items` items, of which each has a byte. */
export function checkContainer(items: number, bytesLeft: number, depth: number): void {
  if (items > bytesLeft) throw new MalformedPayload("unexpected end");
  if (depth >= READ_DEPTH_MAX) throw new MalformedPayload("nested too deep");
}

function keyEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) throw new MalformedPayload("unexpected end");
  const head = bytes[at] ?? 0;
  if (head >> 5 !== MAJOR.text) throw new MalformedPayload("a map key is not text");
  const info = head & 31;
  if (info < 24) return checkedEnd(at + 1, info, end);
  const start = headEnd(at, info, end);
  return checkedEnd(start, argumentAt(bytes, at, start), end);
}

/** A link is bytes that begin with 0. */
function linkEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) throw new MalformedPayload("unexpected end");
  const head = bytes[at] ?? 0;
  if (head >> 5 !== MAJOR.bytes) throw new MalformedPayload("a link is not bytes");
  let length = head & 31;
  let start = at + 1;
  if (length >= 24) {
    start = headEnd(at, length, end);
    length = argumentAt(bytes, at, start);
  }
  const after = checkedEnd(start, length, end);
  if (length < 2 || bytes[start] !== 0) throw new MalformedPayload("a link is not a CID");
  return after;
}

/** What is rare: floats, instants and durations are read, and so checked. */
function readWhole(bytes: Uint8Array, at: number, depth: number): number {
  reader.valueAt(bytes, at, depth);
  return reader.at;
}
