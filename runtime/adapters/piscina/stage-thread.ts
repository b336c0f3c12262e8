// The entry of a worker thread: one NATS connection shared by all the stage tasks it hosts, so that their
// commits can go together.

import type { MessagePort } from "node:worker_threads";
import type { Deployment, TaskId } from "../../../plan/deployment.ts";
import { codeOf, type Fault, TaskFault } from "../../task/failure.ts";
import { runStageTask, type TaskEnd } from "../../task/stage-task.ts";
import { connectNats } from "../nats/connect.ts";
import { errorMessage } from "../nats-server/error-message.ts";
import { systemClock } from "../system-clock.ts";
import { SharedLog } from "./shared-log.ts";

/** What the pool hands to a thread. */
export type ThreadTask = {
  readonly natsUrl: string;
  readonly deployment: Deployment;
  readonly task: TaskId;
  /** Carries reports out and `stop` in. */
  readonly port: MessagePort;
};

/** How a task ended, as data: of an error only the text would leave the thread, not its code. */
export type ThreadOutcome =
  | { readonly kind: "ended"; readonly end: TaskEnd }
  | { readonly kind: "failed"; readonly fault: Fault; readonly stack: string | null };

let shared: SharedLog | null = null;

/** Runs one stage task until it is told to stop or is fenced. Never rejects. */
export default async function run({
  natsUrl,
  deployment,
  task,
  port,
}: ThreadTask): Promise<ThreadOutcome> {
  const stop = new AbortController();
  port.on("message", () => stop.abort());
  shared ??= new SharedLog(() => connectNats({ url: natsUrl, name: "fpaas stage thread" }));
  try {
    const log = await shared.get();
    const report = (message: unknown): void => port.postMessage(message);
    const ports = { log, clock: systemClock, report };
    return { kind: "ended", end: await runStageTask(deployment, task, ports, stop.signal) };
  } catch (error) {
    return failureOf(error);
  } finally {
    port.close();
  }
}

function failureOf(error: unknown): ThreadOutcome {
  const fault = error instanceof TaskFault ? error.fault : outsideOf(error);
  const thrown = error instanceof TaskFault ? error.cause : error;
  const stack = thrown instanceof Error ? (thrown.stack ?? null) : null;
  return { kind: "failed", fault, stack };
}

/** The log, or the connection to it. */
function outsideOf(error: unknown): Fault {
  return { phase: "start", place: null, reason: errorMessage(error), code: codeOf(error) };
}
