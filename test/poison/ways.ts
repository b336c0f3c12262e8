// The ways in which a program of the table is run: in one process, by stage tasks on the memory log, and by tasks that
// are killed at random commits. All give the records of every topic.

import { compile } from "../../compiler/compile.ts";
import { type Deployment, tasksOf } from "../../plan/deployment.ts";
import { bucketStream, DEFAULT_TENANT, FIREHOSE_STREAM, topicSubject } from "../../plan/names.ts";
import type { Plan } from "../../plan/plan.ts";
import { DRAIN } from "../../runtime/core/drain-limits.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { decodeRecords } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { eachRecord, PlanDriver } from "../../runtime/plan-driver.ts";
import {
  COMMIT_BYTES_MAX,
  COMMIT_MESSAGES_MAX,
  type CommitResult,
  type LogAppend,
} from "../../runtime/ports.ts";
import { keepRunning } from "../../runtime/task/simulation.test-support.ts";
import { EagerClock } from "../../runtime/testing/eager-clock.ts";
import { MemoryDeployments } from "../../runtime/testing/memory-deployments.ts";
import { MemoryLog } from "../../runtime/testing/memory-log.ts";
import { type Random, seededRandom } from "../../runtime/testing/random.ts";
import { isThrough } from "../simulation/simulate.ts";
import { poisonFrames, poisonRecord } from "../support/poison-records.ts";
import { FIREHOSE_PARTITIONS, frameItems, shuffled } from "../support/run-plan.ts";
import type { Placed } from "./columns.ts";

export type Fields = Readonly<Record<string, unknown>>;
/** The records of every topic that got any. */
export type Topics = ReadonlyMap<string, readonly Fields[]>;

/** How often tasks are killed in a cell, at most: what takes many commits must end. */
const KILLS_MAX = 12;
const KILL = 0.3;
/** Turns of the event loop after which a cell counts as stuck. */
const TURNS_MAX = 200_000;
const TURNS_PER_LOOK = 10;

/** @throws Error when the program does not compile; warnings are let pass */
export function plansOf(text: string): readonly Plan[] {
  const { plans, diagnostics } = compile({ file: "poison.fpl", text });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0)
    throw new Error(`${errors.map(({ message }) => message).join("; ")}\n${text}`);
  return plans;
}

/** The messages of the firehose, the end of all windows included. The time of a record is that of its place. */
function messagesOf(placed: readonly Placed[]) {
  const records = placed.map(({ fields }) => poisonRecord("", fields));
  const frames = poisonFrames(
    records,
    placed.map(({ place }) => place),
  );
  return shuffled(frameItems(frames));
}

/** As `fpaas run`. @param messageBytes as the log's that it is compared with has */
export function byDriver(
  text: string,
  placed: readonly Placed[],
  messageBytes: number = DRAIN.messageBytes,
): Topics {
  const topics = new Map<string, Fields[]>();
  const driver = new PlanDriver(
    plansOf(text),
    FIREHOSE_PARTITIONS,
    eachRecord((topic, record) => {
      const records = topics.get(topic) ?? [];
      // The records of a topic are objects.
      records.push(toJson(record) as Fields);
      topics.set(topic, records);
    }),
    { ...DRAIN, messageBytes: Math.min(messageBytes, DRAIN.messageBytes) },
  );
  for (const message of messagesOf(placed)) driver.push(message);
  driver.flush();
  return topics;
}

export type Worked = { readonly topics: Topics; readonly kills: number };

/**
 * By stage tasks on a log that refuses what NATS refuses, until all topics have ended.
 * @param seed of the commits at which tasks are killed; null: at none
 * @throws Error what a task failed with, or that it is stuck
 */
export async function byWorker(
  text: string,
  placed: readonly Placed[],
  messageBytes: number,
  seed: number | null,
): Promise<Worked> {
  const log = new StrictLog(seed === null ? null : seededRandom(seed));
  log.messageBytesMax = messageBytes;
  const deployments = await deploy(text, log);
  for (const message of messagesOf(placed)) log.append(FIREHOSE_STREAM, message);
  log.begin();
  const [clock, stop] = [new EagerClock(), new AbortController()];
  const failures: unknown[] = [];
  const tasks = deployments.flatMap((deployment) =>
    tasksOf(deployment).map(async (task) => {
      try {
        await keepRunning(deployment, task, { log, clock, report: () => undefined }, stop.signal);
      } catch (error) {
        failures.push(error);
      }
    }),
  );
  const world = { log, deployments };
  let isOver = false;
  for (let turns = 0; turns < TURNS_MAX && failures.length === 0 && !isOver; turns += 1) {
    if (turns % TURNS_PER_LOOK === 0) isOver = await isThrough(world);
    if (!isOver) await clock.sleep(1);
  }
  log.calm();
  stop.abort();
  await Promise.all(tasks);
  if (failures.length > 0) throw failures[0];
  if (!isOver) throw new Error("it is stuck");
  return { topics: await topicsIn(log, deployments), kills: log.kills };
}

async function deploy(text: string, log: MemoryLog): Promise<readonly Deployment[]> {
  const store = new MemoryDeployments();
  const firehosePartitions = FIREHOSE_PARTITIONS;
  const target = { store, log, tenant: DEFAULT_TENANT, buckets: 1, firehosePartitions };
  for (const plan of plansOf(text)) {
    await deployPlan(plan, text, { ...target, nowMs: 0, defaultStart: "first" });
  }
  return (await store.list(DEFAULT_TENANT)).deployments;
}

async function topicsIn(log: MemoryLog, deployments: readonly Deployment[]): Promise<Topics> {
  const topics = new Map<string, Fields[]>();
  for (const { address, plan } of deployments) {
    for (const { name, partitions } of plan.topics) {
      const subjects = Array.from({ length: partitions }, (_, i) => topicSubject(address, name, i));
      const records: Fields[] = [];
      for await (const { payload } of log.readAll(bucketStream(0), subjects)) {
        records.push(...decodeRecords(payload).map((record) => toJson(record) as Fields));
      }
      if (records.length > 0) topics.set(name, records);
    }
  }
  return topics;
}

/** Refuses what NATS refuses; a commit whose answer, or which itself, is lost kills the task that made it. */
class StrictLog extends MemoryLog {
  kills = 0;
  #commits = 0;
  readonly #random: Random | null;

  constructor(random: Random | null) {
    super();
    this.#random = random;
  }

  /** From now on tasks are killed. */
  begin(): void {
    const random = this.#random;
    if (random === null) return;
    this.fault = () => {
      this.#commits += 1;
      // One at least, however few commits there are.
      const isKilled = this.#commits === 2 || random.chance(KILL);
      if (!isKilled || this.kills >= KILLS_MAX) return "none";
      this.kills += 1;
      return random.chance(0.5) ? "lost-before" : "lost-after";
    };
  }

  calm(): void {
    this.fault = () => "none";
  }

  override async commit(stream: string, messages: readonly LogAppend[]): Promise<CommitResult> {
    const sizes = messages.map(({ payload }) => payload.length);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (messages.length > COMMIT_MESSAGES_MAX || bytes > COMMIT_BYTES_MAX) {
      throw new Error(`a commit of ${messages.length} messages and ${bytes} bytes`);
    }
    const largest = sizes.reduce((most, size) => Math.max(most, size), 0);
    if (largest > this.messageBytesMax) throw new Error(`a message of ${largest} bytes`);
    return await super.commit(stream, messages);
  }
}
