// Reads a stream without end: an ordered consumer, made anew after the last message we have whenever the
// connection comes back or the consumer fails, so that there is neither a gap nor a duplicate.

import {
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JsMsg,
} from "@nats-io/jetstream";
import { type LogMessage, LogUnavailable } from "../../ports.ts";
import { fromNatsHeaders } from "./headers.ts";
import { Inbox } from "./inbox.ts";
import type { Link } from "./link.ts";
import { backoffMs, isOutage, patiently, pause } from "./retry.ts";

/** Messages the server may send ahead of the reader, and as many again wait here. */
const READ_AHEAD = 256;
const PULL_EXPIRES_MS = 10_000;
/** The server drops the consumer of a killed reader after this long. */
const INACTIVE_MS = 60_000;
const NANOSECONDS_PER_MS = 1_000_000;

export type Position = {
  readonly stream: string;
  readonly subjects: readonly string[];
  /** Whether payloads are of no interest. */
  readonly headersOnly?: boolean;
};

/**
 * The batches of `Log.read`.
 * @throws JetStreamApiError when the stream or a subject is refused
 * @throws LogUnavailable when the connection is closed under it
 */
export async function* readFrom(
  js: JetStreamClient,
  link: Link,
  position: Position,
  fromSeq: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LogMessage[]> {
  let next = fromSeq;
  for (let failures = 0; !signal.aborted && !link.closed; failures++) {
    if (failures > 0) await pause(backoffMs(failures), signal);
    await link.whenUp(signal);
    if (signal.aborted) return;
    try {
      for await (const batch of readSession(js, link, position, next, signal)) {
        failures = 0;
        next = (batch.at(-1)?.seq ?? next) + 1;
        yield batch;
      }
    } catch (error) {
      if (!signal.aborted && !isOutage(error)) throw error;
    }
  }
  if (!signal.aborted) throw new LogUnavailable("the connection to NATS is closed");
}

/** One consumer's life: ends when the signal aborts or the connection was lost and is back. */
async function* readSession(
  js: JetStreamClient,
  link: Link,
  { stream, subjects, headersOnly = false }: Position,
  fromSeq: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LogMessage[]> {
  const create = () =>
    js.consumers.get(stream, {
      filter_subjects: [...subjects],
      headers_only: headersOnly,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: fromSeq,
      inactive_threshold: INACTIVE_MS * NANOSECONDS_PER_MS,
    });
  const consumer = await patiently(link, create, signal);
  const messages = await consumer.consume({ max_messages: READ_AHEAD, expires: PULL_EXPIRES_MS });
  const inbox = new Inbox<LogMessage>(READ_AHEAD);
  const end = () => inbox.end();
  const stopListening = link.onRestored(end);
  signal.addEventListener("abort", end, { once: true });
  const pumping = pump(messages, inbox, fromSeq);
  try {
    if (signal.aborted) return;
    for (let batch = await inbox.take(); batch !== null; batch = await inbox.take()) yield batch;
  } finally {
    stopListening();
    signal.removeEventListener("abort", end);
    end();
    messages.stop();
    await pumping;
    // Saves the server a minute's memory; it drops the consumer by itself if this does not get through.
    if (link.up) consumer.delete().catch(() => {});
  }
}

/** Moves messages into the inbox at the reader's pace. Never rejects: an error goes to the reader. */
async function pump(
  messages: ConsumerMessages,
  inbox: Inbox<LogMessage>,
  fromSeq: number,
): Promise<void> {
  let next = fromSeq;
  try {
    for await (const message of messages) {
      if (inbox.ended) break;
      if (message.seq < next) continue; // A consumer made anew may begin again.
      next = message.seq + 1;
      await inbox.put(toLogMessage(message));
    }
    inbox.end();
  } catch (error) {
    inbox.end({ error });
  }
}

function toLogMessage({ subject, seq, headers, data }: JsMsg): LogMessage {
  return { subject, seq, headers: fromNatsHeaders(headers), payload: data };
}
