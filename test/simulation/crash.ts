// The life of a deployed program on the memory log, with one process that dies at a named place: a worker with its
// tasks, or a command that deploys or deletes. It is started again at once, and the answer must be the same.

import { compile } from "../../compiler/compile.ts";
import { tasksOf } from "../../plan/deployment.ts";
import { DEFAULT_TENANT, FIREHOSE_STREAM } from "../../plan/names.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Counters } from "../../runtime/core/message.ts";
import type { CrashPoint } from "../../runtime/crash-points.ts";
import { type DeployTarget, deletePipeline, deployPlan } from "../../runtime/deploy.ts";
import type { FirehoseMessage } from "../../runtime/plan-driver.ts";
import { LogUnavailable } from "../../runtime/ports.ts";
import { checkpointSubjects, loadCheckpoint } from "../../runtime/task/checkpoint.ts";
import { TaskFault } from "../../runtime/task/failure.ts";
import { FailureLog } from "../../runtime/task/failure-log.ts";
import { runStageTask } from "../../runtime/task/stage-task.ts";
import { EagerClock } from "../../runtime/testing/eager-clock.ts";
import { MemoryDeployments } from "../../runtime/testing/memory-deployments.ts";
import { MemoryLog } from "../../runtime/testing/memory-log.ts";
import { type Random, seededRandom } from "../../runtime/testing/random.ts";
import { type TaskHost, Worker } from "../../runtime/worker.ts";
import { canonical, difference, isSame } from "../support/difference.ts";
import { PARTITIONS } from "./events.ts";
import type { Fields, Life } from "./life.ts";
import { type CrashAt, Fate, MortalProcess, ProcessDied, printCrash } from "./mortal-process.ts";
import { describe, isThrough, recordsOf } from "./simulate.ts";

export type Lived = {
  /** How often each place was reached. */
  readonly reached: ReadonlyMap<CrashPoint, number>;
  /** What differs from the plain loops; null when nothing does. */
  readonly wrong: string | null;
  /** The counters of every task, as JSON. */
  readonly counters: string;
};

const BATCH_MAX = 8;
const TURNS_MAX = 20_000;
const TURNS_PER_LOOK = 5;
/** Of the messages, those after which time passes. */
const PAUSES = 0.15;
const WORKER = "worker";

/** Every crash that a run without one comes by. */
export function crashesOf({ reached }: Lived): CrashAt[] {
  return [...reached].flatMap(([point, count]) =>
    Array.from({ length: count }, (_, i) => ({ point, ordinal: i + 1 })),
  );
}

/**
 * A life with a crash, and everything that is wrong with its end.
 * @param quiet the same life without one, which has the same counters
 * @returns null when nothing is
 */
