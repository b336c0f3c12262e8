// Waiting between tries: exponential with jitter, so that a restarted server is not met by everybody at
// once; and telling an outage, which passes, from a refusal, which does not.

import { setTimeout as sleep } from "node:timers/promises";
import { JetStreamApiError } from "@nats-io/jetstream";
import { errors, RequestError } from "@nats-io/transport-node";
import { LogUnavailable } from "../../ports.ts";
import { errorMessage } from "../nats-server/error-message.ts";
import { type Link, LinkLost } from "./link.ts";

const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 2000;
/** A read without a signal gives up after this long. */
const READ_PATIENCE_MS = 30_000;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERRORS_FROM = 500;

/** Milliseconds to wait before try number `tries` (1 is the first repetition). */
export function backoffMs(tries: number): number {
  const full = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(tries - 1, 10));
  return full / 2 + Math.random() * (full / 2);
}

/** Resolves after `ms`, or at once when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {}); // It rejects only when aborted.
}

/** Whether the same request may succeed later. */
export function isOutage(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return isOutageCode(error.status);
  return (
    error instanceof LinkLost ||
    isJetStreamOff(error) ||
    error instanceof RequestError ||
    error instanceof errors.TimeoutError ||
    error instanceof errors.ConnectionError
  );
}

/** No JetStream answers: it is off, or has not started yet. The client does not export the class. */
export function isJetStreamOff(error: unknown): boolean {
  return error instanceof Error && error.name === "JetStreamNotEnabled";
}

/** Codes of the server's answers, which follow HTTP. */
export function isOutageCode(code: number): boolean {
  return code === TOO_MANY_REQUESTS || code >= SERVER_ERRORS_FROM;
}

/** The answer to one request, without repetition. @throws LogUnavailable in an outage */
export async function answered<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!isOutage(error)) throw error;
    const message = `NATS does not answer: ${errorMessage(error)}`;
    throw new LogUnavailable(message, { cause: error });
  }
}

/**
 * Repeats `read` through outages until it gives an answer.
 * @throws LogUnavailable when the signal aborts first, the connection is closed, or patience runs out
 */
export async function patiently<T>(
  link: Link,
  read: () => Promise<T>,
  signal = AbortSignal.timeout(READ_PATIENCE_MS),
): Promise<T> {
  for (let tries = 1; ; tries++) {
    await link.whenUp(signal);
    if (signal.aborted || link.closed) throw new LogUnavailable("NATS does not answer");
    try {
      return await link.guard(read());
    } catch (error) {
      if (!isOutage(error)) throw error;
      if (link.closed) throw new LogUnavailable(errorMessage(error), { cause: error });
    }
    await pause(backoffMs(tries), signal);
  }
}
