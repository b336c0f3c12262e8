// From what a task has to write to the batches of one commit.
//
//   output, state and checkpoint fit    [output, state, checkpoint]
//   they do not                         [state 1] [state 2] … [output, marker, checkpoint]
//
// Output is bounded by who makes it; state is not: a few entries may be larger than any batch. Then all of it is
// staged: written before, in batches of its own, under an id. It counts for whoever reads it once the last batch
// holds the marker of that id, and that batch is atomic with the checkpoint. What has no marker is left from a
// task that crashed in the middle or was replaced meanwhile, and goes with the next epoch.

import { HEADER } from "../../plan/names.ts";
import { appendBytes, COMMIT_BYTES_MAX, COMMIT_MESSAGES_MAX, type LogAppend } from "../ports.ts";
import { inParts } from "./parts.ts";

/** Of a batch with state only: others' commits to the stream go in between. */
export const STAGED_BYTES_MAX = 8 * 1024 * 1024;

/** Sizes that tests make small. */
export type BatchSizes = {
  readonly messages: number;
  readonly bytes: number;
  readonly stagedBytes: number;
};
export const BATCH_SIZES: BatchSizes = {
  messages: COMMIT_MESSAGES_MAX,
  bytes: COMMIT_BYTES_MAX,
  stagedBytes: STAGED_BYTES_MAX,
};

/** What goes into one commit. */
export type CommitContents = {
  /** Records and watermarks: `Outbox.messages`. */
  readonly output: readonly LogAppend[];
  /** `StateLog.next` */
  readonly changes: readonly LogAppend[];
  readonly base: readonly LogAppend[];
  /** `checkpointMessages`: the last of them is fenced. */
  readonly checkpoint: readonly LogAppend[];
};

export type Batches = {
  /** Written first, in this order; mostly none. */
  readonly staged: readonly (readonly LogAppend[])[];
  readonly last: readonly LogAppend[];
  /** Where the base begins: in which batch, `staged.length` being the last one, and there at which message. */
  readonly base: { readonly batch: number; readonly index: number };
};

export type BatchLimits = BatchSizes & { readonly messageBytesMax: number };

/**
 * @param isCut whether a message may be cut in parts: only what our own tasks read
 * @param newId gives the id of what is staged
 */
export function batchesOf(
  contents: CommitContents,
  limits: BatchLimits,
  isCut: (subject: string) => boolean,
  newId: () => string,
): Batches {
  const cut = (messages: readonly LogAppend[]): LogAppend[] =>
    messages.flatMap((one) => (isCut(one.subject) ? inParts(one, limits.messageBytesMax) : [one]));
  const [output, changes, base] = [cut(contents.output), cut(contents.changes), cut(contents.base)];
  const checkpoint = cut(contents.checkpoint);
  const all = [...output, ...changes, ...base, ...checkpoint];
  if (changes.length + base.length === 0 || fits(all, limits.messages, limits.bytes)) {
    const index = output.length + changes.length;
    return { staged: [], last: all, base: { batch: 0, index } };
  }
  return stagedBatches({ output, changes, base, checkpoint }, limits, newId());
}

function stagedBatches(
  { output, changes, base, checkpoint }: CommitContents,
  limits: BatchLimits,
  id: string,
): Batches {
  const state = [...changes, ...base].map((one, i) => underId(one, `${id} ${i + 1}`));
  const staged: LogAppend[][] = [];
  let begin = { batch: 0, index: 0 };
  let bytes = Number.POSITIVE_INFINITY;
  for (const [i, message] of state.entries()) {
    bytes += appendBytes(message);
    const batch = staged.at(-1);
    if (batch === undefined || batch.length >= limits.messages || bytes > limits.stagedBytes) {
      staged.push([message]);
      bytes = appendBytes(message);
    } else batch.push(message);
    if (i === changes.length) begin = placeOfLast(staged);
  }
  const last = [...output, ...markersOf(state, id), ...checkpoint];
  if (base.length === 0) begin = { batch: staged.length, index: output.length };
  return { staged, last, base: begin };
}

function placeOfLast(staged: readonly LogAppend[][]) {
  return { batch: staged.length - 1, index: (staged.at(-1)?.length ?? 0) - 1 };
}

function underId(message: LogAppend, staged: string): LogAppend {
  return { ...message, headers: new Map(message.headers).set(HEADER.staged, staged) };
}

/** Makes the state that was staged under the id count. */
function markersOf([first]: readonly LogAppend[], id: string): LogAppend[] {
  if (first === undefined) return [];
  const headers = new Map([
    [HEADER.state, "marker"],
    [HEADER.staged, `${id} 0`],
    [HEADER.ttl, "never"],
  ]);
  return [{ subject: first.subject, headers, payload: new Uint8Array() }];
}

function fits(messages: readonly LogAppend[], messagesMax: number, bytesMax: number): boolean {
  if (messages.length > messagesMax) return false;
  return messages.reduce((sum, one) => sum + appendBytes(one), 0) <= bytesMax;
}
