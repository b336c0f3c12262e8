// The end of a run: everything that the relay has sent comes through, and every window is closed.

import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { SimulatedRelay } from "../../bench/simulated-relay/relay-server.ts";
import { FIREHOSE_STREAM, FIREHOSE_SUBJECTS } from "../../plan/names.ts";
import { untilTopicReaches } from "../support/fpaas.ts";
import { closingFrames } from "./tape.ts";
import { comesTrue } from "./wait.ts";

export type Settling = {
  readonly relay: SimulatedRelay;
  readonly connection: NatsConnection;
  /** Of the servers. */
  readonly url: string;
  /** Events that the relay has sent. */
  readonly events: number;
  /** The latest time of these. */
  readonly lastMs: number;
  readonly topics: readonly string[];
  /** Longest wait for the events, and for the windows: what is missing then is reported as missing. */
  readonly msMax: number;
};

/** How much later than everything the closing event is: beyond every window and grace. */
const CLOSING_MS = 300_000;
const POLL_MS = 500;
const WATERMARK_SUBJECT = /\.watermark$/;

/**
 * Waits until the firehose has as many events as were sent and each of the topics has come to its end.
 * @returns what did not happen in time; null when all did
 */
export async function settle(settling: Settling): Promise<string | null> {
  const { relay, connection, url, events, lastMs, topics, msMax } = settling;
  const isStored = async () => (await countEvents(connection)) >= events;
  if (!(await comesTrue(isStored, msMax))) return "the events did not all reach the firehose";
  const closing = await closingFrames(relay.headSeq() + 1, lastMs + CLOSING_MS);
  const open = new Set(topics);
  const ended = Promise.all(
    topics.map(async (topic) => {
      await untilTopicReaches(url, topic, lastMs + CLOSING_MS / 2);
      open.delete(topic);
    }),
  ).then(() => true);
  const isEnded = async () => {
    for (const frame of closing) relay.sendAll(frame); // Again and again: a shuffler may be connecting just now.
    return await Promise.race([ended, sleep(POLL_MS, false)]);
  };
  return (await comesTrue(isEnded, msMax))
    ? null
    : `did not come to their end: ${[...open].join(", ")}`;
}

/** Messages of the firehose that are no watermarks. */
async function countEvents(connection: NatsConnection): Promise<number> {
  const manager = await jetstreamManager(connection);
  const query = { subjects_filter: FIREHOSE_SUBJECTS };
  const { state } = await manager.streams.info(FIREHOSE_STREAM, query);
  const events = Object.entries(state.subjects ?? {}).filter(
    ([subject]) => !WATERMARK_SUBJECT.test(subject),
  );
  return events.reduce((sum, [, count]) => sum + count, 0);
}
