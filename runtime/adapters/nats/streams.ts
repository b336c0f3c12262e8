// Makes the streams and KV buckets of FPaaS where they are missing, and says how they are laid out. What
// exists is used as it is: its number of partitions and buckets was decided when it was made.

import {
  JetStreamApiError,
  JetStreamError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
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
  TOPICS_BUCKET,
  WORKERS_BUCKET,
} from "../../../plan/names.ts";
import { formatVersion, judgeVersion, parseVersion } from "../nats-server/version.ts";
import { NatsUnsupported } from "./errors.ts";
import { isJetStreamOff } from "./retry.ts";

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
  /** How long topics are kept; checkpoints and state say `Nats-TTL: never` and outlive it. */
  readonly topicsMaxAgeMs?: number;
  /** A worker that has not renewed its entry for this long is gone. */
  readonly workersTtlMs?: number;
};

/** What readers and writers have to agree on. */
export type StreamLayout = { readonly partitions: number; readonly buckets: number };

const FIREHOSE_MAX_AGE_MS_DEFAULT = 24 * 60 * 60 * 1000;
const DUPLICATE_WINDOW_MS_DEFAULT = 2 * 60 * 1000;
const TOPICS_MAX_AGE_MS_DEFAULT = 7 * 24 * 60 * 60 * 1000;
/** Three heartbeats of `Worker`. */
const WORKERS_TTL_MS_DEFAULT = 6000;
const REJECTED_BYTES_MAX = 256 * 1024 * 1024;
/** A stage task each; the server's default since 2.15 is 1000. */
const CONSUMERS_MAX = 100_000;
const NANOSECONDS_PER_MS = 1_000_000;
const NAME_IN_USE = 10058;
const STREAM_NOT_FOUND = 10059;

/** Idempotent; may run in several processes at once. @throws NatsUnsupported */
export async function ensureStreams(
  nc: NatsConnection,
  options: StreamOptions,
): Promise<StreamLayout> {
  const jsm = await supportedManager(nc);
  await addMissing(jsm, firehoseConfig(options));
  const layout = await layoutOf(jsm);
  if (layout === null) throw new NatsUnsupported(`stream ${FIREHOSE_STREAM} is not one of FPaaS`);
  await addMissing(jsm, rejectedConfig(options));
  for (let bucket = 0; bucket < layout.buckets; bucket++) {
    await addMissing(jsm, bucketConfig(bucket, options));
    await requireAtomic(jsm, bucketStream(bucket));
  }
  await addKvBuckets(nc, options);
  return layout;
}

/** The layout as it is; null when `ensureStreams` has never run there. @throws NatsUnsupported */
export async function describeStreams(nc: NatsConnection): Promise<StreamLayout | null> {
  return await layoutOf(await supportedManager(nc));
}

async function supportedManager(nc: NatsConnection): Promise<JetStreamManager> {
  const version = parseVersion(nc.info?.version ?? "");
  if (version !== null && judgeVersion(version) === "refused") {
    const name = formatVersion(version);
    throw new NatsUnsupported(`the NATS server is ${name}; atomic batches need 2.12 or newer`);
  }
  try {
    return await jetstreamManager(nc);
  } catch (cause) {
    if (!(isJetStreamOff(cause) || cause instanceof JetStreamError)) throw cause;
    const message = "the NATS server runs without JetStream: start it with -js, or drop --nats";
    throw new NatsUnsupported(message, { cause });
  }
}

async function layoutOf(jsm: JetStreamManager): Promise<StreamLayout | null> {
  try {
    const { metadata } = (await jsm.streams.info(FIREHOSE_STREAM)).config;
    const partitions = Number(metadata?.[PARTITIONS_METADATA]);
    const buckets = Number(metadata?.[BUCKETS_METADATA]);
    return Number.isInteger(partitions) && Number.isInteger(buckets)
      ? { partitions, buckets }
      : null;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return null;
    throw error;
  }
}

type NewStream = Partial<StreamConfig> & { name: string };

async function addMissing(jsm: JetStreamManager, config: NewStream): Promise<void> {
  try {
    await jsm.streams.add(config);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NAME_IN_USE) return;
    throw error;
  }
}

async function requireAtomic(jsm: JetStreamManager, name: string): Promise<void> {
  if ((await jsm.streams.info(name)).config.allow_atomic === true) return;
  throw new NatsUnsupported(`stream ${name} was made without atomic batch publishing`);
}

function common({ replicas = 1 }: StreamOptions) {
  return {
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: replicas,
    max_consumers: CONSUMERS_MAX,
    allow_direct: true,
  };
}

function firehoseConfig(options: StreamOptions): NewStream {
  const maxAgeMs = options.firehoseMaxAgeMs ?? FIREHOSE_MAX_AGE_MS_DEFAULT;
  const windowMs = options.duplicateWindowMs ?? DUPLICATE_WINDOW_MS_DEFAULT;
  return {
    ...common(options),
    name: FIREHOSE_STREAM,
    subjects: [FIREHOSE_SUBJECTS],
    max_age: maxAgeMs * NANOSECONDS_PER_MS,
    duplicate_window: Math.min(windowMs, maxAgeMs) * NANOSECONDS_PER_MS,
    metadata: {
      [PARTITIONS_METADATA]: String(options.partitions),
      [BUCKETS_METADATA]: String(options.buckets),
    },
  };
}

function rejectedConfig(options: StreamOptions): NewStream {
  return {
    ...common(options),
    name: REJECTED_STREAM,
    subjects: [REJECTED_SUBJECTS],
    max_age: (options.firehoseMaxAgeMs ?? FIREHOSE_MAX_AGE_MS_DEFAULT) * NANOSECONDS_PER_MS,
    max_bytes: REJECTED_BYTES_MAX,
  };
}

function bucketConfig(bucket: number, options: StreamOptions): NewStream {
  return {
    ...common(options),
    name: bucketStream(bucket),
    subjects: [bucketSubjects(bucket)],
    max_age: (options.topicsMaxAgeMs ?? TOPICS_MAX_AGE_MS_DEFAULT) * NANOSECONDS_PER_MS,
    allow_atomic: true,
    allow_msg_ttl: true,
    allow_rollup_hdrs: true,
  };
}

async function addKvBuckets(nc: NatsConnection, options: StreamOptions): Promise<void> {
  const { replicas = 1, workersTtlMs = WORKERS_TTL_MS_DEFAULT } = options;
  const kvm = new Kvm(nc);
  const existing = new Set<string>();
  for await (const status of kvm.list()) existing.add(status.bucket);
  for (const name of [PLANS_BUCKET, TOPICS_BUCKET, CURSORS_BUCKET, WORKERS_BUCKET]) {
    if (existing.has(name)) continue;
    await kvm.create(
      name,
      name === WORKERS_BUCKET ? { replicas, ttl: workersTtlMs } : { replicas },
    );
  }
}
