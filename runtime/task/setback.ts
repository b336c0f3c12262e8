// What a running task makes of its last failure: it waits for its turn, writes nothing until it is past the place,
// leaves out what was poison, and where it is not known which message is at fault, goes on one at a time.

import type { Deployment, TaskId } from "../../plan/deployment.ts";
import { deploymentId } from "../../plan/deployment.ts";
import type { Aside } from "../core/aside.ts";
import { type Clock, type Log, LogUnavailable } from "../ports.ts";
import {
  type Failure,
  isCareful,
  isPast,
  isPoison,
  type Place,
  RETRY_MS_MAX,
  STEADY_MS,
} from "./failure.ts";
import { FailureLog } from "./failure-log.ts";

/** How many messages a careful task takes one by one before it is as always. */
export const CAREFUL_MESSAGES = 500;

/** Where a task stands in the log. */
export type Standing = {
  readonly seq: number;
  readonly inSeqs: readonly number[];
  /** In the middle of what the last message set off. */
  readonly busy: boolean;
};

export class Setback {
  readonly #log: FailureLog;
  readonly #clock: Clock;
  readonly #deployment: Deployment;
  readonly #task: TaskId;
  /** What is stored, be it over or not; 0: nothing. */
  #storedSeq = 0;
  /** When what is stored is no longer looked at. */
  #steadyMs = 0;
  #failure: Failure | null = null;
  #isPoison = false;
  /** Messages that are still to be taken with care. */
  #carefulLeft = 0;
  /** The message of the place; NaN is none. */
  #placeSeq = Number.NaN;

  private constructor(log: Log, clock: Clock, deployment: Deployment, task: TaskId) {
    this.#log = new FailureLog(log, clock);
    this.#clock = clock;
    this.#deployment = deployment;
    this.#task = task;
  }

  /** What is known of a task that stands there. @throws LogUnavailable */
  static async read(
    log: Log,
    clock: Clock,
    deployment: Deployment,
    task: TaskId,
    standing: Standing,
  ): Promise<Setback> {
    const setback = new Setback(log, clock, deployment, task);
    const stored = await setback.#log.stored(deployment, task);
    if (stored === null) return setback;
    setback.#storedSeq = stored.seq;
    setback.#steadyMs = (stored.failure?.lastMs ?? 0) + STEADY_MS;
    if (stored.failure?.deployment === deploymentId(deployment)) {
      setback.#take(stored.failure, standing);
    }
    return setback;
  }

  /** The failure that the task is not past. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** Waits until the task may be tried again, whoever tries it, or until the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#failure === null) return;
    // Clocks of machines differ: none makes another wait for longer than it would itself.
    const waitMs = Math.min(this.#failure.nextTryMs - this.#clock.now(), RETRY_MS_MAX);
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }

  /** What of the message is to be left out, or is at least to be taken record by record; null: it is like any other. */
  asideOf(input: number, seq: number): Aside | null {
    if (seq !== this.#placeSeq || this.#failure?.place?.input !== input) return null;
    const { place, reason, aside } = this.#failure;
    const records = new Map(aside.map((one) => [one.record, one.reason]));
    if (!this.#isPoison) return { whole: null, records };
    if (place.record === null) return { whole: reason, records };
    return { whole: null, records: records.set(place.record, reason) };
  }

  /**
   * Whether what the task has done is to be stored at once: it is careful, or has just got past the place. Were the
   * next message poison too, this one would be forgotten over it, and the two would take turns for ever.
   */
  isDue(inSeqs: readonly number[]): boolean {
    if (this.#carefulLeft > 0) return true;
    const place = this.#failure?.place ?? null;
    return place !== null && (inSeqs[place.input] ?? 0) >= place.seq;
  }

  /** Whether what the task has done so far is not to be stored yet. */
  holds(inSeqs: readonly number[]): boolean {
    const place = this.#failure?.place ?? null;
    return place !== null && !this.isCareful && (inSeqs[place.input] ?? 0) < place.seq;
  }

  /** Whether the next message is to be noted before, and committed after it is taken. */
  get isCareful(): boolean {
    return this.#carefulLeft > 0;
  }

  /** Notes the message that is tried next on the checkpoint. @throws LogUnavailable */
  async trying(place: Place, checkpointSeq: number): Promise<void> {
    const stored = await this.#log.stored(this.#deployment, this.#task);
    if (stored?.failure == null) return;
    const failure = { ...stored.failure, checkpointSeq, trying: place };
    const seq = await this.#log.write(this.#deployment, this.#task, failure, stored.seq);
    this.#storedSeq = seq ?? stored.seq;
  }

  /** The task has committed, and stands there now. */
  async committed(standing: Standing): Promise<void> {
    if (this.#carefulLeft > 0) this.#carefulLeft -= 1;
    const failure = this.#failure;
    if (failure === null || !isPast(failure, standing)) return;
    this.#failure = null;
    this.#placeSeq = Number.NaN;
    if (this.#isPoison) await this.#forget();
    this.#isPoison = false;
  }

  /** Forgets a failure that the task has been past for a while. */
  async sweep(): Promise<void> {
    if (this.#failure === null && this.#clock.now() >= this.#steadyMs) await this.#forget();
  }

  #take(failure: Failure, standing: Standing): void {
    if (isPast(failure, standing)) return;
    if (isCareful(failure)) this.#carefulLeft = CAREFUL_MESSAGES;
    this.#failure = failure;
    this.#isPoison = isPoison(failure, this.#deployment.plan.onPoison ?? "dead_letter");
    this.#placeSeq = failure.place?.seq ?? Number.NaN;
  }

  /** What the log has no time for now is ignored, and goes with the next sweep. */
  async #forget(): Promise<void> {
    if (this.#storedSeq === 0) return;
    try {
      await this.#log.forget(this.#deployment, this.#task, this.#storedSeq);
      this.#storedSeq = 0;
    } catch (error) {
      if (!(error instanceof LogUnavailable)) throw error;
    }
  }
}
