// One seed of the simulation: a program, events, and stage tasks on an unreliable log, several of them twice.
// Whatever happens, every topic must hold what plain loops give.

import { compile } from "../../compiler/compile.ts";
import { type Deployment, tasksOf } from "../../plan/deployment.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import {
  bucketStream,
  DEFAULT_TENANT,
  FIREHOSE_STREAM,
  HEADER,
  topicSubject,
  topicWatermarkSubject,
} from "../../plan/names.ts";
import type { Plan } from "../../plan/plan.ts";
import { producersOf } from "../../plan/targets.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { decodeRecords, encodeRecord } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import type { Value } from "../../runtime/eval/values.ts";
import type { FirehoseMessage } from "../../runtime/plan-driver.ts";
import {
  keepRunning,
  noteFault,
  type OnFault,
} from "../../runtime/task/simulation.test-support.ts";
import type { TaskSizes } from "../../runtime/task/stage-task.ts";
import { EagerClock } from "../../runtime/testing/eager-clock.ts";
import { MemoryDeployments } from "../../runtime/testing/memory-deployments.ts";
import { MemoryLog } from "../../runtime/testing/memory-log.ts";
import { type Random, seededRandom } from "../../runtime/testing/random.ts";
import { drawMessageBytesMax, drawSizes } from "../../runtime/testing/small-sizes.ts";
import { type Broken, UnreliableLog } from "../../runtime/testing/unreliable-log.ts";
import { type Difference, difference, isSame } from "../support/difference.ts";
import { interleaved, makeEvents, PARTITIONS, partitioned } from "./events.ts";
import type { Fields } from "./naive.ts";
import { isGiant, putFaultIn, withHostile, withOddValues, wrongLetters } from "./poison.ts";
import { drawProgram } from "./programs.ts";
import type { Program } from "./shapes.ts";

export type Finding = {
  readonly seed: number;
  readonly program: string;
  readonly text: string;
  /** What differs, and what a task failed with; null when all is well. */
  readonly wrong: string | null;
};

const EVENTS_LEAST = 60;
const EVENTS_MORE = 120;
/** Every so many seeds one key has this share of the events. */
const HOT_EVERY = 4;
const HOT_SHARE = 0.9;
/** Tasks that have a second owner the whole time. */
const TWICE = 0.3;
/** Turns after which a run that does not end is given up. */
const TURNS_MAX = 100_000;
/** Between two looks at whether all is through. */
const TURNS_PER_LOOK = 20;
const SHOWN_MAX = 3;

/** As `simulate`, with records that ought to stop a pipeline in random places. */
export async function simulatePoisoned(seed: number): Promise<Finding> {
  const program = drawProgram(seededRandom(seed * 3));
  const { text, expected } = program;
  const random = seededRandom(seed * 3 + 1);
  const count = EVENTS_LEAST + random.int(EVENTS_MORE);
  const isAlone = text.split("pipeline ").length === 2;
  const partitions = partitioned(withOddValues(makeEvents(random, count), random, isAlone));
  const topics = expected(partitions);
  const endFault = putFaultIn();
  try {
    return await finding(seed, program, async () => {
      const hostile = withHostile(interleaved(partitions, random), random);
      const world = await deploy(text);
      await run(world, hostile.messages, seededRandom(seed * 3 + 2), POISONED);
      const actual = await topicsIn(world, Object.keys(topics));
      const good = Object.entries(topics).map(
        ([topic, records]) => [topic, records.filter((record) => !isGiant(record))] as const,
      );
      const letters = wrongLetters(await lettersOf(world), hostile);
      return [...differences(good, actual), ...(letters === null ? [] : [letters])];
    });
  } finally {
    endFault();
  }
}

const POISONED: RunOptions = {
  broken: null,
  onFault: noteFault,
  // Results are as large as they may be on any server, so that giants are too large everywhere.
  sizesOf: (random) => {
    const sizes = drawSizes(random);
    return { ...sizes, drain: { ...sizes.drain, messageBytes: 32 * 1024 } };
  },
  // Keys of 20 KB in parts of 40 bytes take longer than anybody waits.
  partBytesMin: 8000,
};

