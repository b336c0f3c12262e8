// The entry of a worker thread: one NATS connection shared by all the stage tasks it hosts, so that their
// commits can go together.

import type { MessagePort } from "node:worker_threads";
import type { Deployment, TaskId } from "../../../plan/deployment.ts";
import type { Log } from "../../ports.ts";
import { runStageTask, type TaskEnd } from "../../task/stage-task.ts";
import { connectNats } from "../nats/connect.ts";
import { NatsLog } from "../nats/nats-log.ts";
import { systemClock } from "../system-clock.ts";

/** What the pool hands to a thread. */
export type ThreadTask = {
  readonly natsUrl: string;
  readonly deployment: Deployment;
  readonly task: TaskId;
  /** Carries reports out and `stop` in. */
  readonly port: MessagePort;
};

let log: Promise<Log> | null = null;

/** Runs one stage task until it is told to stop or is fenced. */
export default async function run({
  natsUrl,
  deployment,
  task,
  port,
}: ThreadTask): Promise<TaskEnd> {
  const stop = new AbortController();
  port.on("message", () => stop.abort());
  log ??= openLog(natsUrl);
  const ports = {
    log: await log,
    clock: systemClock,
    report: (report: unknown) => port.postMessage(report),
  };
  try {
    return await runStageTask(deployment, task, ports, stop.signal);
  } finally {
    port.close();
  }
}

async function openLog(natsUrl: string): Promise<Log> {
  try {
    return new NatsLog(await connectNats({ url: natsUrl, name: "fpaas stage thread" }));
  } catch (error) {
    log = null; // The next task tries again.
    throw error;
  }
}
