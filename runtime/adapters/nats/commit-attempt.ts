// One commit carried to its end: sent again until it is known to be stored or fenced. The answer to a
// publish can be lost, so a commit marks one of its messages with a unique id and looks for it there.

import { randomUUID } from "node:crypto";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { HEADER } from "../../../plan/names.ts";
import { type CommitResult, type LogAppend, LogUnavailable } from "../../ports.ts";
import type { Ack } from "./ack.ts";
import { NatsRefused } from "./errors.ts";
import type { Link } from "./link.ts";
import { backoffMs, patiently, pause } from "./retry.ts";
import { send } from "./send.ts";

export type Target = {
  readonly nc: NatsConnection;
  readonly jsm: Promise<JetStreamManager>;
  readonly link: Link;
  readonly stream: string;
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
  let bytes = 0;
  for (const { subject, headers, payload } of messages) {
    bytes += subject.length + payload.length;
    for (const [name, value] of headers) bytes += name.length + value.length;
  }
  return bytes;
}

/**
 * Sends the commit until its fate is known.
 * @param unsure whether it was sent before and may be stored already
 * @throws LogUnavailable, NatsRefused
 */
export async function commitAlone(
  target: Target,
  commit: Commit,
  unsure: boolean,
): Promise<CommitResult> {
  let mayBeStored = unsure;
  for (let tries = 1; ; tries++) {
    if (mayBeStored) {
      const found = await findAnchor(target, commit);
      if (found.kind !== "none") return found;
    }
    await target.link.whenUp(commit.signal);
    if (commit.signal.aborted || target.link.closed) throw unavailable("no answer from NATS");
    const ack = await send(target.nc, target.link, commit.messages);
    const result = settled(ack);
    if (result !== null && !(result.kind === "fenced" && mayBeStored)) return result;
    mayBeStored = true;
    await pause(backoffMs(tries), commit.signal);
  }
}

/** What the answer says for certain; null when the commit has to be looked for. */
function settled(ack: Ack): CommitResult | null {
  switch (ack.kind) {
    case "stored":
      return { kind: "committed", lastSeq: ack.seq };
    case "fenced":
      return { kind: "fenced" };
    case "unsure":
      return null;
    case "refused":
      throw new NatsRefused(`NATS refused a commit: ${ack.reason}`);
  }
}

/**
 * Looks at the first message on the anchor's subject after the expected one: whoever wrote it won. `none`:
 * nobody has written yet.
 */
async function findAnchor(
  target: Target,
  commit: Commit,
): Promise<CommitResult | { readonly kind: "none" }> {
  const anchor = commit.messages[commit.anchor];
  if (anchor === undefined) return { kind: "none" };
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
  if (found === null) return { kind: "none" };
  if (found.header.get(HEADER.commit) !== commit.id) {
    return { kind: expectedLastSeq === undefined ? "none" : "fenced" };
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
