// How full streams are beside their bound of bytes: the alarm that comes before the bound, the same in `doctor`,
// `status`, the log of a worker and metrics.

import { FIREHOSE_STREAM } from "../plan/names.ts";
import type { StreamFacts } from "../runtime/adapters/nats/inspect.ts";
import { formatBytes, formatDuration } from "./terminal/units.ts";

/** From here on somebody should make room. */
export const NEAR_SHARE = 0.8;
/** From here on the next commit may be refused. */
export const FULL_SHARE = 0.95;
/** Of its age: what a stream that drops its oldest keeps less of for its bound of bytes. */
const KEPT_SHARE = 0.9;

/** `short`: its bound of bytes, not its age, decides what is deleted, so that slow readers may lose. */
export type Fullness = "unbounded" | "room" | "near" | "full" | "short";

/** The streams of FPaaS, those behind KV buckets too. */
export function isOurs({ name }: StreamFacts): boolean {
  return name === FIREHOSE_STREAM || /^(REJECTED|FPL_\d+|KV_fpaas_[a-z]+)$/.test(name);
}

export function fullnessOf(facts: StreamFacts, nowMs: number): Fullness {
  const { bytes, bytesMax, dropsOldest, maxAgeMs } = facts;
  if (bytesMax === null) return "unbounded";
  const share = bytes / bytesMax;
  if (dropsOldest) {
    const isShort =
      share >= FULL_SHARE && maxAgeMs > 0 && keptMs(facts, nowMs) < KEPT_SHARE * maxAgeMs;
    return isShort ? "short" : "room";
  }
  if (share >= FULL_SHARE) return "full";
  return share >= NEAR_SHARE ? "near" : "room";
}

/** What is the matter, in one line, and what to do; null: nothing. */
export function troubleOf(
  facts: StreamFacts,
  nowMs: number,
): { readonly found: string; readonly help: string } | null {
  const { name, maxAgeMs } = facts;
  const isBucket = name.startsWith("FPL_");
  switch (fullnessOf(facts, nowMs)) {
    case "room":
      return null;
    case "unbounded":
      return { found: `${name} has no bound of bytes`, help: "`fpaas init --update` gives it one" };
    case "near":
      return { found: `${name} is ${shareText(facts)}`, help: roomHelp(isBucket) };
    case "full":
      return {
        found: `${name} is ${shareText(facts)}: ${isBucket ? "its pipelines wait" : "writes are refused"} when it is full`,
        help: roomHelp(isBucket),
      };
    case "short": {
      const kept = formatDuration(keptMs(facts, nowMs));
      return {
        found: `${name} is ${shareText(facts)}: it keeps ${kept}, not ${formatDuration(maxAgeMs)}`,
        help: "what is behind by more loses events: `fpaas init --update --max-bytes` gives it more",
      };
    }
  }
}

/** `82 % full (3.5 GB of 4.3 GB)` */
export function shareText({ bytes, bytesMax }: StreamFacts): string {
  if (bytesMax === null) return "without a bound";
  return `${Math.floor((100 * bytes) / bytesMax)} % full (${formatBytes(bytes)} of ${formatBytes(bytesMax)})`;
}

function roomHelp(isBucket: boolean): string {
  return isBucket
    ? "`fpaas init --update --bucket-max-bytes` gives it more, `fpaas delete` makes room"
    : "delete pipelines, or give it more with `nats stream edit --max-bytes`";
}

function keptMs({ oldestMs }: StreamFacts, nowMs: number): number {
  return oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs);
}
