// `fpaas doctor --storage`: what the events of the running stream take, and what a day of them would. It
// measures the newest messages, so it says something about now.

import { END_OF_TIME_MS } from "../plan/event.ts";
import { FIREHOSE_STREAM, FIREHOSE_SUBJECTS, HEADER } from "../plan/names.ts";
import { STORAGE_SAFETY_FACTOR } from "../runtime/adapters/nats/stream-bounds.ts";
import type { Log, LogMessage } from "../runtime/ports.ts";
import { table } from "./terminal/table.ts";
import { formatBytes, formatCount, formatDuration } from "./terminal/units.ts";

/** Newest messages that are measured: about a minute of the firehose. */
export const SAMPLE_MESSAGES_MAX = 20_000;

const SECONDS_PER_DAY = 86_400;
/** What the server's file store adds to a message, and to one with headers. */
const RECORD_BYTES = 30;
const HEADERS_LENGTH_BYTES = 4;
/** `NATS/1.0` and the two line ends around the headers. */
const HEADERS_FRAME_BYTES = 12;
/** `: ` and the line end of each. */
const HEADER_BYTES = 4;

export type StorageReport = {
  readonly events: number;
  /** Stored bytes of an event, subject, headers and the server's own included. */
  readonly bytes: {
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
  };
  /** Seconds of the relay's time that the sample spans; null when it has less than two watermarks. */
  readonly seconds: number | null;
  readonly eventsPerSecond: number | null;
  /** For 24 hours at this rate, all replicas together, with the safety factor; null without a rate. */
  readonly dayBytes: number | null;
};

/** The newest messages of the firehose, watermarks among them, in order. */
export async function newestEvents(log: Log, signal: AbortSignal): Promise<LogMessage[]> {
  const lastSeq = await log.lastSeq(FIREHOSE_STREAM);
  const fromSeq = Math.max(1, lastSeq - SAMPLE_MESSAGES_MAX + 1);
  const messages: LogMessage[] = [];
  if (lastSeq === 0) return messages;
  const enough = new AbortController();
  const stop = AbortSignal.any([enough.signal, signal]);
  for await (const batch of log.read(FIREHOSE_STREAM, [FIREHOSE_SUBJECTS], fromSeq, stop)) {
    messages.push(...batch.filter(({ seq }) => seq <= lastSeq));
    if ((batch.at(-1)?.seq ?? 0) >= lastSeq) enough.abort();
  }
  return messages;
}

/** For people. */
export function storageText(report: StorageReport, replicas: number): string {
  const { events, bytes, seconds, eventsPerSecond, dayBytes } = report;
  const size = (value: number): string => `${formatCount(Math.round(value))} bytes`;
  const span =
    seconds === null ? "no time" : `${formatDuration(seconds * 1000)} of the relay's time`;
  const rows = [
    ["sample", `the newest ${formatCount(events)} events, ${span}`],
    [
      "stored size",
      `mean ${size(bytes.mean)}, p50 ${size(bytes.p50)}, p95 ${size(bytes.p95)}, p99 ${size(bytes.p99)}`,
    ],
    ["rate", eventsPerSecond === null ? "unknown" : `${eventsPerSecond.toFixed(1)} events/s`],
  ];
  if (dayBytes !== null) {
    const each = formatBytes(dayBytes / replicas);
    const factor = `safety factor ${STORAGE_SAFETY_FACTOR}`;
    rows.push([
      "24 hours",
      `${each} each replica, ${formatBytes(dayBytes)} in all (R${replicas}, ${factor})`,
    ]);
  }
  return table(rows);
}

/** @param messages of the firehose, in order, watermarks among them */
export function measureStorage(
  messages: readonly LogMessage[],
  replicas: number,
): StorageReport | null {
  const events = messages.filter((message) => watermarkOf(message) === null);
  if (events.length === 0) return null;
  const sizes = events.map(storedBytes).sort((a, b) => a - b);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const seconds = spanSeconds(messages);
  const eventsPerSecond = seconds === null ? null : events.length / seconds;
  const day = replicas * SECONDS_PER_DAY * STORAGE_SAFETY_FACTOR;
  return {
    events: events.length,
    bytes: {
      mean,
      p50: quantile(sizes, 0.5),
      p95: quantile(sizes, 0.95),
      p99: quantile(sizes, 0.99),
    },
    seconds,
    eventsPerSecond,
    dayBytes: eventsPerSecond === null ? null : eventsPerSecond * mean * day,
  };
}

/** What the stream's `bytes` count for it. */
export function storedBytes({
  subject,
  headers,
  payload,
}: Pick<LogMessage, "subject" | "headers" | "payload">): number {
  const bytes = RECORD_BYTES + Buffer.byteLength(subject) + payload.length;
  if (headers.size === 0) return bytes;
  let headerBytes = HEADERS_LENGTH_BYTES + HEADERS_FRAME_BYTES;
  for (const [name, value] of headers) {
    headerBytes += HEADER_BYTES + Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  return bytes + headerBytes;
}

/** The end of the world, which closes the windows of a recording, is no time. */
function spanSeconds(messages: readonly LogMessage[]): number | null {
  const times = messages.map(watermarkOf).filter((time) => time !== null && time < END_OF_TIME_MS);
  const [first, last] = [times.at(0), times.at(-1)];
  if (first === undefined || last === undefined || first === null || last === null) return null;
  return last > first ? (last - first) / 1000 : null;
}

function watermarkOf({ headers }: LogMessage): number | null {
  const text = headers.get(HEADER.watermark);
  return text === undefined ? null : Number(text);
}

/** The least value that at least the share `q` of them does not exceed. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.ceil(q * sorted.length) - 1] ?? 0;
}
