// One source item as bytes: length and CRC-32 of what follows, a small JSON head, the frame as it came.
//   u32 length | u32 crc | u16 length of the head | head | frame      (little-endian)

import { crc32 } from "node:zlib";
import type { RejectReason } from "../decode/rejection.ts";
import type { Session, SourceItem } from "../sources/source.ts";

export const PREFIX_BYTES = 8;
const HEAD_LENGTH_BYTES = 2;

/** `i` counts the entries of a buffer, so that a missing one is noticed. */
type Head = {
  readonly i: number;
  readonly p: number;
  readonly s?: Session;
  /** Why the source refused it, when it did. */
  readonly r?: { readonly reason: RejectReason; readonly detail: string };
};

export type Entry = { readonly index: number; readonly item: SourceItem };

/** @throws TypeError for a message that is no refusal: live sources make no other, and no clocks before the buffer. */
export function encodeEntry({ index, item }: Entry): Buffer {
  const head: Head = {
    i: index,
    p: item.position,
    ...(item.session !== undefined && { s: item.session }),
    ...(item.kind !== "frame" && { r: refusalOf(item) }),
  };
  const headBytes = Buffer.from(JSON.stringify(head));
  const bytes = Buffer.allocUnsafe(
    PREFIX_BYTES + HEAD_LENGTH_BYTES + headBytes.length + item.raw.length,
  );
  bytes.writeUInt16LE(headBytes.length, PREFIX_BYTES);
  headBytes.copy(bytes, PREFIX_BYTES + HEAD_LENGTH_BYTES);
  bytes.set(item.raw, PREFIX_BYTES + HEAD_LENGTH_BYTES + headBytes.length);
  const payload = bytes.subarray(PREFIX_BYTES);
  bytes.writeUInt32LE(payload.length, 0);
  bytes.writeUInt32LE(crc32(payload), 4);
  return bytes;
}

function refusalOf(item: SourceItem & { kind: "message" | "clock" }) {
  if (item.kind === "clock") throw new TypeError("a buffer takes no clock");
  const { message } = item;
  if (message.kind !== "rejected") throw new TypeError(`a buffer takes no ${message.kind}`);
  return { reason: message.reason, detail: message.detail };
}

/** Bytes of the entry that begins at `at`, prefix included; null when not even that is there. */
export function entryBytes(bytes: Buffer, at: number): number | null {
  return bytes.length - at < PREFIX_BYTES ? null : PREFIX_BYTES + bytes.readUInt32LE(at);
}

/** The entry in `bytes[at, end)`; null when its CRC is wrong. */
export function decodeEntry(bytes: Buffer, at: number, end: number): Entry | null {
  const payload = bytes.subarray(at + PREFIX_BYTES, end);
  if (payload.length < HEAD_LENGTH_BYTES || crc32(payload) !== bytes.readUInt32LE(at + 4)) {
    return null;
  }
  const rawAt = HEAD_LENGTH_BYTES + payload.readUInt16LE(0);
  // What the CRC covers is what `encodeEntry` wrote.
  const head = JSON.parse(payload.toString("utf8", HEAD_LENGTH_BYTES, rawAt)) as Head;
  const common = {
    position: head.p,
    raw: payload.subarray(rawAt),
    ...(head.s !== undefined && { session: head.s }),
  };
  const { r: refusal } = head;
  return {
    index: head.i,
    item:
      refusal === undefined
        ? { kind: "frame", ...common }
        : { kind: "message", ...common, message: { kind: "rejected", ...refusal } },
  };
}
