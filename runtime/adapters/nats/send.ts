// Sends messages to a stream, one with a plain publish, several as one atomic batch (NATS ADR-50), and
// says what became of them. The JS client's own batch drops expectations and hides errors.

import { randomUUID } from "node:crypto";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { HEADER } from "../../../plan/names.ts";
import type { LogAppend } from "../../ports.ts";
import { errorMessage } from "../nats-server/error-message.ts";
import { type Ack, readAck } from "./ack.ts";
import { toNatsHeaders } from "./headers.ts";
import type { Link } from "./link.ts";
import { isOutage } from "./retry.ts";

const ANSWER_TIMEOUT_MS = 5000;
const BATCH_ID = "Nats-Batch-Id";
const BATCH_SEQUENCE = "Nats-Batch-Sequence";
const BATCH_COMMIT = "Nats-Batch-Commit";

/**
 * Sends all messages so that all or none are stored. `seq` of a stored answer is that of the last one;
 * the others stand directly before it. Never rejects for what the server or the connection does.
 */
export async function send(
  nc: NatsConnection,
  link: Link,
  messages: readonly LogAppend[],
): Promise<Ack> {
  // What is written while the connection is down is lost without a word.
  if (!link.up) return { kind: "unsure", reason: "not connected" };
  try {
    const answer = messages.length === 1 ? publishOne(nc, messages) : publishBatch(nc, messages);
    return readAck(await link.guard(answer));
  } catch (error) {
    const reason = errorMessage(error);
    return { kind: isOutage(error) ? "unsure" : "refused", reason };
  }
}

async function publishOne(nc: NatsConnection, messages: readonly LogAppend[]): Promise<Msg> {
  return await request(nc, messages, 0, []);
}

async function publishBatch(nc: NatsConnection, messages: readonly LogAppend[]): Promise<Msg> {
  const id = randomUUID();
  const last = messages.length - 1;
  for (let i = 0; i < last; i++) {
    const message = at(messages, i);
    const headers = headersOf(message, batchHeaders(id, i));
    nc.publish(message.subject, message.payload, { headers });
  }
  return await request(nc, messages, last, [...batchHeaders(id, last), [BATCH_COMMIT, "1"]]);
}

async function request(
  nc: NatsConnection,
  messages: readonly LogAppend[],
  index: number,
  more: readonly (readonly [string, string])[],
): Promise<Msg> {
  const message = at(messages, index);
  const options = { headers: headersOf(message, more), timeout: ANSWER_TIMEOUT_MS };
  return await nc.request(message.subject, message.payload, options);
}

/** Sequences within a batch count from 1. */
function batchHeaders(id: string, index: number): [string, string][] {
  return [
    [BATCH_ID, id],
    [BATCH_SEQUENCE, String(index + 1)],
  ];
}

function headersOf(message: LogAppend, more: readonly (readonly [string, string])[]) {
  const { headers, expectedLastSeq } = message;
  if (expectedLastSeq === undefined) return toNatsHeaders(headers, more);
  const expectation = [HEADER.expectedLastSubjectSeq, String(expectedLastSeq)] as const;
  return toNatsHeaders(headers, [expectation, ...more]);
}

function at(messages: readonly LogAppend[], index: number): LogAppend {
  const message = messages[index];
  if (message === undefined) throw new RangeError(`no message ${index} of ${messages.length}`);
  return message;
}
