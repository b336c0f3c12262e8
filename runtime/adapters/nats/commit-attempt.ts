// One commit carried to its end: sent again until it is known to be stored or fenced. The answer to a
// publish can be lost, so a commit marks one of its messages with a unique id and looks for it there.

import { randomUUID } from "node:crypto";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { HEADER } from "../../../plan/names.ts";
import type { CrashPoints } from "../../crash-points.ts";
import { appendBytes, type CommitResult, type LogAppend, LogUnavailable } from "../../ports.ts";
import { NatsRefused } from "./errors.ts";
import type { Link } from "./link.ts";
import { backoffMs, patiently, pause } from "./retry.ts";
import { send } from "./send.ts";

export type Target = {
  readonly nc: NatsConnection;
  readonly jsm: Promise<JetStreamManager>;
  readonly link: Link;
  readonly stream: string;
  readonly crash: CrashPoints;
};

export type Commit = {
  /** With the commit's id on the anchor. */
  readonly messages: readonly LogAppend[];
  readonly id: string;
  /** Index of the message that is looked for: the first with an expectation, else the last. */
  readonly anchor: number;
  readonly bytes: number;
  readonly signal: AbortSignal;
};

const MESSAGE_ID = HEADER.msgId;
/** So often a commit is turned away where nobody else has written before that is believed: its subject was purged. */
const FENCED_TIMES = 4;

export function newCommit(messages: readonly LogAppend[], signal: AbortSignal): Commit {
  const id = randomUUID();
  const expecting = messages.findIndex(({ expectedLastSeq }) => expectedLastSeq !== undefined);
  const anchor = expecting === -1 ? messages.length - 1 : expecting;
  const marked = messages.map((message, i) => (i === anchor ? mark(message, id) : message));
  return { messages: marked, id, anchor, bytes: bytesOf(messages), signal };
}

/** Without an expectation the server's window of message ids keeps a repetition out. */
function mark(message: LogAppend, id: string): LogAppend {
  const headers = new Map(message.headers).set(HEADER.commit, id);
  if (message.expectedLastSeq === undefined && !headers.has(MESSAGE_ID)) {
    headers.set(MESSAGE_ID, id);
  }
  return { ...message, headers };
}

function bytesOf(messages: readonly LogAppend[]): number {
  return messages.reduce((sum, message) => sum + appendBytes(message), 0);
}

/**
 * Sends the commit until its fate is known. An answer that it is fenced is not believed alone: a leader that
 * was parted from the others gives it until it knows that it was replaced, while the new one, which got the
 * commit too, may store it.
 * @param sentBefore whether it may be stored already
 * @throws LogUnavailable, NatsRefused
 */
export async function commitAlone(
  target: Target,
  commit: Commit,
  sentBefore: boolean,
): Promise<CommitResult> {
  let maybeStored = sentBefore;
  let fenced = 0;
  let reason = "no answer from NATS";
  for (let tries = 1; ; tries++) {
    if (maybeStored) {
      const found = await findAnchor(target, commit);
      if (found !== null) return found;
      if (fenced === FENCED_TIMES) return { kind: "fenced" };
      if (tries > 1) await pause(backoffMs(tries - 1), commit.signal);
    }
    await target.link.whenUp(commit.signal);
    if (commit.signal.aborted || target.link.closed) throw unavailable(reason);
    target.crash.at("lone commit to be sent");
    const ack = await send(target.nc, target.link, commit.messages);
    target.crash.at("lone commit sent, answer lost");
    if (ack.kind === "stored") return { kind: "committed", lastSeq: ack.seq };
    if (ack.kind === "refused") throw new NatsRefused(`NATS refused a commit: ${ack.reason}`);
    if (ack.kind === "fenced") fenced += 1;
    else reason = `NATS did not take a commit: ${ack.reason}`;
    maybeStored = true;
  }
}

/**
 * Looks at the first message on the anchor's subject after the expected one: whoever wrote it won. Null:
 * nobody has written yet.
 */
async function findAnchor(target: Target, commit: Commit): Promise<CommitResult | null> {
  const anchor = commit.messages[commit.anchor];
  if (anchor === undefined) return null;
  const { subject, expectedLastSeq } = anchor;
  const { streams } = await target.jsm;
  const found = await patiently(
    target.link,
    () =>
      expectedLastSeq === undefined
        ? streams.getMessage(target.stream, { last_by_subj: subject })
        : streams.getMessage(target.stream, nextOn(subject, expectedLastSeq + 1)),
    commit.signal,
  );
  if (found === null) return null;
  if (found.header.get(HEADER.commit) !== commit.id) {
    return expectedLastSeq === undefined ? null : { kind: "fenced" };
  }
  return { kind: "committed", lastSeq: found.seq + commit.messages.length - 1 - commit.anchor };
}

/** The client's type of this request lacks what the server takes (NATS ADR-31, `next_by_subj`). */
function nextOn(subject: string, seq: number): { seq: number } {
  const query = { next_by_subj: subject, seq };
  return query;
}

export function unavailable(message: string): LogUnavailable {
  return new LogUnavailable(message);
}
