// A FIREHOSE message in the benchmarks' files:
//   [u16 subject bytes][subject][f64 watermark, NaN without][u32 payload bytes][payload], little-endian.

import { open, stat } from "node:fs/promises";
import { HEADER } from "../../plan/names.ts";
import type { FirehoseMessage } from "../../runtime/plan-driver.ts";

const EMPTY_HEADERS: ReadonlyMap<string, string> = new Map();

export function encodeMessage(
  subject: string,
  watermarkMs: string | undefined,
  payload: Uint8Array,
): Uint8Array {
  const bytes = Buffer.allocUnsafe(2 + subject.length + 8 + 4 + payload.length);
  let at = bytes.writeUInt16LE(subject.length, 0);
  at += bytes.write(subject, at, "latin1");
  at = bytes.writeDoubleLE(watermarkMs === undefined ? Number.NaN : Number(watermarkMs), at);
  at = bytes.writeUInt32LE(payload.length, at);
  bytes.set(payload, at);
  return bytes;
}

/** All messages of a file; payloads are views into it. */
export async function readMessages(path: string): Promise<FirehoseMessage[]> {
  const bytes = await readWhole(path);
  const subjects = new Map<string, string>();
  const messages: FirehoseMessage[] = [];
  for (let at = 0; at < bytes.length; ) {
    const subjectEnd = at + 2 + bytes.readUInt16LE(at);
    const subject = interned(subjects, bytes.toString("latin1", at + 2, subjectEnd));
    const watermarkMs = bytes.readDoubleLE(subjectEnd);
    const payloadAt = subjectEnd + 12;
    at = payloadAt + bytes.readUInt32LE(subjectEnd + 8);
    const headers = Number.isNaN(watermarkMs)
      ? EMPTY_HEADERS
      : new Map([[HEADER.watermark, String(watermarkMs)]]);
    // A plain view, as the NATS client gives: a Buffer has slower accessors of its own.
    const payload = new Uint8Array(bytes.buffer, bytes.byteOffset + payloadAt, at - payloadAt);
    messages.push({ subject, headers, payload });
  }
  return messages;
}

/** The lines of a file as strings of one byte a character where they can be. */
export async function readLines(path: string): Promise<string[]> {
  const bytes = await readWhole(path);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0x0a, at);
    lines.push(bytes.toString("utf8", at, end));
    at = end + 1;
  }
  return lines;
}

/** `readFile` refuses more than 2 GiB. */
async function readWhole(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  const bytes = Buffer.allocUnsafeSlow(size);
  await using file = await open(path);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(1 << 28, size - at), at);
    at += bytesRead;
  }
  return bytes;
}

function interned(known: Map<string, string>, text: string): string {
  const same = known.get(text);
  if (same !== undefined) return same;
  known.set(text, text);
  return text;
}
