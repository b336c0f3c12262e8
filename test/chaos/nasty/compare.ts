// The end of a nasty run: every topic record by record, dead letters included, against a run in this process of the
// same programs over the stored firehose; and the firehose against what the relay had on its tape.

import { hash } from "node:crypto";
import type { JsMsg } from "@nats-io/jetstream";
import { compile } from "../../../compiler/compile.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../../plan/partition.ts";
import type { NatsConnection } from "../../../runtime/adapters/nats/connect.ts";
import { decodeRecords } from "../../../runtime/eval/codec.ts";
import { toJson } from "../../../runtime/eval/json.ts";
import type { Value } from "../../../runtime/eval/values.ts";
import { eachRecord, PlanDriver } from "../../../runtime/plan-driver.ts";
import { canonical } from "../../support/difference.ts";
import { firehoseMessages, topicMessages } from "../stored.ts";
import { moreTopic, type NastyProgram, PROGRAMS } from "./programs.ts";
import { Tally } from "./tally.ts";
import type { NastyEvent } from "./tape.ts";

export type Compared = {
  readonly tallies: readonly Tally[];
  /** Records compared, those of the firehose included. */
  readonly records: number;
};

/**
 * @param sent what the relay has sent
 * @param hasMore programs with another sink, whose topic holds the results since it was deployed
 */
export async function compareAll(
  connection: NatsConnection,
  sent: readonly NastyEvent[],
  hasMore: (program: NastyProgram) => boolean,
): Promise<Compared> {
  const { firehose, topics } = await expectedOf(connection, sent);
  const tallies = [firehose];
  for (const program of PROGRAMS) {
    const letters = program.pipelines.map((pipeline) => `dlq.${pipeline}`);
    for (const topic of [...program.topics, ...letters]) {
      const tally = topics.get(topic) ?? new Tally(topic);
      await takeTopic(connection, topic, tally);
      tallies.push(tally);
    }
    if (!hasMore(program)) continue;
    const main = topics.get(program.topics[0] ?? "") ?? new Tally("");
    const more = main.expectingTheSame(moreTopic(program.name));
    await takeTopic(connection, more.topic, more);
    tallies.push(more);
  }
  return { tallies, records: tallies.reduce((sum, { actual }) => sum + actual, 0) };
}

async function takeTopic(connection: NatsConnection, topic: string, tally: Tally): Promise<void> {
  for await (const { data } of topicMessages(connection, topic)) {
    for (const record of decodeRecords(data)) tally.take(fingerprint(topic, record));
  }
}

/** One pass over the stored firehose: it is compared with the tape, and the programs run over it. */
async function expectedOf(connection: NatsConnection, sent: readonly NastyEvent[]) {
  const firehose = new Tally("FIREHOSE");
  for (const event of sent) firehose.expect(printEvent(event));
  const topics = new Map<string, Tally>();
  const plans = PROGRAMS.flatMap(({ name, text }) => compile({ file: `${name}.fpl`, text }).plans);
  const driver = new PlanDriver(
    plans,
    FIREHOSE_PARTITIONS_DEFAULT,
    eachRecord((topic, record) => {
      const tally = topics.get(topic) ?? new Tally(topic);
      topics.set(topic, tally);
      tally.expect(fingerprint(topic, record));
    }),
  );
  for await (const message of firehoseMessages(connection)) {
    const { subject, data } = message;
    driver.push({ subject, headers: headersOf(message), payload: data });
    const event = data.length === 0 ? null : storedEvent(data);
    if (event !== null) firehose.take(printEvent(event));
  }
  driver.flush();
  return { firehose, topics };
}

function headersOf({ headers }: JsMsg): ReadonlyMap<string, string> {
  return new Map((headers?.keys() ?? []).map((name) => [name, headers?.get(name) ?? ""]));
}

/** With the time that its host claims. @returns null for what closes the windows at the end */
function storedEvent(payload: Uint8Array): NastyEvent | null {
  const [event] = decodeRecords(payload);
  const { did, seq, time, host_time, op, collection, rkey, record } = fieldsOf(event);
  if (op === undefined) return null;
  return {
    did: String(did),
    seq: Number(seq),
    timeMs: Number(host_time ?? time),
    op: String(op),
    collection: String(collection),
    rkey: String(rkey),
    record: record instanceof Uint8Array ? record : null,
  };
}

function printEvent({ record, ...event }: NastyEvent): string {
  return canonical({ ...event, record: record === null ? null : hash("sha256", record) });
}

/** Enough of a record to tell it from all others, and to show it. A dead letter without its place in a stream. */
function fingerprint(topic: string, record: Value): string {
  const json = toJson(record);
  const { seq: _seq, subject: _subject, ...letter } = fieldsOf(json);
  return shortened(canonical(topic.startsWith("dlq.") ? letter : json));
}

const SHOWN_CHARS = 200;

function shortened(text: string): string {
  if (text.length <= SHOWN_CHARS) return text;
  return `${text.slice(0, SHOWN_CHARS)}… sha256 ${hash("sha256", text)}`;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value) as Record<string, unknown>; // Of a record, which is an object.
}
