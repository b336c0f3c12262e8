// The log in memory, for tests that crash, duplicate and delay on purpose. Same contract as on NATS.

import type { CommitResult, Log, LogAppend, LogMessage } from "../ports.ts";
import { LogUnavailable } from "../ports.ts";
import { subjectMatches } from "../subject-match.ts";

/** What the next commit is to suffer. */
export type CommitFault = "none" | "lost-before" | "lost-after";

/** As a server with its default `max_payload` has. */
const MESSAGE_BYTES_MAX = 960 * 1024;

export class MemoryLog implements Log {
  readonly #streams = new Map<string, LogMessage[]>();
  readonly #lastSeqs = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  /** Decides what happens to a commit: `lost-before` writes nothing, `lost-after` writes, both throw. */
  fault: () => CommitFault = () => "none";
  /** For tests to set. */
  messageBytesMax = MESSAGE_BYTES_MAX;
  /** Most messages that `read` hands over at once. */
  batchSize: () => number = () => 100;

  /** Appends without any condition, as the shuffler does. */
  append(stream: string, message: Omit<LogAppend, "expectedLastSeq">): number {
    const seq = (this.#lastSeqs.get(stream) ?? 0) + 1;
    this.#lastSeqs.set(stream, seq);
    this.#messages(stream).push({ ...message, seq });
    for (const wake of this.#waiting) wake();
    return seq;
  }

  async *read(
    stream: string,
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogMessage[]> {
    const matches = matcher(subjects);
    let next = fromSeq;
    while (!signal.aborted) {
      const most = Math.max(1, this.batchSize());
      const batch: LogMessage[] = [];
      const messages = this.#messages(stream);
      for (let i = firstFrom(messages, next); i < messages.length && batch.length < most; i += 1) {
        const message = messages[i];
        if (message === undefined) break;
        next = message.seq + 1;
        if (matches(message.subject)) batch.push(message);
      }
      if (batch.length > 0) yield batch;
      else await this.#change(signal);
    }
  }

  async last(stream: string, subject: string): Promise<LogMessage | null> {
    return this.#last(stream, subject);
  }

  async *readAll(stream: string, subjects: readonly string[]): AsyncIterable<LogMessage> {
    const matches = matcher(subjects);
    yield* this.#messages(stream).filter(({ subject }) => matches(subject));
  }

  async firstSeq(stream: string): Promise<number> {
    return this.#messages(stream)[0]?.seq ?? (await this.lastSeq(stream)) + 1;
  }

  async lastSeq(stream: string): Promise<number> {
    return this.#lastSeqs.get(stream) ?? 0;
  }

  async seqAtTime(): Promise<number> {
    throw new Error("the memory log keeps no times");
  }

  /** Checks and appends without a pause in between: nobody else's commit comes in the middle. */
  async commit(stream: string, messages: readonly LogAppend[]): Promise<CommitResult> {
    const fault = this.fault();
    if (fault === "lost-before") throw new LogUnavailable("commit lost");
    for (const { subject, expectedLastSeq } of messages) {
      if (expectedLastSeq === undefined) continue;
      if ((this.#last(stream, subject)?.seq ?? 0) !== expectedLastSeq) return { kind: "fenced" };
    }
    for (const { subject, headers, payload } of messages) {
      this.append(stream, { subject, headers, payload });
    }
    if (fault === "lost-after") throw new LogUnavailable("acknowledgement lost");
    return { kind: "committed", lastSeq: this.#lastSeqs.get(stream) ?? 0 };
  }

  async purge(stream: string, subject: string, throughSeq: number): Promise<void> {
    const kept = this.#messages(stream).filter(
      (message) => message.seq > throughSeq || !subjectMatches(subject, message.subject),
    );
    this.#streams.set(stream, kept);
  }

  #last(stream: string, subject: string): LogMessage | null {
    return this.#messages(stream).findLast((message) => message.subject === subject) ?? null;
  }

  #messages(stream: string): LogMessage[] {
    const messages = this.#streams.get(stream) ?? [];
    this.#streams.set(stream, messages);
    return messages;
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
      if (signal.aborted) wake();
    });
  }
}

/** Whether a subject matches one of the filters; each subject is looked at once. */
function matcher(filters: readonly string[]): (subject: string) => boolean {
  const known = new Map<string, boolean>();
  return (subject) => {
    const before = known.get(subject);
    if (before !== undefined) return before;
    const matches = filters.some((filter) => subjectMatches(filter, subject));
    known.set(subject, matches);
    return matches;
  };
}

/** Index of the first message from a sequence on, by halving. */
function firstFrom(messages: readonly LogMessage[], seq: number): number {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
