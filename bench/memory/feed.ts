// Events as the shuffler would publish them, one after the other, as fast as they are acknowledged.

import { END_OF_TIME_MS } from "../../plan/event.ts";
import { commitSubject, HEADER, watermarkSubject } from "../../plan/names.ts";
import { partitionOf } from "../../plan/partition.ts";
import type { NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { NatsPublisher, type Publication } from "../../runtime/adapters/nats/publisher.ts";
import { ensureStreams } from "../../runtime/adapters/nats/streams.ts";
import { encodeRecord } from "../../runtime/eval/codec.ts";

export const T0_MS = Date.UTC(2026, 6, 4, 12);
export const WINDOW_MS = 60_000;
export const KEYS = 20_000;
const PARTITIONS = 4;
const ACCOUNTS = 1000;
const COLLECTION = "app.bsky.feed.like";
/** Longer than any pipeline is behind: what the stream has deleted would be missing in its results. */
const FIREHOSE_MAX_AGE_MS = 3_600_000;

export class Feed implements AsyncDisposable {
  readonly #publisher: NatsPublisher;
  #events = 0;

  static async open(connection: NatsConnection): Promise<Feed> {
    await ensureStreams(connection, {
      buckets: 1,
      partitions: PARTITIONS,
      firehoseMaxAgeMs: FIREHOSE_MAX_AGE_MS,
    });
    return new Feed(connection);
  }

  private constructor(connection: NatsConnection) {
    this.#publisher = new NatsPublisher(connection);
  }

  /** Published so far. */
  get events(): number {
    return this.#events;
  }

  async publish(count: number): Promise<void> {
    const acked: Promise<unknown>[] = [];
    for (let i = 0; i < count; i += 1) {
      const publication = event(this.#events);
      this.#events += 1;
      acked.push((await this.#publisher.enqueue(publication)).acked);
    }
    await Promise.all(acked);
  }

  /** Closes all windows. */
  async end(): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      await this.#publisher.publish({
        subject: watermarkSubject(partition),
        msgId: `end ${partition}`,
        headers: new Map([[HEADER.watermark, String(END_OF_TIME_MS)]]),
        payload: new Uint8Array(),
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#publisher[Symbol.asyncDispose]();
  }
}

/** Key of the `i`th event: every window has each key equally often. */
export function keyOf(i: number): string {
  return `at://did:plc:author/app.bsky.feed.post/${i % KEYS}`;
}

function event(i: number): Publication {
  const did = `did:plc:${i % ACCOUNTS}`;
  const payload = encodeRecord({
    did,
    seq: i + 1,
    time: T0_MS + i,
    kind: "commit",
    op: "create",
    collection: COLLECTION,
    rkey: String(i),
    rev: String(i),
    record: { subject: keyOf(i) },
  });
  const subject = commitSubject(partitionOf(did, PARTITIONS), "create", COLLECTION);
  return { subject, msgId: `e${i}`, headers: new Map(), payload };
}
