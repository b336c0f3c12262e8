// The nasty suite: twenty programs over records that a stranger may publish to do harm, while workers, shufflers and
// the server are killed and paused, and changed programs deployed. At the end every topic must hold what a run in one
// process gives.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../../runtime/testing/random.ts";
import { fpaas } from "../../support/fpaas.ts";
import type { ChaosOptions } from "../options.ts";
import { print, say } from "../report.ts";
import { settle } from "../settle.ts";
import { type Compared, compareAll } from "./compare.ts";
import { makeNastyFaults } from "./faults.ts";
import { PROGRAMS } from "./programs.ts";
import { makeNastyTape, type NastyTape } from "./tape.ts";
import { type NastyWorld, startNastyWorld } from "./world.ts";

const MINUTE_MS = 60_000;
/** Frames beyond those that the faults should take, should they take longer. */
const SPARE = 1.3;
/** How long the relay sends on behind the last fault. */
const REST_MS = 20_000;
const SETTLE_MS_MAX = 900_000;
const SHOWN_MAX = 5;

type Outcome = Compared & {
  readonly events: number;
  readonly faults: ReadonlyMap<string, number>;
  /** What did not come to its end; null when all did. */
  readonly hung: string | null;
  readonly crashes: number;
  readonly retried: number;
  /** Lines in which a worker says that a task failed. */
  readonly failures: readonly string[];
  /** What `fpaas status` says at the end. */
  readonly status: string;
};

/** Runs the suite and prints what came of it. @returns whether every topic is exact */
export async function nastyChaos(options: ChaosOptions): Promise<boolean> {
  const { minutes, seed, framesPerSecond, folder } = options;
  const count = Math.ceil((SPARE * minutes + 1) * 60 * framesPerSecond);
  const tape = makeNastyTape(seededRandom(seed), count, framesPerSecond);
  say(`seed ${seed}: ${count} frames at ${framesPerSecond}/s; logs of the processes in ${folder}`);
  const outcome = await run(options, tape);
  printOutcome(outcome);
  const isExact = outcome.tallies.every(
    ({ lost, doubled, changed }) => lost.length + doubled.length + changed.length === 0,
  );
  print(isExact && outcome.hung === null ? "every result is exact" : "THE RESULTS DIFFER");
  return isExact && outcome.hung === null;
}

async function run(options: ChaosOptions, tape: NastyTape): Promise<Outcome> {
  const { minutes, seed, framesPerSecond, folder } = options;
  await using world = await startNastyWorld({ frames: tape.frames, framesPerSecond, folder });
  const { relay, connection, deployments, server } = world;
  say(`everything runs, the store is in ${server.storeDir}`);
  const faults = await makeNastyFaults(world, {
    faults: options.faults,
    durationMs: minutes * MINUTE_MS,
    random: seededRandom(seed + 1),
    onFault: (said, number) => say(`fault ${number}: ${said}`),
  });
  say("all faults are mended");
  await sleep(REST_MS);
  relay.setRate(0);
  const lastSeq = relay.headSeq();
  const sent = tape.events.filter(({ seq }) => seq <= lastSeq);
  const hung = await settle({
    relay,
    connection,
    url: server.url,
    events: sent.length,
    lastMs: sent.reduce((latest, { timeMs }) => Math.max(latest, timeMs), 0),
    topics: PROGRAMS.flatMap(({ topics }) => topics),
    msMax: SETTLE_MS_MAX,
  });
  say(hung ?? "everything has come through");
  const status = await fpaas(["status", "--nats", server.url]);
  await endMembers(world);
  const compared = await compareAll(connection, sent, (program) => deployments.hasMore(program));
  const crashes = [...world.workers, ...world.shufflers].reduce((sum, one) => sum + one.crashes, 0);
  const failures = await failuresOf(world, folder);
  const { retried } = deployments;
  return { ...compared, events: sent.length, faults, hung, crashes, retried, failures, status };
}

async function endMembers({ workers, shufflers }: NastyWorld): Promise<void> {
  await Promise.all([...workers, ...shufflers].map((member) => member.stop()));
}

async function failuresOf({ workers }: NastyWorld, folder: string): Promise<string[]> {
  const logs = workers.map(({ name }) => readFile(join(folder, `${name}.log`), "utf8"));
  const lines = (await Promise.all(logs)).flatMap((log) => log.split("\n"));
  return lines.filter((line) => /: failed/.test(line));
}

function printOutcome(outcome: Outcome): void {
  const { tallies, records, events, faults, crashes, retried, failures, status } = outcome;
  print(status);
  print(`${PROGRAMS.length} programs, ${events} events, ${records} records compared`);
  print(`${crashes} processes ended by themselves, ${retried} commands of deployments given again`);
  printFailures(failures);
  print("");
  print("| fault | count |");
  print("| --- | --- |");
  const kinds = [...faults].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [kind, count] of kinds) print(`| ${kind} | ${count} |`);
  print("");
  print("| topic | expected | records | lost | doubled | changed |");
  print("| --- | --- | --- | --- | --- | --- |");
  const total = { lost: 0, doubled: 0, changed: 0 };
  for (const { topic, expected, actual, lost, doubled, changed } of tallies) {
    const counts = [expected, actual, lost.length, doubled.length, changed.length];
    print(`| ${topic} | ${counts.join(" | ")} |`);
    total.lost += lost.length;
    total.doubled += doubled.length;
    total.changed += changed.length;
  }
  for (const { topic, lost, doubled, changed } of tallies) {
    for (const [what, list] of Object.entries({ lost, doubled, changed })) {
      for (const one of list.slice(0, SHOWN_MAX)) print(`${what} in ${topic}: ${one}`);
    }
  }
  print(`${total.lost} lost, ${total.doubled} doubled, ${total.changed} changed`);
}

/** The first of each reason; the others are counted. */
function printFailures(failures: readonly string[]): void {
  const byReason = Map.groupBy(failures, (line) => line.replace(/^.*?: failed.*?: /, ""));
  print(`${failures.length} times a worker said that a task had failed`);
  for (const [reason, lines] of byReason) print(`  ${lines.length} × ${reason}`);
}
