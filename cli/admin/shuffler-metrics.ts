// The shuffler's metrics: read from its own counters at every scrape, but for what only the moment of storing
// knows (subject, latency).

import { Counter, Histogram, Registry } from "prom-client";
import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { HEADER } from "../../plan/names.ts";
import type { ShuffledMessage } from "../../shuffler/shuffled-message.ts";
import type { LivePublishing } from "../publishing.ts";
import { storedBytes } from "../storage.ts";
import { mirror } from "./mirror.ts";

/** Anybody can invent collections: those beyond the first so many count together as `other`. */
export const COLLECTIONS_MAX = 100;
/** From a fast ack on loopback to one that was sent again. */
const LATENCY_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];
/** A delete has some 350 bytes with its headers, a like 600, a long post 3000; the rest is rare. */
const EVENT_BYTES = [256, 384, 512, 640, 768, 1024, 1536, 2048, 4096, 16_384, 65_536, 1_048_576];
const MS_PER_SECOND = 1000;

export class ShufflerMetrics {
  readonly registry = new Registry();
  readonly #nowMs: () => number;
  readonly #events: Counter<"kind" | "op" | "collection">;
  readonly #latency: Histogram;
  readonly #bytes: Histogram;
  readonly #collections = new Set<string>();
  #live: LivePublishing | null = null;
  #storedTimeMs: number | null = null;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    const registers = [this.registry];
    this.#events = new Counter({
      name: "fpaas_shuffler_events_stored_total",
      help: "Events the stream has taken, by kind, operation and collection",
      labelNames: ["kind", "op", "collection"],
      registers,
    });
    this.#latency = new Histogram({
      name: "fpaas_shuffler_publish_seconds",
      help: "From sending a message to its acknowledgement",
      buckets: LATENCY_SECONDS,
      registers,
    });
    this.#bytes = new Histogram({
      name: "fpaas_shuffler_event_bytes",
      help: "What an event takes in the stream before compression, subject and headers included",
      buckets: EVENT_BYTES,
      registers,
    });
    this.#mirrorRelay();
    this.#mirrorPublishing();
  }

  /** Publishing has begun; its counters can be read from now on. */
  attach(live: LivePublishing): void {
    this.#live = live;
  }

  stored(message: ShuffledMessage, latencyMs: number): void {
    this.#latency.observe(latencyMs / MS_PER_SECOND);
    const watermark = message.headers.get(HEADER.watermark);
    if (watermark !== undefined) {
      this.#storedTimeMs = Math.max(
        this.#storedTimeMs ?? 0,
        Number(watermark) + WATERMARK_DELAY_MS,
      );
      return;
    }
    const [, stream, , kind, op, ...collection] = message.subject.split(".");
    if (stream !== "firehose" || kind === undefined) return;
    const headers = new Map(message.headers)
      .set(HEADER.msgId, message.msgId)
      .set(HEADER.relaySeq, String(message.relaySeq));
    this.#bytes.observe(storedBytes({ ...message, headers }));
    if (op === undefined) this.#events.inc({ kind });
    else this.#events.inc({ kind, op, collection: this.#bounded(collection.join(".")) });
  }

  /** What keeps a live source from being published now. */
  troubles(): string[] {
    if (this.#live === null) return ["publishing has not begun"];
    const { relay, buffer } = this.#live.stats();
    const found: string[] = [];
    if (this.#live.isRelay && !relay.connected) found.push("relay: not connected");
    if (buffer?.paused === true) found.push("buffer: full, reading is paused");
    return found;
  }

  #bounded(collection: string): string {
    if (this.#collections.has(collection)) return collection;
    if (this.#collections.size >= COLLECTIONS_MAX) return "other";
    this.#collections.add(collection);
    return collection;
  }

  #mirrorRelay(): void {
    const read = (pick: (relay: ReturnType<LivePublishing["stats"]>["relay"]) => number) => () =>
      this.#live === null ? 0 : pick(this.#live.stats().relay);
    mirror(this.registry, {
      fpaas_shuffler_source_connected: [
        "gauge",
        "Whether a connection to a relay stands",
        read(({ connected }) => Number(connected)),
      ],
      fpaas_shuffler_connections_total: [
        "counter",
        "Connections that were made to relays",
        read(({ connections }) => connections),
      ],
      fpaas_shuffler_reconnects_total: [
        "counter",
        "Connections to relays that ended",
        read(({ disconnections }) => disconnections),
      ],
      fpaas_shuffler_failovers_total: [
        "counter",
        "Changes to another relay of the list",
        read(({ failovers }) => failovers),
      ],
      fpaas_shuffler_future_cursors_total: [
        "counter",
        "Cursors that a relay did not know yet",
        read(({ futureCursors }) => futureCursors),
      ],
      fpaas_shuffler_outdated_cursors_total: [
        "counter",
        "Cursors that a relay knew no more: events are missing",
        read(({ outdatedCursors }) => outdatedCursors),
      ],
      fpaas_shuffler_sequence_gaps_total: [
        "counter",
        "Places where a relay left numbers out",
        read(({ sequenceGaps }) => sequenceGaps),
      ],
      fpaas_shuffler_missed_frames_max: [
        "gauge",
        "How many frames may be missing there at most",
        read(({ missedMax }) => missedMax),
      ],
      fpaas_shuffler_wrong_marks_total: [
        "counter",
        "Times the place we had come to at a relay was wrong, and we went back",
        read(({ wrongMarks }) => wrongMarks),
      ],
      fpaas_shuffler_unproven_frames_total: [
        "counter",
        "Frames that do not count as how far the relay is: not understood, or too far ahead",
        read(({ unproven }) => unproven),
      ],
    });
  }

  #mirrorPublishing(): void {
    const stats = (pick: (stats: ReturnType<LivePublishing["stats"]>) => number) => () =>
      this.#live === null ? 0 : pick(this.#live.stats());
    const count = (pick: (counters: LivePublishing["counters"]) => number) => () =>
      this.#live === null ? 0 : pick(this.#live.counters);
    mirror(this.registry, {
      fpaas_shuffler_lag_seconds: [
        "gauge",
        "From the relay's time that everything up to is stored, to now; NaN before the first second",
        () => this.#lagSeconds(),
      ],
      fpaas_shuffler_in_flight: [
        "gauge",
        "Messages sent and not acknowledged",
        stats(({ inFlight }) => inFlight),
      ],
      fpaas_shuffler_resends_total: [
        "counter",
        "Messages sent again for want of an answer",
        stats(({ resends }) => resends),
      ],
      fpaas_shuffler_duplicates_total: [
        "counter",
        "Messages that the stream had already",
        stats(({ duplicates }) => duplicates),
      ],
      fpaas_shuffler_buffer_memory_bytes: [
        "gauge",
        "What waits in memory to be stored",
        stats(({ buffer }) => buffer?.memoryBytes ?? 0),
      ],
      fpaas_shuffler_buffer_disk_bytes: [
        "gauge",
        "What waits on disk to be stored",
        stats(({ buffer }) => buffer?.diskBytes ?? 0),
      ],
      fpaas_shuffler_buffer_spilled_total: [
        "counter",
        "Items that went over the disk",
        stats(({ buffer }) => buffer?.spilled ?? 0),
      ],
      fpaas_shuffler_buffer_paused: [
        "gauge",
        "Whether reading waits for room in the buffer",
        stats(({ buffer }) => Number(buffer?.paused ?? false)),
      ],
      fpaas_shuffler_oversize_total: [
        "counter",
        "Events stored without their record",
        count(({ oversize }) => oversize),
      ],
      fpaas_shuffler_superseded_states_total: [
        "counter",
        "Account and identity events left out because a later one was known",
        count(({ superseded }) => superseded),
      ],
      fpaas_shuffler_wall_clock_trusted: [
        "gauge",
        "Whether our wall clock agrees with what arrives from the relay",
        stats(({ times }) => Number(times.isWallTrusted)),
      ],
    });
    const counters = (): LivePublishing["counters"] | undefined => this.#live?.counters;
    this.#mirrorLabelled("rejected", "What was refused, by reason", "reason", () => [
      ...(counters()?.rejected ?? []),
    ]);
    this.#mirrorLabelled(
      "corrected_times",
      "Frames whose time is not the one their host claims, by what its clock was",
      "claim",
      () => Object.entries(claimsOf(this.#live)),
    );
    this.#mirrorLabelled(
      "verified",
      "Commits whose signature holds, by which key of the account",
      "key",
      () => Object.entries(this.#live?.stats().keyUses ?? {}),
    );
    this.#mirrorLabelled("gaps", "Commits that do not follow on what was seen", "by", () =>
      Object.entries(counters()?.gaps ?? {}),
    );
  }

  #mirrorLabelled(
    what: string,
    help: string,
    label: string,
    read: () => readonly (readonly [string, number])[],
  ): void {
    const counter = new Counter({
      name: `fpaas_shuffler_${what}_total`,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect: () => {
        counter.reset();
        for (const [value, times] of read()) counter.inc({ [label]: value }, times);
      },
    });
  }

  #lagSeconds(): number {
    if (this.#storedTimeMs === null) return Number.NaN;
    return (this.#nowMs() - this.#storedTimeMs) / MS_PER_SECOND;
  }
}

function claimsOf(live: LivePublishing | null): Readonly<Record<string, number>> {
  if (live === null) return {};
  const { ahead, behind, frozen } = live.stats().times;
  return { ahead, behind, frozen };
}
