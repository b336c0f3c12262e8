// Opens what `--from` names, and tells what the source and the shuffler have to say.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { systemClock } from "../runtime/adapters/system-clock.ts";
import type { Rejected } from "../shuffler/decode/rejection.ts";
import { openSource } from "../shuffler/sources/open.ts";
import type { Source, SourceNotice } from "../shuffler/sources/source.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { formatDuration } from "./terminal/units.ts";

/** `wss://…` and `ws://…`. */
export function isRelay(spec: string): boolean {
  return /^wss?:\/\//.test(spec);
}

/**
 * The source, its notices on standard error.
 * @param after position to go on behind; null for the start
 * @throws SourceError
 */
export function openNoisySource(
  spec: string,
  after: number | null,
  terminal: Terminal,
  signal: AbortSignal,
): Source {
  return openSource(spec, {
    after,
    signal,
    clock: systemClock,
    random: Math.random,
    onNotice: (notice) => terminal.say(noticeText(notice)),
  });
}

/** Bytes at both ends of a file that tell it from another of the same name. */
const IDENTITY_BYTES = 1_000_000;

/**
 * Names a source in a KV key, the same wherever it lies: a relay by its host, a file by name, size and
 * the bytes at its ends.
 * @throws CommandError when the file cannot be read
 */
export async function sourceKey(spec: string): Promise<string> {
  const url = isRelay(spec) ? URL.parse(spec) : null;
  if (url !== null) return `relay.${keyToken(url.host)}`;
  return `file.${keyToken(basename(spec))}.${await fileHash(spec)}`;
}

function keyToken(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9_=-]/g, "-");
}

async function fileHash(path: string): Promise<string> {
  await using file = await openFile(path);
  const { size } = await file.stat();
  const hash = createHash("sha256").update(`${size}:`);
  for (const at of [0, Math.max(0, size - IDENTITY_BYTES)]) {
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(Math.min(size, IDENTITY_BYTES)),
      position: at,
    });
    hash.update(buffer.subarray(0, bytesRead));
  }
  return hash.digest("hex").slice(0, 16);
}

async function openFile(path: string) {
  try {
    return await open(path);
  } catch (cause) {
    throw new CommandError(EXIT.notFound, `cannot read ${path}`, null, { cause });
  }
}

/** Tells of the first refusal of each kind; the rest are counted. */
export function rejectedText({ reason, detail }: Rejected): string {
  return `rejected (${reason}): ${detail}; more of this kind are only counted`;
}

export function noticeText(notice: SourceNotice): string {
  switch (notice.kind) {
    case "connected":
      return `connected to ${notice.url}`;
    case "disconnected":
      return `connection lost (${notice.reason}), again in ${formatDuration(notice.retryInMs)}`;
    case "relay-info":
      return `the relay says: ${notice.name}: ${notice.message}`;
    case "relay-error":
      return `the relay reports an error: ${notice.name}: ${notice.message}`;
    case "cid-mismatch":
      return `line ${notice.line}: the record is not what its CID says`;
  }
}
