// A contestant's process: opens its input, then runs a round whenever it is told to, so that rounds of
// different contestants can alternate and none disturbs another's heap.

import { createHash } from "node:crypto";
import { openDuckdb } from "../../contestants/duckdb.ts";
import { openFirehose, openOurFrames, openParseFunctions } from "../../contestants/frames.ts";
import { openJmespath } from "../../contestants/jmespath.ts";
import { openOurs } from "../../contestants/ours.ts";
import { openPlain } from "../../contestants/plain.ts";
import { openRxjs } from "../../contestants/rxjs.ts";
import type { BenchFiles } from "../../data/files.ts";
import type { Contestant, OpenContestant, Query, Round, Row } from "../contestant.ts";
import type { FromChild, Timing, ToChild } from "../protocol.ts";
import type { ContestantName } from "../workloads.ts";

const US_PER_SECOND = 1e6;

/** Those that are asked a question about events. */
const OPEN: Readonly<Partial<Record<ContestantName, OpenContestant>>> = {
  fpaas: openOurs,
  "plain script": openPlain,
  rxjs: openRxjs,
  "jmespath.js": openJmespath,
  "duckdb, 1 thread": openDuckdb({ threads: 1, loaded: false }),
  "duckdb, all threads": openDuckdb({ threads: null, loaded: false }),
  "duckdb, loaded table": openDuckdb({ threads: null, loaded: true }),
};

/** Those that read frames. */
const OPEN_FRAMES: Readonly<Partial<Record<ContestantName, () => Promise<Contestant>>>> = {
  fpaas: openOurFrames,
  "@atproto/sync": openFirehose,
  "@atproto/sync, parsing only": openParseFunctions,
};

let contestant: Contestant | null = null;
let last: Round | null = null;

process.on("message", (message: ToChild) => void answer(message));

/** A rejection ends the process, and the suite says so. */
async function answer(message: ToChild): Promise<void> {
  switch (message.kind) {
    case "open":
      contestant = await open(message.contestant, message.query, message.files);
      return tell({ kind: "opened", rssBytes: process.memoryUsage.rss() });
    case "round":
      return tell(await timed());
    case "rows":
      return tell({ kind: "rows", rows: last?.rows() ?? [] });
    case "truth":
      return tell({ kind: "rows", rows: last?.truth?.() ?? [] });
  }
}

async function open(
  name: ContestantName,
  query: Query | null,
  files: BenchFiles,
): Promise<Contestant> {
  const opened = query === null ? OPEN_FRAMES[name]?.() : OPEN[name]?.(query, files);
  if (opened === undefined) throw new Error(`${name} does not run in this race`);
  return await opened;
}

async function timed(): Promise<Timing> {
  if (contestant === null) throw new Error("a round before the input was opened");
  last = null;
  // What the round before has left is not this one's. A full collection would also throw away what V8 has learned of
  // the plan that is gone: it cost FPaaS a third of its rate, of which a worker that keeps its plans sees nothing.
  globalThis.gc?.({ type: "minor" });
  const cpu = process.cpuUsage();
  const start = performance.now();
  last = await contestant.round();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / US_PER_SECOND;
  const { events, reached = null } = last;
  return { kind: "timing", events, reached, seconds, cpuSeconds, ...digestOf(last.rows()) };
}

function digestOf(rows: readonly Row[]): { rows: number; digest: string } {
  const lines = rows.map((row) => JSON.stringify(Object.entries(row).sort(byName))).sort();
  const hash = createHash("sha256");
  for (const line of lines) hash.update(line).update("\n");
  return { rows: rows.length, digest: hash.digest("hex") };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function tell(message: FromChild): void {
  process.send?.(message);
}
