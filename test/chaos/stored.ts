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
  for (const topic of topics) read.set(topic, await allOf(topicMessages(connection, topic)));
  const firehose = await allOf(firehoseMessages(connection));
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

/** The messages of a topic, one at a time. @throws Error when nobody owns it */
export async function* topicMessages(
  connection: NatsConnection,
  topic: string,
): AsyncIterable<JsMsg> {
  const at = await (await NatsDeploymentStore.open(connection)).topic(DEFAULT_TENANT, topic);
  if (at === null) throw new Error(`nobody owns ${topic}`);
  const subjects = Array.from({ length: at.partitions }, (_, partition) =>
    topicSubject(at.owner, topic, partition),
  );
  yield* eachMessage(connection, bucketStream(at.owner.bucket), subjects);
}

/** The messages of the FIREHOSE stream in its order, one at a time. */
export function firehoseMessages(connection: NatsConnection): AsyncIterable<JsMsg> {
  return eachMessage(connection, FIREHOSE_STREAM, [FIREHOSE_SUBJECTS]);
}

async function* eachMessage(
  connection: NatsConnection,
  stream: string,
  subjects: readonly string[],
): AsyncIterable<JsMsg> {
  const { state } = await (await jetstreamManager(connection)).streams.info(stream);
  const consumer = await jetstream(connection).consumers.get(stream, {
    filter_subjects: [...subjects],
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: 1,
  });
  const { num_pending } = await consumer.info();
  if (num_pending === 0 || state.messages === 0) return;
  for await (const message of await consumer.consume()) {
    yield message;
    if (message.info.pending === 0) break;
  }
}

async function allOf(messages: AsyncIterable<JsMsg>): Promise<JsMsg[]> {
  const all: JsMsg[] = [];
  for await (const message of messages) all.push(message);
  return all;
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
