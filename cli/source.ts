// Opens what `--from` names, and tells what the source and the shuffler have to say.

import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { systemClock } from "../runtime/adapters/system-clock.ts";
import type { Rejected } from "../shuffler/decode/rejection.ts";
import type { Places } from "../shuffler/ports.ts";
import type { Gap } from "../shuffler/repo-order.ts";
import { openSource, STDIN } from "../shuffler/sources/open.ts";
import { newRelayStats, type RelayStats } from "../shuffler/sources/relay-stats.ts";
import type { Source, SourceNotice } from "../shuffler/sources/source.ts";
import type { StateMessage } from "../shuffler/state-order.ts";
import type { Context } from "./context.ts";
import { CommandError, EXIT } from "./exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { formatDuration } from "./terminal/units.ts";
import { VERSION } from "./version.ts";

/** `wss://…` and `ws://…`. */
export function isRelay(spec: string): boolean {
  return /^wss?:\/\//.test(spec);
}

/** What a source may be, for the help of commands. */
export const SOURCE_HELP =
  "a .frames, .jsonl, .ndjson or .car file (also .zst, .gz), or a wss:// URL";

/** A file or a relay, from where the process stands; as written if that is the command's folder. */
export function specIn({ folder }: Context, spec: string): string {
  return spec === STDIN || isRelay(spec) || folder === process.cwd() ? spec : resolve(folder, spec);
}

/** What to read: one file, or relays of which the next is read when one fails. */
export type SourceSpecs = readonly [string, ...string[]];

export type NoisyOptions = {
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Of a file: the position to go on behind. */
  readonly after?: number | null;
  /** Of relays: where to go on; without it at their present. */
  readonly places?: Places;
  readonly stats?: RelayStats;
  readonly sessionsBefore?: number;
};

/** The source, its notices on standard error. @throws SourceError */
export function openNoisySource(specs: SourceSpecs, options: NoisyOptions): Source {
  const { terminal, signal, after = null, places = NOWHERE, stats = newRelayStats() } = options;
  const { sessionsBefore = 0 } = options;
  return openSource(specs, {
    after,
    places,
    stats,
    sessionsBefore,
    signal,
    clock: systemClock,
    random: Math.random,
    userAgent: `fpaas/${VERSION} (atproto firehose reader)`,
    stdin: () => process.stdin,
    onNotice: (notice) => {
      if (notice.kind === "cid-mismatch") {
        stats.cidMismatches += 1;
        if (stats.cidMismatches > 1) return;
      }
      // What is lost is said though everything else be quiet.
      if (notice.kind === "cursor-outdated") terminal.complain(noticeText(notice));
      else terminal.say(noticeText(notice));
    },
  });
}

const NOWHERE: Places = { load: async () => null, storedTimeMs: async () => null };

/** Bytes at both ends of a file that tell it from another of the same name. */
const IDENTITY_BYTES = 1_000_000;

/** Names a relay in a KV key. */
export function hostKey(host: string): string {
  return `relay.${keyToken(host)}`;
}

/**
 * Names a source in a KV key: a relay by its host, a file by name, size and the bytes at its ends, wherever
 * it lies.
 * @throws CommandError when the file cannot be read, or is standard input, which has no place to go on from
 */
export async function sourceKey(spec: string): Promise<string> {
  if (spec === STDIN) {
    throw new CommandError(
      EXIT.usage,
      "standard input cannot be gone on with: only `fpaas run` reads it",
      "write it to a file, and give that",
    );
  }
  const url = isRelay(spec) ? URL.parse(spec) : null;
  if (url !== null) return hostKey(url.host);
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

/** Tells of the first state that is left out; the rest are counted. */
export function supersededText({ kind, did, timeMs }: StateMessage): string {
  return `left out: #${kind} of ${did}, of ${new Date(timeMs).toISOString()}: a later one is known; more of this kind are only counted`;
}

/** Tells of the first gap by each field; the rest are counted. */
export function gapText({ by, did, rev }: Gap): string {
  const missing =
    by === "since"
      ? "the revision before it did not come"
      : "it was made on another tree than we saw";
  return `a gap (${by}): commit ${rev} of ${did}: ${missing}; it is published, more of this kind are only counted`;
}

export function noticeText(notice: SourceNotice): string {
  switch (notice.kind) {
    case "connected":
      return `connected to ${notice.url}`;
    case "disconnected":
      return `connection lost (${notice.reason}), again in ${formatDuration(notice.retryInMs)}`;
    case "failover":
      return `${notice.from} failed too often in a row, going on with ${notice.to}`;
    case "cursor-future":
      return `${notice.host} has not got as far as our cursor ${notice.position} (FutureCursor): it counts anew; going on by time, nothing is skipped`;
    case "cursor-outdated":
      return `${notice.host} no longer has what came behind our cursor ${notice.position} (OutdatedCursor): events are missing; going on with ${notice.firstSeq}, the oldest it has`;
    case "resumed-by-time":
      return `${notice.host}: going on at position ${notice.position}, found by its time ${new Date(notice.timeMs).toISOString()}`;
    case "sequence-gap":
      return `${notice.host} leaves out numbers before ${notice.seq}: ${notice.missedMax} frames at most are missing; more of this kind are only counted`;
    case "mark-wrong":
      return `${notice.host}: frames came that ${notice.seq} had left out, so that is none of its places; going on ${notice.position === null ? "by time" : `behind ${notice.position}`}`;
    case "relay-info":
      return `the relay says: ${notice.name}: ${notice.message}`;
    case "relay-error":
      return `the relay reports an error: ${notice.name}: ${notice.message}`;
    case "cid-mismatch":
      return `line ${notice.line}: the record is not what its CID says; it is taken, more of this kind are only counted`;
  }
}
