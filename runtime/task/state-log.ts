// The state of a task as a log of its own, which never needs one large commit.
//
// Every commit appends the entries it changed. When those have outgrown the state, an epoch begins: all
// entries as they are now (the base) go out a slice per commit, beside the changes, which from now on
// belong to the new epoch. Once its base is whole, everything from before the epoch can be deleted.
//
//   state = base of epoch b, then every change of epoch b and later, in order

import { HEADER } from "../../plan/names.ts";
import type { StateChange } from "../core/message.ts";
import { type LogAppend, type LogMessage, LogUnavailable } from "../ports.ts";
import { PartJoiner, stagingOf } from "./parts.ts";
import { decodeChanges, encodeChanges, type StoredChange } from "./stored.ts";

/** State is cut into messages of about this size. */
export const STATE_MESSAGE_BYTES = 512 * 1024;
/** How much of a base goes into one commit. */
export const BASE_SLICE_BYTES = 2 * 1024 * 1024;
/** An epoch begins when the changes since the last one reach this, or twice the size of its base. */
export const EPOCH_AFTER_BYTES_MIN = 1024 * 1024;

/** State of one stage partition in the log: the last base, and the changes since. */
export const STATE_LOG_BYTES_MAX = 1024 * 1024 * 1024;

/** Entries of keyed state of one stage partition: a million take about 750 MB of a thread (`npm run bench:state`). */
export const STATE_KEYS_MAX = 2_000_000;

/** The part of a checkpoint that says which state messages count. */
export type StateEpochs = {
  readonly epoch: number;
  /** The last epoch whose base is whole; 0 began empty. */
  readonly baseEpoch: number;
};

/** Sizes that tests make small. */
export type StateSizes = {
  readonly sliceBytes: number;
  readonly epochAfterBytesMin: number;
  readonly logBytesMax: number;
  readonly keysMax: number;
};
export const STATE_SIZES: StateSizes = {
  sliceBytes: BASE_SLICE_BYTES,
  epochAfterBytesMin: EPOCH_AFTER_BYTES_MIN,
  logBytesMax: STATE_LOG_BYTES_MAX,
  keysMax: STATE_KEYS_MAX,
};

type StoredBytes = Pick<StoredState, "baseBytes" | "changedBytes">;
export const NO_STATE: StoredBytes = { baseBytes: 0, changedBytes: 0 };

/**
 * Thrown instead of a commit when a stage partition keeps more than it may. Nothing is lost: the task stays
 * at its last commit, and goes on once there are fewer keys, smaller aggregates or more partitions.
 */
export class StateTooLarge extends Error {
  readonly code = "state_too_large";

  /** @param size with its unit */
  constructor(subject: string, size: string, max: number) {
    super(
      `the state under ${subject} has ${size}, and a partition keeps at most ${max}: give the pipeline more partitions, the stage a smaller window, or a cap`,
    );
  }
}

/** What a task writes of its state. */
export class StateLog {
  readonly #subject: string;
  readonly #sizes: StateSizes;
  #epoch: number;
  #baseEpoch: number;
  #changedBytes: number;
  #baseBytes = 0;
  #entryBytes = 0;
  /** What is left to write of the base. It is encoded only when its slice is. */
  #base: Iterator<StateChange> | null = null;
  /** Of the last commit: whether the epoch began, whether its base is whole. */
  #last = { began: false, completed: false };
  #epochFirstSeq = 0;

  /** @param stored what stands in the log already, as `readState` says */
  constructor(subject: string, epochs: StateEpochs, stored: StoredBytes, sizes = STATE_SIZES) {
    this.#subject = subject;
    this.#sizes = sizes;
    this.#epoch = epochs.epoch;
    this.#baseEpoch = epochs.baseEpoch;
    this.#baseBytes = stored.baseBytes;
    this.#changedBytes = stored.changedBytes;
  }

  /** Bytes of state in the log, which the state itself does not exceed. */
  get bytes(): number {
    return this.#baseBytes + this.#changedBytes;
  }