/** Draws a program and events from a seed, runs them under faults, and compares. */
export async function simulate(seed: number, broken: Broken | null): Promise<Finding> {
  const program = drawProgram(seededRandom(seed * 3));
  const random = seededRandom(seed * 3 + 1);
  const hot = seed % HOT_EVERY === 0 ? HOT_SHARE : 0;
  const count = EVENTS_LEAST + random.int(EVENTS_MORE);
  const partitions = partitioned(makeEvents(random, count, hot));
  const topics = program.expected(partitions);
  return await finding(seed, program, async () => {
    const messages = interleaved(partitions, random);
    const faults = seededRandom(seed * 3 + 2);
    const names = Object.keys(topics);
    const actual = await runUnderFaults(program.text, messages, names, faults, broken);
    return differences(Object.entries(topics), actual);
  });
}

/** @param find gives what is wrong, a line each; what it throws is wrong too */
async function finding(
  seed: number,
  { name, text }: Program,
  find: () => Promise<readonly string[]>,
): Promise<Finding> {
  const found = { seed, program: name, text };
  try {
    const wrong = await find();
    return { ...found, wrong: wrong.length === 0 ? null : wrong.join("\n") };
  } catch (error) {
    return { ...found, wrong: error instanceof Error ? (error.stack ?? error.message) : "?" };
  }
}

function differences(
  expected: readonly (readonly [topic: string, records: readonly Fields[]])[],
  actual: Readonly<Record<string, Records>>,
): string[] {
  return expected
    .map(([topic, records]) => difference(topic, records, actual[topic] ?? []))
    .filter((one) => !isSame(one))
    .map(describe);
}

type Records = Readonly<Record<string, unknown>>[];

/**
 * Deploys a program, runs it on an unreliable log until its topics end, and gives what they hold.
 * @throws what a task failed with, other than the log
 */
export async function runUnderFaults(
  text: string,
  messages: readonly FirehoseMessage[],
  topics: readonly string[],
  faults: Random,
  broken: Broken | null = null,
): Promise<Readonly<Record<string, Records>>> {
  const world = await deploy(text);
  await run(world, messages, faults, { broken });
  return await topicsIn(world, topics);
}

async function topicsIn(
  world: World,
  topics: readonly string[],
): Promise<Readonly<Record<string, Records>>> {
  const records = topics.map(async (topic) => [topic, await recordsOf(world, topic)] as const);
  return Object.fromEntries(await Promise.all(records));
}

/**
 * As `runUnderFaults`, but gives the bytes of the topics, by partition and producer: in what order several
 * producers come to a partition is left open, and so is what a stage without state passes on from several of them.
 */
export async function bytesUnderFaults(
  text: string,
  messages: readonly FirehoseMessage[],
  faults: Random,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const world = await deploy(text);
  await run(world, messages, faults, { broken: null });
  const bytes = new Map<string, string[]>();
  for (const { address, plan } of world.deployments) {
    for (const { name } of topicsOf(plan)) {
      const subjects = [topicSubject(address, name, 0).replace(/\d+$/, "*")];
      const sent = new Set<string>();
      for await (const message of world.log.readAll(bucketStream(0), subjects)) {
        const from = `${message.subject} ${message.headers.get(HEADER.from)}`;
        const records = decodeRecords(message.payload).map(hexOf);
        bytes.set(from, [...(bytes.get(from) ?? []), ...records]);
        sent.add(from);
      }
      for (const from of sent) if (isPassedOn(plan, from)) bytes.get(from)?.sort();
    }
  }
  return bytes;
}

function hexOf(record: Value): string {
  return Buffer.from(encodeRecord(record)).toString("hex");
}

/** Whether a stage without state sends it that reads a topic: its partitions interleave at will. */
function isPassedOn(plan: Plan, from: string): boolean {
  return plan.stages.some(
    ({ id, inputs }) => from.includes(`.${id}.`) && inputs.some(({ kind }) => kind === "topic"),
  );
}

export type World = { readonly log: MemoryLog; readonly deployments: readonly Deployment[] };

async function deploy(text: string): Promise<World> {
  const { plans, diagnostics } = compile({ file: "simulation.fpl", text });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(`${errors.map(({ message }) => message).join()}\n${text}`);
  const [store, log] = [new MemoryDeployments(), new MemoryLog()];
  const target = { store, log, tenant: DEFAULT_TENANT, buckets: 1, firehosePartitions: PARTITIONS };
  for (const plan of plans) {
    await deployPlan(plan, text, { ...target, nowMs: 0, defaultStart: "first" });
  }
  return { log, deployments: (await store.list(DEFAULT_TENANT)).deployments };
}

