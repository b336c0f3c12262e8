// How every stream and KV bucket of FPaaS is set up, and why each bound is what it is. Pure: what is
// there already is compared with this in `stream-setup.ts`.

import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  StoreCompression,
  type StreamConfig,
} from "@nats-io/jetstream";
import type { KvOptions } from "@nats-io/kv";
import {
  BUCKETS_METADATA,
  bucketStream,
  bucketSubjects,
  CURSORS_BUCKET,
  FIREHOSE_STREAM,
  FIREHOSE_SUBJECTS,
  PARTITIONS_METADATA,
  PLANS_BUCKET,
  REJECTED_STREAM,
  REJECTED_SUBJECTS,
  REPORTS_BUCKET,
  TOPICS_BUCKET,
  VERSIONS_BUCKET,
  WORKERS_BUCKET,
} from "../../../plan/names.ts";

export type StreamOptions = {
  /** Bucket streams, 1 in development, 16 in production. */
  readonly buckets: number;
  /** Partitions of the FIREHOSE stream. */
  readonly partitions: number;
  readonly replicas?: number;
  /** How long the server remembers message ids; must exceed the widest lag between two shufflers. */
  readonly duplicateWindowMs?: number;
  /** How long the firehose is kept. */
  readonly firehoseMaxAgeMs?: number;
  /** How much of the firehose is kept at most, each replica; none leaves it to age and the server. */
  readonly firehoseBytesMax?: number;
  /** How much a bucket stream takes at most, each replica; none leaves it to `bounds`. */
  readonly bucketBytesMax?: number;
  /** How much everything else takes at most; none sets no bounds but the firehose's. */
  readonly bounds?: StreamBounds;
  /** How long topics are kept; checkpoints and state say `Nats-TTL: never` and outlive it. */
  readonly topicsMaxAgeMs?: number;
  /** A worker that has not renewed its entry for this long is gone. */
  readonly workersTtlMs?: number;
};

/** Bytes, each replica. See `stream-bounds.ts`. */
export type StreamBounds = {
  readonly bucket: number;
  readonly rejected: number;
  readonly kv: (bucket: KvBucket) => number;
};

export const FIREHOSE_MAX_AGE_MS_DEFAULT = 24 * 60 * 60 * 1000;
export const DUPLICATE_WINDOW_MS_DEFAULT = 2 * 60 * 1000;
/** For production: wider than any lag between shufflers we know of; about 150 bytes of memory an id. */
export const DUPLICATE_WINDOW_MS_INIT = 10 * 60 * 1000;
const TOPICS_MAX_AGE_MS_DEFAULT = 7 * 24 * 60 * 60 * 1000;
/** Five heartbeats of `Worker`. */
const WORKERS_TTL_MS_DEFAULT = 5000;
/** What a worker has last said of its tasks is no news after some of its `REPORT_EVERY_MS`. */
const REPORTS_TTL_MS = 10_000;
/** A stage task each; the server's default since 2.15 is 1000. */
const CONSUMERS_MAX = 100_000;
const NANOSECONDS_PER_MS = 1_000_000;
const UNLIMITED = -1;

export const KV_BUCKETS = [
  PLANS_BUCKET,
  VERSIONS_BUCKET,
  TOPICS_BUCKET,
  CURSORS_BUCKET,
  WORKERS_BUCKET,
  REPORTS_BUCKET,
] as const;
export type KvBucket = (typeof KV_BUCKETS)[number];

export type WantedStream = Partial<StreamConfig> & { readonly name: string };

/** FIREHOSE, whose metadata says the layout, comes first: it decides between two that start at once. */
export function wantedStreams(options: StreamOptions): WantedStream[] {
  const buckets = Array.from({ length: options.buckets }, (_, i) => bucketConfig(i, options));
  return [firehoseConfig(options), rejectedConfig(options), ...buckets];
}

export function wantedKv(bucket: KvBucket, options: StreamOptions): Partial<KvOptions> {
  const { workersTtlMs = WORKERS_TTL_MS_DEFAULT } = options;
  const common = {
    replicas: options.replicas ?? 1,
    max_bytes: options.bounds?.kv(bucket) ?? UNLIMITED,
  };
  switch (bucket) {
    case WORKERS_BUCKET:
      return { ...common, ttl: workersTtlMs };
    case REPORTS_BUCKET:
      return { ...common, ttl: REPORTS_TTL_MS };
    case PLANS_BUCKET:
    case VERSIONS_BUCKET:
    case TOPICS_BUCKET:
    case CURSORS_BUCKET:
      return common;
  }
}

/** The stream behind a KV bucket. */
export function kvStream(bucket: KvBucket): string {
  return `KV_${bucket}`;
}

function common({ replicas = 1 }: StreamOptions) {
  return {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    // Not S2: a server killed in the middle of its writing may compress the block it goes on to append to
    // (2.15.1, see ARCHITECTURE.md), and that replica is lost.
    compression: StoreCompression.None,
    num_replicas: replicas,
    max_consumers: CONSUMERS_MAX,
    allow_direct: true,
  };
}

function firehoseConfig(options: StreamOptions): WantedStream {
  const maxAgeMs = options.firehoseMaxAgeMs ?? FIREHOSE_MAX_AGE_MS_DEFAULT;
  const windowMs = options.duplicateWindowMs ?? DUPLICATE_WINDOW_MS_DEFAULT;
  return {
    ...common(options),
    name: FIREHOSE_STREAM,
    subjects: [FIREHOSE_SUBJECTS],
    max_age: maxAgeMs * NANOSECONDS_PER_MS,
    // At the bound the oldest go, as by age: refusing the newest would stop the feed for all readers.
    max_bytes: options.firehoseBytesMax ?? UNLIMITED,
    discard: DiscardPolicy.Old,
    duplicate_window: Math.min(windowMs, maxAgeMs) * NANOSECONDS_PER_MS,
    metadata: {
      [PARTITIONS_METADATA]: String(options.partitions),
      [BUCKETS_METADATA]: String(options.buckets),
    },
  };
}

function rejectedConfig(options: StreamOptions): WantedStream {
  return {
    ...common(options),
    name: REJECTED_STREAM,
    subjects: [REJECTED_SUBJECTS],
    max_age: (options.firehoseMaxAgeMs ?? FIREHOSE_MAX_AGE_MS_DEFAULT) * NANOSECONDS_PER_MS,
    max_bytes: options.bounds?.rejected ?? UNLIMITED,
    // It is for people to look at: the oldest go.
    discard: DiscardPolicy.Old,
  };
}

/**
 * What is full takes nothing more, and tasks wait: to drop the oldest would be to drop checkpoints and state.
 */
function bucketConfig(bucket: number, options: StreamOptions): WantedStream {
  return {
    ...common(options),
    name: bucketStream(bucket),
    subjects: [bucketSubjects(bucket)],
    max_age: (options.topicsMaxAgeMs ?? TOPICS_MAX_AGE_MS_DEFAULT) * NANOSECONDS_PER_MS,
    max_bytes: options.bucketBytesMax ?? options.bounds?.bucket ?? UNLIMITED,
    discard: DiscardPolicy.New,
    allow_atomic: true,
    allow_msg_ttl: true,
    allow_rollup_hdrs: true,
  };
}
