// A run on a cluster of three servers whose nodes are broken too: the pipelines of chaos.fpl over a simulated network,
// against plain loops.

import { setTimeout as sleep } from "node:timers/promises";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import { seededRandom } from "../../runtime/testing/random.ts";
import { type Difference, difference } from "../support/difference.ts";
import { type PlainEvent, readEvents } from "../support/reference.ts";
import { type Fault, makeFaults } from "./faults.ts";
import { longestStalls, recoveries } from "./figures.ts";
import type { ChaosOptions } from "./options.ts";
import { eventFields, expectedTopics, TOPICS } from "./reference.ts";
import { printDifferences, printFigures, say } from "./report.ts";
import { settle } from "./settle.ts";
import {
  readStored,
  type Stored,
  type StoredRecord,
  storedFirehose,
  storedRecords,
} from "./stored.ts";
import { makeTape } from "./tape.ts";
import { comesTrue, throughOutages } from "./wait.ts";
import { isWhole, startWorld } from "./world.ts";

const MINUTE_MS = 60_000;
/** Frames beyond those that the faults should take, should they take longer. */
const SPARE = 1.5;
/** How long the relay sends on behind the last fault, so that its recovery shows. */
const REST_MS = 30_000;
/** Longest wait for all replicas of all streams to be up to date once nothing is broken any more. */
const HEAL_MS_MAX = 120_000;
const READ_MS_MAX = 120_000;
/** Longest wait for the events, and for the windows: what is still missing then is reported as missing. */
const SETTLE_MS_MAX = 180_000;

/**
 * Runs the suite on a cluster and prints what came of it.
 * @returns whether every topic is exact and every replica came back
 */
export async function clusterChaos(options: ChaosOptions): Promise<boolean> {
  const { minutes, seed, framesPerSecond, folder } = options;
  const tape = await makeTape({
    seed,
    frames: SPARE * (minutes + 1) * 60 * framesPerSecond,
    framesPerSecond,
  });
  // Before anything runs: the servers speak to each other through proxies in this process, which must not be
  // busy for seconds while they do.
  const all = await readEvents(tape);
  say(
    `seed ${seed}: ${tape.length} frames at ${framesPerSecond}/s; logs of the processes in ${folder}`,
  );
  const { faults, differences, each, late, crashes, events, isHealed } = await run(
    options,
    tape,
    all,
  );
  printFigures({
    faults,
    events,
    late,
    crashes,
    stalls: longestStalls(each, FIREHOSE_PARTITIONS_DEFAULT),
    recoveries: recoveries(faults, each, FIREHOSE_PARTITIONS_DEFAULT),
  });
  return printDifferences(differences) && isHealed;
}

type Outcome = {
  readonly faults: readonly Fault[];
  readonly differences: readonly Difference[];
  /** What `chaos.each` holds. */
  readonly each: readonly StoredRecord[];
  readonly late: number;
  readonly crashes: number;
  readonly events: number;
  /** Whether all replicas of all streams came back. */
  readonly isHealed: boolean;
};

async function run(
  { minutes, faults: faultCount, seed, framesPerSecond, folder }: ChaosOptions,
  tape: readonly Uint8Array[],
  all: readonly PlainEvent[],
): Promise<Outcome> {
  await using world = await startWorld({ tape, framesPerSecond, folder });
  const { workers, shufflers, cluster, relay } = world;
  say("everything runs");
  const targets = {
    workers,
    shufflers,
    nodes: cluster.nodes,
    relaySeq: () => relay.headSeq(),
    isWhole: () => isWhole(world.connection),
  };
  const faults = await makeFaults(targets, {
    faults: faultCount,
    durationMs: minutes * MINUTE_MS,
    random: seededRandom(seed),
    onFault: ({ role, kind, target, durationMs }, count) =>
      say(`fault ${count}: ${role} ${target} ${kind} for ${durationMs} ms`),
  });
  say("all faults are mended");
  await sleep(REST_MS);
  relay.setRate(0);
  const lastSeq = relay.headSeq();
  const sent = all.filter(({ seq }) => seq <= lastSeq);
  const failure = await settle({
    relay,
    connection: world.connection,
    url: cluster.url,
    events: sent.length,
    lastMs: sent.reduce((latest, { timeMs }) => Math.max(latest, timeMs), 0),
    topics: TOPICS,
    msMax: SETTLE_MS_MAX,
  });
  say(failure ?? "everything has come through");
  const isHealed = await comesTrue(() => isWhole(world.connection), HEAL_MS_MAX);
  say(isHealed ? "every replica is up to date" : "NOT EVERY REPLICA HAS COME BACK");
  const crashes = [...workers, ...shufflers].reduce((sum, member) => sum + member.crashes, 0);
  const read = () => readStored(world.connection, TOPICS);
  const stored = await throughOutages(read, READ_MS_MAX);
  return { faults, crashes, isHealed, ...compare(stored, sent, lastSeq) };
}

function compare(stored: Stored, sent: readonly PlainEvent[], lastSeq: number) {
  const firehose = storedFirehose(stored);
  const kept = firehose.flatMap((one) => (one.kind === "event" ? [one.event] : []));
  const fromTape = kept.filter(({ seq }) => seq <= lastSeq);
  const differences = [difference("FIREHOSE", sent.map(eventFields), fromTape.map(eventFields))];
  let each: readonly StoredRecord[] = [];
  let late = 0;
  for (const expected of expectedTopics(firehose, lastSeq)) {
    const records = storedRecords(stored, expected.topic);
    const plain = records.map(({ record }) => record);
    differences.push(difference(expected.topic, expected.records, plain));
    late += expected.late;
    if (expected.topic === "chaos.each") each = records;
  }
  return { differences, each, late, events: sent.length };
}
