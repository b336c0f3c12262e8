// What a nasty run must have come to: its programs run in this process over the stored firehose, and some of them in
// plain loops besides.

import { hash } from "node:crypto";
import type { JsMsg } from "@nats-io/jetstream";
import { compile } from "../../../compiler/compile.ts";
import { HEADER } from "../../../plan/names.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../../plan/partition.ts";
import type { NatsConnection } from "../../../runtime/adapters/nats/connect.ts";
import { decodeRecords } from "../../../runtime/eval/codec.ts";
import { toJson } from "../../../runtime/eval/json.ts";
import type { Value } from "../../../runtime/eval/values.ts";
import { eachRecord, type FirehoseMessage, PlanDriver } from "../../../runtime/plan-driver.ts";
import { canonical } from "../../support/difference.ts";
import { text } from "../../support/reference.ts";
import { firehoseMessages } from "../stored.ts";
import { PLAIN_FIELDS, type PlainSeen, plainTopics } from "./plain.ts";
import { PROGRAMS } from "./programs.ts";
import { Tally } from "./tally.ts";
import { NASTY, type NastyEvent } from "./tape.ts";

export type Expected = {
  /** The stored events against the tape. */
  readonly firehose: Tally;
  /** By topic, what it must hold; nothing of it is taken yet. */
  readonly topics: Tallies;
  /** What the run in this process gave against the plain loops. */
  readonly judged: readonly Tally[];
};

/** The watermark is so much behind the greatest time. */
const EVENT_DELAY_MS = 1000;
const SHOWN_CHARS = 200;

/** One pass over the stored firehose. */
export async function expectedOf(
  connection: NatsConnection,
  sent: readonly NastyEvent[],
): Promise<Expected> {
  const firehose = new Tally("FIREHOSE");
  for (const event of sent) firehose.expect(printEvent(event));
  const topics = new Tallies();
  const judged = new Tallies();
  const plans = PROGRAMS.flatMap(({ name, text }) => compile({ file: `${name}.fpl`, text }).plans);
  const onRecord = eachRecord((topic, record) => {
    topics.of(topic).expect(fingerprint(topic, record));
    const fields = PLAIN_FIELDS.get(topic);
    if (fields !== undefined) judged.of(`${topic} in loops`).take(projection(record, fields));
  });
  const driver = new PlanDriver(plans, FIREHOSE_PARTITIONS_DEFAULT, onRecord);
  const reader = new PlainReader();
  for await (const stored of firehoseMessages(connection)) {
    const message = { subject: stored.subject, headers: headersOf(stored), payload: stored.data };
    driver.push(message);
    reader.take(message);
    const event = stored.data.length === 0 ? null : storedEvent(stored.data);
    if (event !== null) firehose.take(printEvent(event));
  }
  driver.flush();
  for (const [topic, records] of plainTopics(reader.seen)) {
    const tally = judged.of(`${topic} in loops`);
    for (const record of records) tally.expect(shortened(canonical(record)));
  }
  return { firehose, topics, judged: judged.all() };
}

export class Tallies {
  readonly #byTopic = new Map<string, Tally>();

  of(topic: string): Tally {
    const tally = this.#byTopic.get(topic) ?? new Tally(topic);
    this.#byTopic.set(topic, tally);
    return tally;
  }

  all(): Tally[] {
    return [...this.#byTopic.values()];
  }
}

/** Takes the stored firehose a message at a time, and remembers what the programs read of it. */
class PlainReader {
  readonly seen: PlainSeen[] = [];
  /** By partition: the greatest time it has come to. */
  readonly #seenMs = new Map<string, number>();

  take({ subject, headers, payload }: FirehoseMessage): void {
    const [, , partition = "", , op, ...collection] = subject.split(".");
    const before = this.#seenMs.get(partition) ?? Number.NEGATIVE_INFINITY;
    const watermark = headers.get(HEADER.watermark);
    if (watermark !== undefined) {
      this.#seenMs.set(partition, Math.max(before, Number(watermark) + EVENT_DELAY_MS));
      return;
    }
    if (collection.join(".") !== NASTY || op === "delete") return;
    const { did, seq, time, record } = fieldsOf(decodeRecords(payload)[0]);
    const seenMs = Math.max(before, Number(time));
    this.#seenMs.set(partition, seenMs);
    this.seen.push({
      did: text(did),
      seq: Number(seq),
      operation: Number(headers.get(HEADER.operation) ?? 0),
      timeMs: Number(time),
      seenMs,
      watermarkMs: seenMs - EVENT_DELAY_MS,
      record: recordOf(record),
    });
  }
}

/** A record stands in its event as bytes. */
function recordOf(record: unknown): PlainSeen["record"] {
  if (!(record instanceof Uint8Array)) throw new Error("a record that is no bytes");
  return toJson(decodeRecords(record)[0] ?? null) as PlainSeen["record"]; // Made as a map.
}

function headersOf({ headers }: JsMsg): ReadonlyMap<string, string> {
  return new Map((headers?.keys() ?? []).map((name) => [name, headers?.get(name) ?? ""]));
}

/** With the time that its host claims. @returns null for what closes the windows at the end */
function storedEvent(payload: Uint8Array): NastyEvent | null {
  const { did, seq, time, host_time, op, collection, rkey, record } = fieldsOf(
    decodeRecords(payload)[0],
  );
  if (op === undefined) return null;
  return {
    did: text(did),
    seq: Number(seq),
    timeMs: Number(host_time ?? time),
    op: text(op),
    collection: text(collection),
    rkey: text(rkey),
    record: record instanceof Uint8Array ? record : null,
  };
}

function printEvent({ record, ...event }: NastyEvent): string {
  return canonical({ ...event, record: record === null ? null : hash("sha256", record) });
}

/** Enough of a record to tell it from all others, and to show it. A dead letter without its place in a stream. */
export function fingerprint(topic: string, record: Value): string {
  const json = toJson(record);
  const { seq: _seq, subject: _subject, ...letter } = fieldsOf(json);
  return shortened(canonical(topic.startsWith("dlq.") ? letter : json));
}

function projection(record: Value, names: readonly string[]): string {
  const fields = fieldsOf(toJson(record));
  return shortened(canonical(Object.fromEntries(names.map((name) => [name, fields[name]]))));
}

function shortened(whole: string): string {
  if (whole.length <= SHOWN_CHARS) return whole;
  return `${whole.slice(0, SHOWN_CHARS)}… sha256 ${hash("sha256", whole)}`;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value) as Record<string, unknown>; // Of a record, which is an object.
}
