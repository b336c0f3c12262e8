// Group commit: an atomic batch costs the server milliseconds however many messages are in it, so what is
// committed while a batch is under way waits and goes together in the next one.

import {
  COMMIT_BYTES_MAX,
  COMMIT_MESSAGES_MAX,
  type CommitResult,
  type LogAppend,
} from "../../ports.ts";
import { type Commit, commitAlone, newCommit, type Target, unavailable } from "./commit-attempt.ts";
import { CommitTooLarge } from "./errors.ts";
import { send } from "./send.ts";

/** More is not put together, so that one slow group does not hold up everybody. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;

type Waiting = {
  readonly commit: Commit;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
};

/** Commits to one stream. */
export class GroupCommitter {
  readonly #target: Target;
  #queue: Waiting[] = [];
  #busy = false;

  constructor(target: Target) {
    this.#target = target;
  }

  /** As `Log.commit`. @throws CommitTooLarge, LogUnavailable, NatsRefused */
  async commit(messages: readonly LogAppend[], signal: AbortSignal): Promise<CommitResult> {
    const commit = newCommit(messages, signal);
    assertSize(commit);
    if (signal.aborted) throw unavailable("the commit was aborted before it was sent");
    // A plain publish needs no staging on the server: ten times cheaper than the smallest batch.
    if (messages.length === 1) return await commitAlone(this.#target, commit, false);
    return await this.#enqueue(commit);
  }

  async #enqueue(commit: Commit): Promise<CommitResult> {
    const { signal } = commit;
    const { promise, resolve, reject } = Promise.withResolvers<CommitResult>();
    const giveUp = () =>
      reject(unavailable("the commit was aborted before it was known to be stored"));
    signal.addEventListener("abort", giveUp, { once: true });
    this.#queue.push({ commit, resolve, reject });
    if (!this.#busy) void this.#drain(); // Each member's promise tells what befell it.
    return await promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#queue.length > 0) {
      this.#queue = this.#queue.filter(({ commit }) => !commit.signal.aborted);
      await this.#commitGroup(takeGroup(this.#queue));
    }
    this.#busy = false;
  }

  /** Never rejects: each member's promise gets what befell it. */
  async #commitGroup(group: readonly Waiting[]): Promise<void> {
    if (group.length === 0) return;
    const messages = group.flatMap(({ commit }) => commit.messages);
    const { nc, link, crash } = this.#target;
    crash.at("group to be sent");
    const ack = await send(nc, link, messages);
    crash.at("group sent, answer lost");
    if (ack.kind === "stored") resolveAll(group, ack.seq);
    else await this.#oneByOne(group, ack.kind !== "refused");
  }

  /** Tells the fenced one apart from those that only shared its batch. */
  async #oneByOne(group: readonly Waiting[], maybeStored: boolean): Promise<void> {
    for (const { commit, resolve, reject } of group) {
      await commitAlone(this.#target, commit, maybeStored).then(resolve, reject);
    }
  }
}

function assertSize({ messages, bytes }: Commit): void {
  if (messages.length === 0) throw new RangeError("a commit has at least one message");
  if (messages.length > COMMIT_MESSAGES_MAX) {
    throw new CommitTooLarge(`${messages.length} messages; a commit has ${COMMIT_MESSAGES_MAX}`);
  }
  if (bytes > COMMIT_BYTES_MAX) {
    throw new CommitTooLarge(`${bytes} bytes; a commit has at most ${COMMIT_BYTES_MAX}`);
  }
}

/** Removes from the front of the queue what can go in one batch; at least one commit. */
function takeGroup(queue: Waiting[]): Waiting[] {
  const group: Waiting[] = [];
  const written = new Set<string>();
  let count = 0;
  let bytes = 0;
  for (const waiting of queue) {
    const { commit } = waiting;
    count += commit.messages.length;
    bytes += commit.bytes;
    const fits = count <= COMMIT_MESSAGES_MAX && bytes <= GROUP_BYTES_MAX;
    if (group.length > 0 && (!fits || dependsOn(commit, written))) break;
    group.push(waiting);
    for (const { subject } of commit.messages) written.add(subject);
  }
  queue.splice(0, group.length);
  return group;
}

/**
 * Within a batch the server refuses an expectation, and a rollup, on a subject that an earlier message of
 * the batch writes to.
 */
function dependsOn(commit: Commit, written: ReadonlySet<string>): boolean {
  return commit.messages.some(
    ({ subject, expectedLastSeq, headers }) =>
      written.has(subject) && (expectedLastSeq !== undefined || headers.has("Nats-Rollup")),
  );
}

/** The messages of a batch stand in the stream without a gap. */
function resolveAll(group: readonly Waiting[], lastSeq: number): void {
  let seq = lastSeq - group.reduce((sum, { commit }) => sum + commit.messages.length, 0);
  for (const { commit, resolve } of group) {
    seq += commit.messages.length;
    resolve({ kind: "committed", lastSeq: seq });
  }
}
