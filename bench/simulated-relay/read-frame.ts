// Takes a frame apart again: for the server, which needs the sequence number of each frame of a
// recording, and for tests.
import { cborToLexRecord } from "@atproto/repo";
import type { LexRecord } from "./simulated-repo.ts";

/** A frame's header and body. `type` is null for an error frame. */
export type ReadFrame = {
  readonly op: number;
  readonly type: string | null;
  readonly body: LexRecord;
};

/** CBOR: the low five bits of an item's first byte hold a length below this themselves. */
const INLINE_LENGTH_END = 24;
const [CBOR_UINT, CBOR_NEGATIVE, CBOR_TEXT, CBOR_MAP] = [0, 1, 3, 5];

/** @throws Error when the bytes are not two DAG-CBOR maps with an `op` in the first. */
export function readFrame(bytes: Uint8Array): ReadFrame {
  const bodyStart = headerLength(bytes);
  const { op, t } = cborToLexRecord(bytes.subarray(0, bodyStart));
  const body = cborToLexRecord(bytes.subarray(bodyStart));
  if (typeof op !== "number") throw new Error("a frame header without `op`");
  return { op, type: typeof t === "string" ? t : null, body };
}

/** The sequence number of a frame, or null when it has none (`#info`, errors). */
export function seqOf(bytes: Uint8Array): number | null {
  const { seq } = readFrame(bytes).body;
  return typeof seq === "number" ? seq : null;
}

/** Walks the header, a flat map of short texts and small integers; decoders give no offsets. */
function headerLength(bytes: Uint8Array): number {
  const map = itemHead(bytes, 0);
  if (map.kind !== CBOR_MAP) throw new Error("a frame that does not start with a map");
  let offset = 1;
  for (let left = 2 * map.length; left > 0; left -= 1) {
    const { kind, length } = itemHead(bytes, offset);
    if (kind === CBOR_TEXT) offset += 1 + length;
    else if (kind === CBOR_UINT || kind === CBOR_NEGATIVE) offset += 1;
    else throw new Error(`a frame header with a value of CBOR kind ${kind}`);
  }
  return offset;
}

function itemHead(bytes: Uint8Array, offset: number): { kind: number; length: number } {
  const byte = bytes[offset] ?? 0xff;
  const length = byte & 0x1f;
  if (length >= INLINE_LENGTH_END) throw new Error("a frame header with a long value");
  return { kind: byte >> 5, length };
}
