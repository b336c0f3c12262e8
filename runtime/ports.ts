// What the runtime needs from the outside: a log that commits atomically, and a clock.

/** One message of the log. */
export type LogMessage = {
  readonly subject: string;
  /** Position in its stream; unique and growing within the stream. */
  readonly seq: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
};

/** A message to append. */
export type LogAppend = {
  readonly subject: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
  /** The commit fails unless the last message on `subject` has this sequence (0: there is none). */
  readonly expectedLastSeq?: number;
};

/** What `commit` answers. Fenced: an expectation failed, somebody else wrote. Nothing was appended then. */
export type CommitResult =
  /** `lastSeq` is the sequence of the last of *these* messages, whatever else went in the same batch. */
  { readonly kind: "committed"; readonly lastSeq: number } | { readonly kind: "fenced" };

/** The server's own limit of an atomic batch. */
export const COMMIT_MESSAGES_MAX = 1000;
/** Payloads, subjects and headers of one commit: the server holds a batch back as a whole. */
export const COMMIT_BYTES_MAX = 32 * 1024 * 1024;

/** Bytes of a message as they count in `COMMIT_BYTES_MAX`. */
export function appendBytes({ subject, headers, payload }: LogAppend): number {
  let bytes = subject.length + payload.length;
  for (const [name, value] of headers) bytes += name.length + value.length;
  return bytes;
}

/** An append-only log of streams, as JetStream gives it. */
export interface Log {
  /** Bytes of a message's payload; what is larger is refused. */
  readonly messageBytesMax: number;

  /**
   * The messages of `stream` on `subjects` from sequence `fromSeq` on, in order, without end (until the
   * signal aborts) and with backpressure. A batch holds what has arrived, at least one message.
   */
  read(
    stream: string,
    subjects: readonly string[],
    fromSeq: number,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogMessage[]>;

  /** The last message on `subject`, asked of the stream's leader; null when there is none. */
  last(stream: string, subject: string): Promise<LogMessage | null>;

  /** All messages now on `subjects`, in order, from the leader's point of view of this moment. */
  readAll(stream: string, subjects: readonly string[]): AsyncIterable<LogMessage>;

  /** The first sequence that the stream still holds; when it is empty, that of the next message. */
  firstSeq(stream: string): Promise<number>;

  /** The last sequence of the stream, 0 when it is empty. */
  lastSeq(stream: string): Promise<number>;

  /** The first sequence at or after the time, or lastSeq + 1. */
  seqAtTime(stream: string, timeMs: number): Promise<number>;

  /**
   * Appends all messages or none, in this order and with consecutive sequences: at most `COMMIT_MESSAGES_MAX`, and
   * `COMMIT_BYTES_MAX`. Retries what is safe to retry until the signal aborts;
   * an ambiguous time-out is resolved by reading the expected subject back.
   * @throws LogUnavailable when aborted before it is known to be written.
   */
  commit(
    stream: string,
    messages: readonly LogAppend[],
    signal: AbortSignal,
  ): Promise<CommitResult>;

  /** Deletes the messages on `subject` (wildcards are fine) up to and including `throughSeq`. */
  purge(stream: string, subject: string, throughSeq: number): Promise<void>;
}

/** Wall-clock time: only for lingering and for progress reports, never for an answer. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The log could not be reached, or refused for a reason that may pass. Retry later. */
export class LogUnavailable extends Error {
  readonly code = "log_unavailable";
}
