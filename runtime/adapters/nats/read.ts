// Reads a stream without end: one consumer after the other, each made after the last message we have whenever
// the connection comes back or the consumer fails, so that there is neither a gap nor a duplicate.

import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { type LogMessage, LogUnavailable } from "../../ports.ts";
import type { Link } from "./link.ts";
import { type Position, PullSession } from "./pull-session.ts";
import { backoffMs, isOutage, patiently, pause } from "./retry.ts";

export type Origin = {
  readonly nc: NatsConnection;
  readonly jsm: Promise<JetStreamManager>;
  readonly link: Link;
};

/**
 * The batches of `Log.read`.
 * @throws JetStreamApiError when the stream or a subject is refused
 * @throws LogUnavailable when the connection is closed under it
 */
export async function* readFrom(
  origin: Origin,
  position: Position,
  fromSeq: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LogMessage[]> {
  const { link } = origin;
  let next = fromSeq;
  for (let failures = 0; !signal.aborted && !link.closed; failures++) {
    if (failures > 0) await pause(backoffMs(failures), signal);
    await link.whenUp(signal);
    if (signal.aborted) return;
    try {
      for await (const batch of readSession(origin, position, next, signal)) {
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

/** One consumer's life: ends when the signal aborts, or it failed, or the connection was lost and is back. */
async function* readSession(
  { nc, jsm, link }: Origin,
  position: Position,
  fromSeq: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LogMessage[]> {
  const manager = await jsm;
  const open = () => PullSession.open(nc, manager, position, fromSeq);
  await using session = await patiently(link, open, signal);
  const end = () => session.end();
  const stopListening = link.onRestored(end);
  signal.addEventListener("abort", end, { once: true });
  try {
    if (signal.aborted) return;
    for (let batch = await session.take(); batch !== null; batch = await session.take())
      yield batch;
  } finally {
    stopListening();
    signal.removeEventListener("abort", end);
  }
}
