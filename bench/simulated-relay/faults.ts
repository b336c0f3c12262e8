// Frames a reader must survive: put them among the frames of a relay, or send them at any time.
import { messageFrame } from "./frame.ts";
import type { Random } from "./random.ts";

/** Above the 5 MB a frame may have. */
const OVERSIZE_BYTES = 5_000_001;

/** Cuts the frame off inside its body. */
export function truncated(frame: Uint8Array): Uint8Array {
  return frame.subarray(0, Math.floor(frame.length / 2));
}

/** Flips one byte in the last third, where blocks and signatures are. The length stays. */
export function garbled(frame: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(frame);
  const index = Math.floor(frame.length * random.between(0.66, 1));
  copy[index] = (copy[index] ?? 0) ^ 0xff;
  return copy;
}

/** Bytes that are not CBOR at all. */
export function noise(random: Random, length: number): Uint8Array {
  return random.bytes(length).fill(0xff, 0, 1);
}

/** A message of a type no reader knows yet: it must be skipped. */
export async function unknownType(seq: number): Promise<Uint8Array> {
  const body = { seq, did: "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", time: "2026-07-04T12:00:00.000Z" };
  return (await messageFrame("#labelled", seq, body)).bytes;
}

/** A well-formed message larger than the protocol allows. */
export async function oversize(seq: number): Promise<Uint8Array> {
  const padding = new Uint8Array(OVERSIZE_BYTES);
  return (await messageFrame("#sync", seq, { seq, blocks: padding })).bytes;
}
