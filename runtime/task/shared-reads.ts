// Lets the tasks of a thread read the firehose together: the hundredth pipeline costs its own work and
// not another copy of the stream. Each task has its own position; those at about the same place form a
// group with one reader, and a group that meets another becomes part of it. Who is behind reads alone
// until it has caught up, and who is too slow for its group is left behind by it.
//
//   group at 900 ── task a, task b, task c          group at 250 ── task d
//   … d reads on alone, arrives at 940, where the others are …
//   group at 940 ── task a, task b, task c, task d

import { FIREHOSE_STREAM } from "../../plan/names.ts";
import type { Clock, CommitResult, Log, LogAppend, LogMessage } from "../ports.ts";
import { GroupMember } from "./group-member.ts";
import { ReaderGroup } from "./reader-group.ts";

export class SharedReads implements Log {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #groups = new Set<ReaderGroup>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Readers of the log under this one right now, for those that read the firehose. */
  get readers(): number {
    return this.#groups.size;
  }

  get messageBytesMax(): number {
    return this.#log.messageBytesMax;
  }

  read(
    stream: string,
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogMessage[]> {
    // Elsewhere a stage reads what is meant for it alone.
    if (stream !== FIREHOSE_STREAM) return this.#log.read(stream, subjects, fromSeq, signal);
    return this.#readTogether(subjects, fromSeq, signal);
  }

  last(stream: string, subject: string): Promise<LogMessage | null> {
    return this.#log.last(stream, subject);
  }

  readAll(stream: string, subjects: readonly string[]): AsyncIterable<LogMessage> {
    return this.#log.readAll(stream, subjects);
  }

  firstSeq(stream: string): Promise<number> {
    return this.#log.firstSeq(stream);
  }

  lastSeq(stream: string): Promise<number> {
    return this.#log.lastSeq(stream);
  }

  seqAtTime(stream: string, timeMs: number): Promise<number> {
    return this.#log.seqAtTime(stream, timeMs);
  }

  commit(
    stream: string,
    messages: readonly LogAppend[],
    signal: AbortSignal,
  ): Promise<CommitResult> {
    return this.#log.commit(stream, messages, signal);
  }

  purge(stream: string, subject: string, throughSeq: number): Promise<void> {
    return this.#log.purge(stream, subject, throughSeq);
  }

  async *#readTogether(
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogMessage[]> {
    const member = new GroupMember(subjects, fromSeq - 1);
    const near = [...this.#groups].find((group) => group.takesIn(member.position));
    if (near !== undefined) near.add(member);
    else ReaderGroup.start(this.#log, this.#clock, this.#groups, member);
    const end = (): void => member.end();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    try {
      for (let batch = await member.take(); batch !== null; batch = await member.take())
        yield batch;
    } finally {
      signal.removeEventListener("abort", end);
      member.end();
    }
  }
}
