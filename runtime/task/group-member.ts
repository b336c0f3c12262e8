// One task's place in a group of readers: what it wants, how far it has been given it, and what waits.

import type { LogMessage } from "../ports.ts";
import { subjectMatches } from "../subject-match.ts";

/** Messages that may wait for a task before its group stops for it; one batch may go beyond. */
export const WAITING_MESSAGES_MAX = 1024;

export class GroupMember {
  readonly subjects: readonly string[];
  /** Everything through this sequence has been offered, or was processed before. */
  position: number;
  /** Called when it wants no more. */
  onEnd: () => void = () => undefined;
  #waiting: LogMessage[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wakeReader: () => void = () => undefined;
  #wakeGroup: () => void = () => undefined;

  constructor(subjects: readonly string[], position: number) {
    this.subjects = subjects;
    this.position = position;
  }

  get full(): boolean {
    return this.#waiting.length >= WAITING_MESSAGES_MAX && !this.#ended;
  }

  wants(subject: string): boolean {
    return this.subjects.some((filter) => subjectMatches(filter, subject));
  }

  /** Keeps a message that it wants, unless it has had it. */
  offer(message: LogMessage): void {
    if (message.seq > this.position) this.#waiting.push(message);
  }

  /** Everything through `seq` has been offered. */
  reach(seq: number): void {
    this.position = Math.max(this.position, seq);
    if (this.#waiting.length > 0) this.#wakeReader();
  }

  /** Everything that waits, as soon as something does; null after the end. @throws what `fail` was given */
  async take(): Promise<readonly LogMessage[] | null> {
    if (this.#waiting.length === 0 && !this.#ended && this.#failure === null) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#ended) return null;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#wakeGroup();
    return batch;
  }

  /** Resolves when it is not full any more. */
  async room(): Promise<void> {
    if (!this.full) return;
    await new Promise<void>((resolve) => {
      this.#wakeGroup = resolve;
    });
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeReader();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wakeReader();
    this.#wakeGroup();
    this.onEnd();
  }
}
