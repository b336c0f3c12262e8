// From what a stage runner produced to the messages of one commit.

import { type Deployment, lineageOf, type TaskId } from "../../plan/deployment.ts";
import { END_OF_TIME_MS } from "../../plan/event.ts";
import {
  CONTENT_RECORDS,
  exchangeSubject,
  HEADER,
  producerName,
  topicSubject,
  topicWatermarkSubject,
} from "../../plan/names.ts";
import type { Stage } from "../../plan/plan.ts";
import { partitionsOf, producersOf, type Target, targetsOf } from "../../plan/targets.ts";
import type { OutputMessage } from "../core/message.ts";
import type { LogAppend } from "../ports.ts";

/** Late and dead-letter topics hear of the watermark only every so often: they are seldom windowed. */
export const SIDE_WATERMARK_STEP_MS = 10_000;
/** Of one commit, which has a limit; the others go with the next one. */
export const WATERMARKS_PER_COMMIT_MAX = 250;

type OutputTarget = Target & {
  /** `Fpaas-From` of everything this task sends there. */
  readonly from: string;
  readonly watermarkStepMs: number;
  /** By partition. */
  readonly announcedMs: number[];
};

export class Outbox {
  readonly #deployment: Deployment;
  readonly #targets: OutputTarget[];

  constructor(deployment: Deployment, task: TaskId, stage: Stage) {
    const { plan, version } = deployment;
    this.#deployment = deployment;
    this.#targets = targetsOf(plan, stage).map((target) => ({
      ...target,
      from: producerName(version, task.stage, task.partition, producersOf(plan, target)),
      watermarkStepMs: isSide(deployment, target) ? SIDE_WATERMARK_STEP_MS : 1,
      announcedMs: Array.from({ length: partitionsOf(plan, target) }, () => -Infinity),
    }));
  }

  /** Whether some target is owed this watermark. */
  owes(watermarkMs: number | null): boolean {
    return (
      watermarkMs !== null &&
      this.#targets.some((target) => target.announcedMs.some((ms) => due(target, ms, watermarkMs)))
    );
  }

  /** The messages of one commit: the records, then the watermark where it is due. */
  messages(output: readonly OutputMessage[], watermarkMs: number | null): LogAppend[] {
    const messages = output.map((one) => this.#records(one));
    const most = messages.length + WATERMARKS_PER_COMMIT_MAX;
    if (watermarkMs === null) return messages;
    for (const target of this.#targets) {
      for (const [i, announcedMs] of target.announcedMs.entries()) {
        if (messages.length === most) return messages;
        if (!due(target, announcedMs, watermarkMs)) continue;
        target.announcedMs[i] = watermarkMs;
        messages.push(this.#watermark(target, i, watermarkMs));
      }
    }
    return messages;
  }

  #records({ target, partition, payload, order }: OutputMessage): LogAppend {
    const from = this.#targets.find((one) => one.kind === target.kind && one.name === target.name);
    if (from === undefined)
      throw new Error(`stage writes to unknown ${target.kind} ${target.name}`);
    const headers = new Map<string, string>([
      [HEADER.from, from.from],
      [HEADER.contentType, CONTENT_RECORDS],
    ]);
    if (order !== null) headers.set(HEADER.order, order);
    return { subject: this.#subject(target, partition), headers, payload };
  }

  #watermark(target: OutputTarget, partition: number, watermarkMs: number): LogAppend {
    const subject =
      target.kind === "exchange"
        ? this.#subject(target, partition)
        : topicWatermarkSubject(this.#deployment.address, target.name, partition);
    const headers = new Map([
      [HEADER.from, target.from],
      [HEADER.watermark, String(watermarkMs)],
    ]);
    return { subject, headers, payload: new Uint8Array() };
  }

  #subject(target: Target, partition: number): string {
    const { address } = this.#deployment;
    return target.kind === "exchange"
      ? exchangeSubject(address, lineageOf(this.#deployment, target.name), partition)
      : topicSubject(address, target.name, partition);
  }
}

function isSide(deployment: Deployment, target: Target): boolean {
  if (target.kind === "exchange") return false;
  return deployment.plan.topics.some(
    (topic) => topic.name === target.name && topic.role !== "sink",
  );
}

function due({ watermarkStepMs }: OutputTarget, announcedMs: number, watermarkMs: number): boolean {
  if (watermarkMs <= announcedMs) return false;
  return watermarkMs === END_OF_TIME_MS || watermarkMs >= announcedMs + watermarkStepMs;
}
