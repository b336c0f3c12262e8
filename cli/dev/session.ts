// One `fpaas dev`: deploys, works, shuffles and prints in this process until it is through or stopped, and
// then stops in the order that loses nothing.

import { availableParallelism } from "node:os";
import type { Deployment, TopicAddress } from "../../plan/deployment.ts";
import { DEFAULT_TENANT } from "../../plan/names.ts";
import type { Plan } from "../../plan/plan.ts";
import { ThreadHost } from "../../runtime/adapters/piscina/thread-host.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { deletePipeline, deployPlan } from "../../runtime/deploy.ts";
import { FailureLog } from "../../runtime/task/failure-log.ts";
import { Worker } from "../../runtime/worker.ts";
import type { Speed } from "../../shuffler/pace.ts";
import type { Progress } from "../../shuffler/publish.ts";
import { eventsTotal, type ShufflerCounters } from "../../shuffler/shuffle.ts";
import type { Backend } from "../backend.ts";
import { deployTarget } from "../deploy-target.ts";
import { type Program, sourceOf } from "../programs.ts";
import { type PublishingStats, publishTo } from "../publishing.ts";
import { watchStreams } from "../stream-watch.ts";
import { summaryLines } from "../summary.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { plural } from "../terminal/units.ts";
import type { TopicRecord } from "../topic-reader.ts";
import { WorkerLog } from "../worker-log.ts";
import { areThrough, countersOf, untilThrough } from "./completion.ts";
import { LiveRecords } from "./live-records.ts";

export type SessionOptions = {
  readonly backend: Backend;
  readonly from: string;
  readonly speed: Speed;
  /** End when the source is through and every window closed. */
  readonly once: boolean;
  /** Unique among the workers of this server. */
  readonly workerId: string;
  /** Which topics to print. */
  readonly printed: (role: Plan["topics"][number]["role"]) => boolean;
  readonly print: (records: readonly TopicRecord[]) => Promise<void>;
  /** Rejects when the server has gone for good. */
  readonly failed: Promise<never>;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
};

export class Session {
  readonly #options: SessionOptions;
  #deployments: readonly Deployment[] = [];
  #live: LiveRecords | null = null;
  readonly #counts = new Map<string, number>();
  #progress: Progress | null = null;
  #stats: PublishingStats | null = null;
  readonly #startMs = performance.now();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get deployments(): readonly Deployment[] {
    return this.#deployments;
  }

  /** Makes exactly these plans run, and prints their topics. @throws as `deployPlan` */
  async deploy(plans: readonly Plan[], programs: readonly Program[]): Promise<void> {
    const { store, log } = this.#options.backend;
    for (const plan of plans) {
      const target = deployTarget(this.#options.backend, "first");
      // Who changes a program here wants to see what it makes of the same events.
      const beginning = { begin: { at: "default" }, clearTopics: false } as const;
      await deployPlan(plan, sourceOf(plan, programs), target, beginning);
    }
    const names = new Set(plans.map(({ pipeline }) => pipeline));
    for (const { address } of this.#deployments) {
      if (!names.has(address.pipeline))
        await deletePipeline(DEFAULT_TENANT, address.pipeline, { store, log });
    }
    const { deployments } = await store.list(DEFAULT_TENANT);
    this.#deployments = deployments.filter(({ address }) => names.has(address.pipeline));
    await this.#printTopics();
  }

  /** Runs until it is through (`once`) or the signal aborts; stops cleanly either way. */
  async run(): Promise<void> {
    const { backend, workerId, failed, terminal } = this.#options;
    await using host = new ThreadHost(backend.url, availableParallelism());
    const log = new WorkerLog(terminal);
    const stopWorking = new AbortController();
    const worker = new Worker(workerId, {
      store: backend.store,
      membership: backend.membership,
      host,
      failures: new FailureLog(backend.log, systemClock),
      clock: systemClock,
      onEvent: (event) => log.take(event),
    });
    await this.#sayWhenThrough();
    const working = worker.run(stopWorking.signal);
    const watching = watchStreams(backend.connection, terminal, stopWorking.signal);
    try {
      await Promise.race([this.#follow(), working, failed]);
    } finally {
      stopWorking.abort();
      await Promise.all([working, watching]);
      await this.#live?.finish();
    }
  }

  /** What was read; null before anything was. */
  get counters(): ShufflerCounters | null {
    return this.#progress?.counters ?? null;
  }

  /** Lines for people. */
  async summary(): Promise<string[]> {
    const counters = this.#progress?.counters;
    return summaryLines({
      events: counters === undefined ? 0 : eventsTotal(counters),
      repeated: this.#stats?.repeated ?? 0,
      rejected: counters?.rejected ?? new Map(),
      superseded: counters?.superseded ?? 0,
      relay: this.#stats?.relay ?? null,
      cidMismatches: this.#stats?.relay.cidMismatches ?? 0,
      times: this.#stats?.times ?? null,
      topics: this.#counts,
      counters: await countersOf(this.#options.backend.log, this.#deployments),
      elapsedMs: performance.now() - this.#startMs,
    });
  }

  /** The input side: shuffles, then waits for the pipelines or the user. */
  async #follow(): Promise<void> {
    const { backend, from, speed, once, terminal, signal } = this.#options;
    await publishTo({
      backend,
      from: [from],
      verifier: null,
      speed,
      closeWindows: true,
      terminal,
      signal,
      onProgress: (progress, stats) => {
        this.#progress = progress;
        this.#stats = stats;
        terminal.progress(`${plural(eventsTotal(progress.counters), "event")} published`);
      },
    });
    if (signal.aborted) return;
    await untilThrough(backend.log, this.#deployments, systemClock, signal);
    if (once || signal.aborted) return;
    terminal.say("the recording is through; Ctrl-C ends");
    await untilAborted(signal);
  }

  /** A restart after the end has nothing to do: better said than wondered at. */
  async #sayWhenThrough(): Promise<void> {
    const { backend, terminal } = this.#options;
    if (await areThrough(backend.log, this.#deployments)) {
      terminal.say("this recording is through already; --fresh starts over");
    }
  }

  async #printTopics(): Promise<void> {
    const { backend, print, printed, terminal } = this.#options;
    await this.#live?.finish();
    const topics = new Map<string, TopicAddress>();
    for (const { address, plan } of this.#deployments) {
      for (const { name, partitions, role } of plan.topics) {
        if (printed(role)) topics.set(name, { owner: address, partitions });
      }
    }
    this.#live = await LiveRecords.start({
      log: backend.log,
      topics,
      print: async (records) => {
        for (const { topic } of records)
          this.#counts.set(topic, (this.#counts.get(topic) ?? 0) + 1);
        await print(records);
      },
      complain: (line) => terminal.complain(line),
    });
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