export async function findWrong(
  life: Life,
  crash: CrashAt,
  { counters }: Lived,
): Promise<string | null> {
  try {
    const lived = await live(life, crash);
    if (lived.wrong !== null || lived.counters === counters) return lived.wrong;
    return `counters are ${lived.counters} and not ${counters}`;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/**
 * Runs it all, with the crash if there is one. The same life and crash give the same run.
 * @throws what a task failed with, or that the crash has not come
 */
export async function live(life: Life, crash: CrashAt | null): Promise<Lived> {
  const world = new CrashWorld(life, new Fate(crash));
  const actual = await world.run();
  const { fate } = world;
  if (!fate.isOver) throw new Error(`never comes to ${crash && printCrash(crash)}`);
  const wrong = Object.entries(life.expected)
    .map(([topic, records]) => difference(topic, records, actual[topic] ?? []))
    .filter((one) => !isSame(one));
  return {
    reached: fate.reached,
    wrong: wrong.length === 0 ? null : wrong.map(describe).join(),
    counters: await world.counters(),
  };
}

class CrashWorld {
  readonly fate: Fate;
  readonly #life: Life;
  readonly #log = new MemoryLog();
  readonly #store = new MemoryDeployments();
  readonly #clock = new EagerClock();
  readonly #random: Random;
  readonly #failures: unknown[] = [];

  constructor(life: Life, fate: Fate) {
    this.#life = life;
    this.fate = fate;
    this.#random = seededRandom(life.seed * 5 + 2);
    this.#log.messageBytesMax = life.messageBytesMax;
    this.#log.batchSize = () => 1 + this.#random.int(BATCH_MAX);
  }

  async run(): Promise<Record<string, Fields[]>> {
    const { messages, text } = this.#life;
    const stop = new AbortController();
    await this.#deploy(text);
    const working = this.#keepWorking(stop.signal);
    const half = messages.length >> 1;
    try {
      await this.#feed(messages.slice(0, half));
      await this.#change();
      await this.#feed(messages.slice(half));
      await this.#untilThrough();
    } finally {
      stop.abort();
      await working;
    }
    if (this.#failures.length > 0) throw this.#failures[0];
    return await this.#records();
  }

  /** As `Lived.counters`. */
  async counters(): Promise<string> {
    const counters: Record<string, Counters> = {};
    for (const deployment of (await this.#world()).deployments) {
      for (const task of tasksOf(deployment)) {
        const at = checkpointSubjects(deployment, task);
        const restored = await loadCheckpoint(this.#log, at);
        if (restored !== null) counters[at.checkpoint] = restored.checkpoint.progress.counters;
      }
    }
    return canonical(counters);
  }

  async #feed(messages: readonly FirehoseMessage[]): Promise<void> {
    for (const message of messages) {
      this.#log.append(FIREHOSE_STREAM, message);
      if (this.#random.chance(PAUSES)) await this.#clock.sleep(1);
    }
  }

  async #change(): Promise<void> {
    const { change, text } = this.#life;
    switch (change) {
      case "nothing":
        return;
      case "edited":
        return await this.#deploy(edited(text));
      case "deleted and deployed again":
        await this.#delete(text);
        return await this.#deploy(text);
    }
  }

  async #deploy(text: string): Promise<void> {
    await this.#command(async (target) => {
      for (const plan of plansOf(text)) await deployPlan(plan, text, target);
    });
  }

  /** A delete that dies is not given again: the next deploy finishes it. */
  async #delete(text: string): Promise<void> {
    for (const { pipeline } of plansOf(text)) {
      await this.#command(async (target) => {
        await deletePipeline(DEFAULT_TENANT, pipeline, target);
      }, 1);
    }
  }

  /** Runs a command in a process of its own; if it dies, the user gives the command again. */
  async #command(
    run: (target: DeployTarget) => Promise<void>,
    triesMax = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const process = new MortalProcess(this.fate);
      const target = {
        store: process.port(this.#store),
        log: process.port(this.#log),
        crash: process,
        tenant: DEFAULT_TENANT,
        buckets: 1,
        firehosePartitions: PARTITIONS,
        nowMs: this.#clock.now(),
        defaultStart: "first" as const,
      };
      try {
        return await run(target);
      } catch (error) {
        if (!process.death.aborted) throw error;
      }
    }
  }

  /** A worker, and another one when it dies. */
  async #keepWorking(stop: AbortSignal): Promise<void> {
    while (!stop.aborted && this.#failures.length === 0) {
      const process = new MortalProcess(this.fate);
      const worker = this.#workerOf(process);
      try {
        await worker.run(AbortSignal.any([stop, process.death]));
      } catch (error) {
        if (!(error instanceof ProcessDied)) this.#failures.push(error);
      }
    }
  }

  #workerOf(process: MortalProcess): Worker {
    const membership = {
      beat: async () => undefined,
      alive: async () => [WORKER],
      leave: async () => undefined,
    };
    return new Worker(WORKER, {
      store: process.port(this.#store),
      membership,
      host: this.#hostOf(process),
      failures: new FailureLog(process.port(this.#log), this.#clock),
      clock: this.#clock,
      crash: process,
      onEvent: (event) => {
        if (event.kind === "failed" && !isForeseen(event.error)) this.#failures.push(event.error);
      },
    });
  }

  /** Runs tasks in the process of their worker. */
  #hostOf(process: MortalProcess): TaskHost {
    const log = process.port(this.#log);
    return {
      start: (deployment, task, report) => {
        const stop = new AbortController();
        const ports = { log, clock: this.#clock, report, sizes: this.#life.sizes, crash: process };
        const done = runStageTask(deployment, task, ports, stop.signal);
        return { done, stop: () => stop.abort() };
      },
    };
  }

  async #untilThrough(): Promise<void> {
    for (let turns = 0; turns < TURNS_MAX && this.#failures.length === 0; turns += 1) {
      if (turns % TURNS_PER_LOOK === 0 && (await isThrough(await this.#world()))) return;
      await this.#clock.sleep(1);
    }
    if (this.#failures.length === 0) this.#failures.push(new Error("it hangs"));
  }

  async #records(): Promise<Record<string, Fields[]>> {
    const world = await this.#world();
    const topics = Object.keys(this.#life.expected);
    const records = topics.map(async (topic) => [topic, await recordsOf(world, topic)] as const);
    return Object.fromEntries(await Promise.all(records));
  }

  async #world() {
    const { deployments } = await this.#store.list(DEFAULT_TENANT);
    return { log: this.#log, deployments };
  }
}

function isForeseen(error: unknown): boolean {
  const thrown = error instanceof TaskFault ? error.cause : error;
  return thrown instanceof ProcessDied || thrown instanceof LogUnavailable;
}

/** The program with something behind its last stage that changes no answer: its state is kept. */
function edited(text: string): string {
  return text.replaceAll(
    "|> to topic('answers'",
    "|> filter to_string(time) != '' |> to topic('answers'",
  );
}

function plansOf(text: string): readonly Plan[] {
  const { plans, diagnostics } = compile({ file: "crash.fpl", text });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(`${errors.map(({ message }) => message).join()}\n${text}`);
  return plans;
}
