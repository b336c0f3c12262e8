// The last words of `run` and `dev`: what came in, what went out, and what did not and why.

import type { Counters } from "../runtime/core/message.ts";
import type { RelayStats } from "../shuffler/sources/relay-stats.ts";
import type { TimeStats } from "../shuffler/trusted-time/timed-source.ts";
import { formatCount, formatDuration } from "./terminal/units.ts";

export type SummaryFacts = {
  /** Events taken from the source. */
  readonly events: number;
  /** Those of them that came before, and were dropped. */
  readonly repeated: number;
  /** What the shuffler refused, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
  /** States of accounts that came behind a later one, and were left out. */
  readonly superseded: number;
  /** Places where a relay left numbers out, and how many frames that may be; null for a file. */
  readonly relay: Pick<RelayStats, "sequenceGaps" | "missedMax"> | null;
  /** Records that are not what their CIDs say, and were taken. */
  readonly cidMismatches: number;
  /** Events whose time is not the one their host claims; null when nothing was read. */
  readonly times: TimeStats | null;
  /** Records by topic. */
  readonly topics: ReadonlyMap<string, number>;
  readonly counters: Counters;
  readonly elapsedMs: number;
};

/** Width of the names, unless one is longer. */
const NAME_CHARS = 12;

export function summaryLines(facts: SummaryFacts): string[] {
  const { events, repeated, rejected, superseded, cidMismatches, relay, times } = facts;
  const { topics, counters, elapsedMs } = facts;
  const rate = Math.round(events / Math.max(elapsedMs / 1000, 0.001));
  const rows: [string, string][] = [
    ["events in", formatCount(events)],
    ["records out", parts(topics) || "0"],
    ["dropped", parts(droppedByReason(counters)) || "0"],
    ["late", formatCount(counters.late)],
    ["dead letters", formatCount(counters.deadLetters)],
  ];
  if (repeated > 0) rows.push(["repeated", formatCount(repeated)]);
  if (rejected.size > 0) rows.push(["rejected", parts(rejected)]);
  if (superseded > 0) rows.push(["superseded", `${formatCount(superseded)} states of accounts`]);
  if (relay !== null && relay.sequenceGaps > 0) {
    const { sequenceGaps, missedMax } = relay;
    const missed = `missed at most ${formatCount(missedMax)} frames`;
    rows.push(["sequence gaps", `${formatCount(sequenceGaps)}, ${missed}`]);
  }
  if (cidMismatches > 0) rows.push(["CID differs", formatCount(cidMismatches)]);
  const corrected = times === null ? "" : parts(correctedBy(times));
  if (corrected !== "") rows.push(["corrected", `${corrected} (times that hosts claim)`]);
  rows.push(["elapsed", `${formatDuration(elapsedMs)}, ${formatCount(rate)} events/s`]);
  const width = Math.max(NAME_CHARS, ...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}

function droppedByReason({ dropped }: Counters): [string, number][] {
  return Object.entries(dropped).map(([reason, count]) => [`by filter (${reason})`, count]);
}

/** How many times were not those that hosts claim, and why. */
export function correctedBy({ ahead, behind, frozen }: TimeStats): [string, number][] {
  const counts: [string, number][] = [
    ["ahead", ahead],
    ["behind", behind],
    ["frozen", frozen],
  ];
  return counts.filter(([, count]) => count > 0);
}

/** `12 trends.tags, 3 trends.late`: the most first. */
function parts(counts: Iterable<readonly [string, number]>): string {
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${formatCount(count)} ${name}`)
    .join(", ");
}
