// What a person wants to know of the streams: how they are set up, how full, how far behind a reader is.

import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  jetstreamManager,
  StorageType,
  type StreamInfo,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { FIREHOSE_STREAM } from "../../../plan/names.ts";

/** A stream as it is. */
export type StreamFacts = {
  readonly name: string;
  readonly messages: number;
  readonly bytes: number;
  /** The bound of `bytes`; null without one. */
  readonly bytesMax: number | null;
  /** Whether it makes room at its bound by deleting the oldest, instead of refusing the newest. */
  readonly dropsOldest: boolean;
  /** When its oldest message was stored, by the server's clock, milliseconds since the epoch; null when it is empty. */
  readonly oldestMs: number | null;
  readonly replicas: number;
  readonly storage: "file" | "memory";
  /** Milliseconds; 0 keeps for ever. */
  readonly maxAgeMs: number;
  readonly duplicateWindowMs: number;
  /** Whether it takes atomic batches. */
  readonly atomic: boolean;
};

const NANOSECONDS_PER_MS = 1_000_000;
/** The server drops the consumer after this long, should we not come to delete it. */
const CONSUMER_LIFE_MS = 5000;

/** All streams of the account, by name. */
export async function inspectStreams(nc: NatsConnection): Promise<StreamFacts[]> {
  const jsm = await jetstreamManager(nc);
  const facts: StreamFacts[] = [];
  for await (const info of jsm.streams.list()) facts.push(factsOf(info));
  return facts.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** How long the server remembers the ids of firehose messages. */
export async function duplicateWindowMs(nc: NatsConnection): Promise<number> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const { config } = await jsm.streams.info(FIREHOSE_STREAM);
  return config.duplicate_window / NANOSECONDS_PER_MS;
}

/** How many messages on the subjects a reader that goes on at `fromSeq` has before it, exactly. */
export async function countPending(
  nc: NatsConnection,
  stream: string,
  subjects: readonly string[],
  fromSeq: number,
): Promise<number> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const consumer = await jsm.consumers.add(stream, {
    filter_subjects: [...subjects],
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Math.max(1, fromSeq),
    ack_policy: AckPolicy.None,
    mem_storage: true,
    inactive_threshold: CONSUMER_LIFE_MS * NANOSECONDS_PER_MS,
  });
  await jsm.consumers.delete(stream, consumer.name);
  return consumer.num_pending;
}

function factsOf({ config, state }: StreamInfo): StreamFacts {
  return {
    name: config.name,
    messages: state.messages,
    bytes: state.bytes,
    bytesMax: config.max_bytes > 0 ? config.max_bytes : null,
    dropsOldest: config.discard === DiscardPolicy.Old,
    oldestMs: state.messages === 0 ? null : Date.parse(state.first_ts),
    replicas: config.num_replicas,
    storage: config.storage === StorageType.Memory ? "memory" : "file",
    maxAgeMs: config.max_age / NANOSECONDS_PER_MS,
    duplicateWindowMs: config.duplicate_window / NANOSECONDS_PER_MS,
    atomic: config.allow_atomic === true,
  };
}