  /**
   * The messages of the next commit: changes, and behind them the slice of the base.
   * @param keys entries of the whole state
   * @throws StateTooLarge
   * @param entries gives the whole state, `changes` included; asked for only when an epoch begins
   */
  next(
    keys: number,
    changes: readonly StateChange[],
    entries: () => Iterable<StateChange>,
  ): { readonly changes: readonly LogAppend[]; readonly base: readonly LogAppend[] } {
    const { keysMax, logBytesMax } = this.#sizes;
    if (keys > keysMax) throw new StateTooLarge(this.#subject, `${keys} keys`, keysMax);
    const changed = stateMessages(this.#subject, this.#epoch, "change", changes);
    const changedBytes = bytesOf(changed);
    this.#changedBytes += changedBytes;
    if (changes.length > 0) this.#entryBytes = changedBytes / changes.length;
    if (this.bytes > logBytesMax) {
      throw new StateTooLarge(this.#subject, `${this.bytes} bytes`, logBytesMax);
    }
    const limit = Math.max(this.#sizes.epochAfterBytesMin, 2 * this.#baseBytes);
    const began = this.#base === null && this.#changedBytes >= limit;
    if (began) this.#begin(entries());
    const { messages: base, completed } = this.#slice();
    if (completed) this.#complete();
    this.#last = { began, completed };
    return { changes: changed, base };
  }

  /** Mean of the changes of the last commit that had some. */
  get entryBytes(): number {
    return this.#entryBytes;
  }

  /** Whether part of a base is still to be written. */
  get isWritingBase(): boolean {
    return this.#base !== null;
  }

  /** For the checkpoint of the commit that `next` was asked for. */
  epochs(): StateEpochs {
    return { epoch: this.#epoch, baseEpoch: this.#baseEpoch };
  }

  /**
   * The commit is stored.
   * @param baseSeq sequence of the first message of its base, or of the next one where it has none
   * @returns the sequence through which state messages are garbage now; null when none more are
   */
  committed(baseSeq: number): number | null {
    const { began, completed } = this.#last;
    if (began) this.#epochFirstSeq = baseSeq;
    return completed ? this.#epochFirstSeq - 1 : null;
  }

  #begin(entries: Iterable<StateChange>): void {
    this.#epoch += 1;
    this.#base = entries[Symbol.iterator]();
    this.#baseBytes = 0;
    this.#changedBytes = 0;
  }

  #slice(): { messages: LogAppend[]; completed: boolean } {
    if (this.#base === null) return { messages: [], completed: false };
    const slice: StateChange[] = [];
    let completed = false;
    for (let bytes = 0; bytes < this.#sizes.sliceBytes && !completed; ) {
      const next = this.#base.next();
      completed = next.done === true;
      if (next.done === true) break;
      slice.push(next.value);
      bytes += next.value.key.length + (next.value.value?.length ?? 0);
    }
    const messages = stateMessages(this.#subject, this.#epoch, "base", slice);
    this.#baseBytes += bytesOf(messages);
    return { messages, completed };
  }

  #complete(): void {
    this.#base = null;
    this.#baseEpoch = this.#epoch;
  }
}

/** State as it is read back: message by message, since decoding all of it takes a while. */
export type StoredState = {
  readonly parts: Iterable<StateChange[]>;
  /** What it takes in the log: the base, and the changes since. */
  readonly baseBytes: number;
  readonly changedBytes: number;
};

/**
 * Reads state messages back, given in order. What was staged for a commit that never came is left out.
 * @throws LogUnavailable when another owner deletes them meanwhile: a message is not whole
 */
export function readState(
  messages: readonly LogMessage[],
  { baseEpoch }: StateEpochs,
): StoredState {
  const epochOf = ({ headers }: LogMessage): number => Number(headers.get(HEADER.epoch));
  const counting = whatCounts(messages);
  const base = counting.filter((one) => isOf("base", one) && epochOf(one) === baseEpoch);
  const changes = counting.filter((one) => isOf("change", one) && epochOf(one) >= baseEpoch);
  return {
    parts: partsOf([...base, ...changes]),
    baseBytes: bytesOf(base),
    changedBytes: bytesOf(changes),
  };
}

type Kind = "base" | "change" | "marker";

function isOf(kind: Kind, { headers }: LogMessage): boolean {
  return headers.get(HEADER.state) === kind;
}

/** All but what was staged under an id without a marker, and what a repeated request has written twice. */
function whatCounts(messages: readonly LogMessage[]): LogMessage[] {
  const reached = new Map<string, number>();
  for (const message of messages) {
    const staging = isOf("marker", message) ? stagingOf(message) : null;
    if (staging !== null) reached.set(staging.id, 0);
  }
  return messages.filter((message) => {
    const staging = stagingOf(message);
    if (staging === null) return true;
    if (staging.number <= (reached.get(staging.id) ?? Number.POSITIVE_INFINITY)) return false;
    reached.set(staging.id, staging.number);
    return true;
  });
}

function* partsOf(messages: readonly LogMessage[]): Iterable<StateChange[]> {
  const joiner = new PartJoiner();
  for (const one of messages) {
    const { message, lost } = joiner.take(one);
    if (lost.length > 0) throw new LogUnavailable(`parts of the state on ${one.subject} are gone`);
    if (message === null) continue;
    yield decodeChanges(message.payload).map(([key, value]) => ({ key, value }));
  }
  if (joiner.held > 0) throw new LogUnavailable("the last part of a state message is gone");
}

function stateMessages(
  subject: string,
  epoch: number,
  kind: "base" | "change",
  changes: Iterable<StateChange>,
): LogAppend[] {
  const headers = new Map([
    [HEADER.epoch, String(epoch)],
    [HEADER.state, kind],
    [HEADER.ttl, "never"],
  ]);
  const messages: LogAppend[] = [];
  let part: StoredChange[] = [];
  let bytes = 0;
  const close = (): void => {
    if (part.length > 0) messages.push({ subject, headers, payload: encodeChanges(part) });
    part = [];
    bytes = 0;
  };
  for (const { key, value } of changes) {
    part.push([key, value]);
    bytes += key.length + (value?.length ?? 0);
    if (bytes >= STATE_MESSAGE_BYTES) close();
  }
  close();
  return messages;
}

function bytesOf(messages: readonly { readonly payload: Uint8Array }[]): number {
  return messages.reduce((sum, message) => sum + message.payload.length, 0);
}