type RunOptions = {
  readonly broken: Broken | null;
  readonly onFault?: OnFault;
  readonly sizesOf?: (random: Random) => TaskSizes;
  /** Of the log: messages of less are not cut in parts. */
  readonly partBytesMin?: number;
};

/** Until every topic has come to its end. */
async function run(
  world: World,
  messages: readonly FirehoseMessage[],
  random: Random,
  { broken, onFault, sizesOf = drawSizes, partBytesMin = 0 }: RunOptions,
): Promise<void> {
  const log = new UnreliableLog(world.log, random, broken);
  const clock = new EagerClock();
  const stop = new AbortController();
  const ports = { log, clock, report: () => undefined, sizes: sizesOf(random) };
  const partBytes = drawMessageBytesMax(random, world.log.messageBytesMax);
  world.log.messageBytesMax = Math.max(partBytes, partBytesMin);
  const failures: unknown[] = [];
  const owners = world.deployments.flatMap((deployment) =>
    tasksOf(deployment).flatMap((task) =>
      Array.from({ length: random.chance(TWICE) ? 2 : 1 }, async () => {
        try {
          await keepRunning(deployment, task, ports, stop.signal, onFault);
        } catch (error) {
          failures.push(error);
        }
      }),
    ),
  );
  await feed(world.log, messages, random, clock);
  for (let turns = 0; turns < TURNS_MAX && failures.length === 0; turns += 1) {
    if (turns % TURNS_PER_LOOK === 0 && (await isThrough(world))) break;
    await clock.sleep(1);
  }
  if (failures.length === 0 && !(await isThrough(world))) failures.push(new Error("it hangs"));
  log.calm = true;
  stop.abort();
  await Promise.all(owners);
  if (failures.length > 0) throw failures[0];
}

async function feed(
  log: MemoryLog,
  messages: readonly FirehoseMessage[],
  random: Random,
  clock: EagerClock,
): Promise<void> {
  for (const message of messages) {
    log.append(FIREHOSE_STREAM, message);
    if (random.chance(0.2)) await clock.sleep(1);
  }
}

/** Whether every topic has come to its end. */
export async function isThrough({ log, deployments }: World): Promise<boolean> {
  for (const { address, plan } of deployments) {
    for (const { name, partitions } of topicsOf(plan)) {
      const subjects = Array.from({ length: partitions }, (_, i) =>
        topicWatermarkSubject(address, name, i),
      );
      const ended = new Set<string>();
      for await (const { subject, headers } of log.readAll(bucketStream(0), subjects)) {
        const isEnd = Number(headers.get(HEADER.watermark)) === END_OF_TIME_MS;
        if (isEnd) ended.add(`${subject} ${headers.get(HEADER.from)}`);
      }
      const producers = producersOf(plan, { kind: "topic", name });
      if (ended.size < partitions * producers) return false;
    }
  }
  return true;
}

/** What a topic holds. */
export async function recordsOf(
  { log, deployments }: World,
  topic: string,
): Promise<Record<string, unknown>[]> {
  const owner = deployments.find(({ plan }) => plan.topics.some(({ name }) => name === topic));
  if (owner === undefined) throw new Error(`nobody owns ${topic}`);
  const records: Record<string, unknown>[] = [];
  for await (const { payload } of log.readAll(bucketStream(0), [
    topicSubject(owner.address, topic, 0).replace(/\d+$/, "*"),
  ])) {
    // The records of a topic are objects.
    records.push(...decodeRecords(payload).map((one) => toJson(one) as Record<string, unknown>));
  }
  return records;
}

async function lettersOf(world: World): Promise<Records> {
  const topics = world.deployments.map(({ plan }) => plan.deadLetters.topic);
  return (await Promise.all(topics.map((topic) => recordsOf(world, topic)))).flat();
}

function topicsOf(plan: Plan) {
  return plan.topics.filter(({ role }) => role !== "dead-letters");
}

export function describe({ topic, expected, missing, doubled, wrong }: Difference): string {
  const lines = [
    `${topic}: of ${expected} records ${missing.length} missing, ${doubled.length} doubled, ${wrong.length} wrong`,
  ];
  for (const [what, list] of Object.entries({ missing, doubled, wrong })) {
    lines.push(...list.slice(0, SHOWN_MAX).map((one) => `  ${what}: ${one}`));
  }
  return lines.join("\n");
}
