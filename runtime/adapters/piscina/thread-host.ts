// Runs stage tasks on worker threads: a Piscina pool, many long-lived tasks to a thread.

import { getCompileCacheDir } from "node:module";
import { MessageChannel } from "node:worker_threads";
import { Piscina } from "piscina";
import type { Deployment, TaskId } from "../../../plan/deployment.ts";
import { TaskFault } from "../../task/failure.ts";
import type { TaskEnd, TaskReport } from "../../task/stage-task.ts";
import type { RunningTask, TaskHost } from "../../worker.ts";
import type { ThreadOutcome, ThreadTask } from "./stage-thread.ts";

/** Tasks that one thread hosts; beyond threads × this, tasks wait in the pool's queue. */
export const TASKS_PER_THREAD_MAX = 512;

/** Thrown for whatever a task threw on its thread, with that error's message, code and stack. */
export class TaskFailed extends TaskFault {
  constructor({ fault, stack }: Extract<ThreadOutcome, { kind: "failed" }>) {
    super(fault);
    if (stack !== null) this.stack = stack;
  }
}

/**
 * Thrown for every task of a thread whose memory was full; the thread is replaced, and the tasks are started
 * again from their last commits. Retrying helps when others have gone elsewhere meanwhile.
 */
export class ThreadOutOfMemory extends Error {
  readonly code = "thread_out_of_memory";

  constructor(cause: unknown) {
    super(
      "its thread ran out of memory, and was replaced: start more workers or threads, or let pipelines keep less state (`fpaas status` shows how much each task keeps)",
      { cause },
    );
  }
}

/** What the pool's client says of such a thread. */
const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

export class ThreadHost implements TaskHost, AsyncDisposable {
  readonly #pool: Piscina<ThreadTask, ThreadOutcome>;
  readonly #natsUrl: string;

  /**
   * @param threads how many worker threads; each has its own connection to `natsUrl`.
   * @param heapMbMax of old objects in each; V8's own limit without it
   */
  constructor(natsUrl: string, threads: number, heapMbMax?: number) {
    this.#natsUrl = natsUrl;
    // A thread has no compile cache unless its environment says so, and half its start is compiling.
    const cache = getCompileCacheDir();
    const limits = heapMbMax === undefined ? {} : { maxOldGenerationSizeMb: heapMbMax };
    this.#pool = new Piscina({
      filename: new URL("./stage-thread.ts", import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: TASKS_PER_THREAD_MAX,
      idleTimeout: Number.POSITIVE_INFINITY,
      env: { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) },
      resourceLimits: limits,
    });
  }

  start(deployment: Deployment, task: TaskId, report: (report: TaskReport) => void): RunningTask {
    const { port1: ours, port2: theirs } = new MessageChannel();
    ours.on("message", (message: TaskReport) => report(message));
    const spec: ThreadTask = { natsUrl: this.#natsUrl, deployment, task, port: theirs };
    const outcome = this.#pool.run(spec, { transferList: [theirs] }).finally(() => ours.close());
    return { done: outcome.then(endOf, toFailure), stop: () => ours.postMessage("stop") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}

function endOf(outcome: ThreadOutcome): TaskEnd {
  if (outcome.kind === "failed") throw new TaskFailed(outcome);
  return outcome.end;
}

/** What the thread could not say itself. */
function toFailure(error: unknown): never {
  const code = error instanceof Error && "code" in error ? error.code : null;
  throw code === OUT_OF_MEMORY ? new ThreadOutOfMemory(error) : error;
}
