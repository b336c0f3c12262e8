// What a run left in its streams, with the times at which NATS stored it.

import { cborToLexRecord } from "@atproto/repo";
import { DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  bucketStream,
  DEFAULT_TENANT,
  FIREHOSE_STREAM,
  FIREHOSE_SUBJECTS,
  HEADER,
  topicSubject,
} from "../../plan/names.ts";
import { NatsDeploymentStore } from "../../runtime/adapters/nats/deployment-store.ts";
import { decodeRecords } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { type PlainEvent, text } from "../support/reference.ts";

/** A message of the FIREHOSE stream: an event, or a watermark. */
export type StoredEvent =
  | { readonly kind: "event"; readonly partition: number; readonly event: PlainEvent }
  | { readonly kind: "watermark"; readonly partition: number; readonly watermarkMs: number };

export type StoredRecord = {
  readonly record: Readonly<Record<string, unknown>>;
  readonly storedAtMs: number;
};

const NANOSECONDS_PER_MS = 1_000_000;

/** All that a run left, as it came from the servers. */
export type Stored = {
  readonly firehose: readonly JsMsg[];
  readonly topics: ReadonlyMap<string, readonly JsMsg[]>;
};

/**
 * Reads everything and looks at nothing: the servers speak to each other through proxies in this process, and
 * would lose their leaders if it was busy with something else for seconds.
 */
export async function readStored(
  connection: NatsConnection,
  topics: readonly string[],
): Promise<Stored> {
  const read = new Map<string, readonly JsMsg[]>();
  for (const topic of topics) read.set(topic, await readTopic(connection, topic));
  const firehose = await readAll(connection, FIREHOSE_STREAM, [FIREHOSE_SUBJECTS]);
  return { firehose, topics: read };
}

/** The FIREHOSE stream in its order, decoded without any code of ours. */
export function storedFirehose({ firehose }: Stored): StoredEvent[] {
  return firehose.map(({ subject, headers, data }) => {
    const partition = Number(subject.split(".")[2]);
    const watermark = headers?.get(HEADER.watermark) ?? "";
    return watermark === ""
      ? { kind: "event", partition, event: plainEvent(data) }
      : { kind: "watermark", partition, watermarkMs: Number(watermark) };
  });
}

/** The records of a topic, as they are printed. */
export function storedRecords({ topics }: Stored, topic: string): StoredRecord[] {
  return (topics.get(topic) ?? []).flatMap(({ data, info }) =>
    decodeRecords(data).map((record) => ({
      record: toJson(record) as Record<string, unknown>, // The records of a topic are objects.
      storedAtMs: info.timestampNanos / NANOSECONDS_PER_MS,
    })),
  );
}

async function readTopic(connection: NatsConnection, topic: string): Promise<JsMsg[]> {
  const at = await (await NatsDeploymentStore.open(connection)).topic(DEFAULT_TENANT, topic);
  if (at === null) throw new Error(`nobody owns ${topic}`);
  const subjects = Array.from({ length: at.partitions }, (_, partition) =>
    topicSubject(at.owner, topic, partition),
  );
  return await readAll(connection, bucketStream(at.owner.bucket), subjects);
}

async function readAll(
  connection: NatsConnection,
  stream: string,
  subjects: readonly string[],
): Promise<JsMsg[]> {
  const { state } = await (await jetstreamManager(connection)).streams.info(stream);
  const consumer = await jetstream(connection).consumers.get(stream, {
    filter_subjects: [...subjects],
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: 1,
  });
  const { num_pending } = await consumer.info();
  const messages: JsMsg[] = [];
  if (num_pending === 0 || state.messages === 0) return messages;
  for await (const message of await consumer.consume()) {
    messages.push(message);
    if (message.info.pending === 0) break;
  }
  return messages;
}

function plainEvent(payload: Uint8Array): PlainEvent {
  const { did, seq, time, kind, op, collection, rkey, record } = cborToLexRecord(payload);
  return {
    did: text(did),
    seq: Number(seq),
    timeMs: Number(time),
    kind: text(kind),
    op: typeof op === "string" ? op : null,
    collection: typeof collection === "string" ? collection : null,
    rkey: typeof rkey === "string" ? rkey : null,
    record: record === undefined ? null : plainRecord(record),
  };
}

/** A record stands in its event as bytes, unless its keys are out of order. */
function plainRecord(record: unknown): PlainEvent["record"] {
  const plain = record instanceof Uint8Array ? cborToLexRecord(record) : record;
  return plain as PlainEvent["record"]; // A map, by the lexicons.
}
