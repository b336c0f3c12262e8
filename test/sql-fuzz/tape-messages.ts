// The tape as the engine gets it: messages of the firehose, the partitions in any interleaving.

import { END_OF_TIME_MS } from "../../plan/event.ts";
import { accountSubject, commitSubject, HEADER, watermarkSubject } from "../../plan/names.ts";
import { encodeRecord } from "../../runtime/eval/codec.ts";
import type { RecordValue } from "../../runtime/eval/values.ts";
import type { FirehoseMessage } from "../../runtime/plan-driver.ts";
import type { Random } from "../../runtime/testing/random.ts";
import type { TapeEntry, TapeEvent } from "./tape.ts";

/** Longest run of one partition in an interleaving. */
const RUN_MAX = 20;

/** All messages up to the end of time, each partition in its order. */
export function messagesOf(
  partitions: readonly (readonly TapeEntry[])[],
  random: Random,
): FirehoseMessage[] {
  const queues = partitions.map((entries) => [...entries]);
  const messages: FirehoseMessage[] = [];
  for (;;) {
    const open = queues.filter((entries) => entries.length > 0);
    const next = open[random.int(open.length)];
    if (next === undefined) break;
    for (const entry of next.splice(0, 1 + random.int(RUN_MAX))) messages.push(messageOf(entry));
  }
  return [...messages, ...partitions.map((_, i) => watermark(i, END_OF_TIME_MS))];
}

function messageOf(entry: TapeEntry): FirehoseMessage {
  if (entry.what === "watermark") return watermark(entry.partition, entry.watermarkMs);
  const { place } = entry;
  return {
    subject: subjectOf(entry),
    headers: new Map(place === 0 ? [] : [[HEADER.operation, String(place)]]),
    payload: encodeRecord(envelopeOf(entry)),
  };
}

function watermark(partition: number, watermarkMs: number): FirehoseMessage {
  const headers = new Map([[HEADER.watermark, String(watermarkMs)]]);
  return { subject: watermarkSubject(partition), headers, payload: new Uint8Array() };
}

function subjectOf({ partition, kind, op, collection }: TapeEvent): string {
  return kind === "commit"
    ? commitSubject(partition, op ?? "create", collection ?? "")
    : accountSubject(partition, kind);
}

function envelopeOf(event: TapeEvent): RecordValue {
  const { did, seq, timeMs, kind, op, collection, rkey, record, handle, active } = event;
  const envelope = { did, seq, time: timeMs, kind };
  if (kind !== "commit") {
    return {
      ...envelope,
      ...(handle === null ? {} : { handle }),
      ...(active === null ? {} : { active }),
    };
  }
  const written = { ...envelope, op, collection, rkey, rev: "3jzfcijpj2z2a" };
  return record === null ? written : { ...written, record: { ...record } };
}
