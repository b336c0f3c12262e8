// What `fpaas init` compares: each stream as it is beside what is wanted, setting by setting, and which
// of the differences the server can still take.

import { JetStreamApiError, type StreamConfig, type StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  BUCKET_STREAM_PREFIX,
  BUCKETS_METADATA,
  FIREHOSE_STREAM,
  PARTITIONS_METADATA,
} from "../../../plan/names.ts";
import {
  KV_BUCKETS,
  kvStream,
  type StreamOptions,
  type WantedStream,
  wantedStreams,
} from "./stream-config.ts";
import { supportedManager } from "./streams.ts";

/** One setting that is not as wanted. */
export type Difference = {
  readonly setting: string;
  readonly is: string;
  readonly wanted: string;
  /** Why it stays as it is; null when `changeStreams` can change it. */
  readonly fixed: string | null;
};

export type StreamSetup = {
  readonly name: string;
  readonly state: "missing" | "as wanted" | "different";
  readonly differences: readonly Difference[];
};

const STREAM_NOT_FOUND = 10059;
const UNLIMITED = -1;
/** A stream that has no bound yet gets one of at least so many times what it holds. */
const ROOM_TO_GROW = 2;
const NANOSECONDS_PER_MS = 1_000_000;
const MADE_FOR_GOOD = "the server fixes it when the stream is made";
const KEYS_WOULD_MOVE =
  "keys would move while checkpoints stay: only a new stream can have another";

type Setting = {
  readonly name: string;
  readonly read: (config: Partial<StreamConfig>) => string | number | boolean | undefined;
  readonly fixed?: string;
};

/** In the order in which they are told. */
const SETTINGS: readonly Setting[] = [
  {
    name: "partitions",
    read: ({ metadata }) => metadata?.[PARTITIONS_METADATA],
    fixed: KEYS_WOULD_MOVE,
  },
  { name: "buckets", read: ({ metadata }) => metadata?.[BUCKETS_METADATA], fixed: KEYS_WOULD_MOVE },
  { name: "storage", read: ({ storage }) => storage, fixed: MADE_FOR_GOOD },
  { name: "retention", read: ({ retention }) => retention, fixed: MADE_FOR_GOOD },
  { name: "max_consumers", read: ({ max_consumers }) => max_consumers },
  { name: "replicas", read: ({ num_replicas }) => num_replicas },
  { name: "compression", read: ({ compression }) => compression },
  { name: "max_age_ms", read: ({ max_age }) => milliseconds(max_age) },
  { name: "max_bytes", read: ({ max_bytes }) => max_bytes },
  { name: "discard", read: ({ discard }) => discard },
  { name: "duplicate_window_ms", read: ({ duplicate_window }) => milliseconds(duplicate_window) },
  { name: "allow_direct", read: ({ allow_direct }) => allow_direct },
  { name: "allow_atomic", read: ({ allow_atomic }) => allow_atomic },
  { name: "allow_msg_ttl", read: ({ allow_msg_ttl }) => allow_msg_ttl },
  { name: "allow_rollup_hdrs", read: ({ allow_rollup_hdrs }) => allow_rollup_hdrs },
];

/** Every stream of FPaaS, those behind KV buckets too. @throws NatsUnsupported */
export async function compareStreams(
  nc: NatsConnection,
  options: StreamOptions,
): Promise<StreamSetup[]> {
  const is = await configsOf(nc, options);
  return wanted(options).map((one) => {
    const found = is.get(one.name);
    if (found === undefined) return { name: one.name, state: "missing", differences: [] };
    const { config } = found;
    const differences = one.name === FIREHOSE_STREAM ? strangers(config) : [];
    const asked = withBoundKept(one, found, options);
    differences.push(...SETTINGS.flatMap((setting) => difference(setting, config, asked)));
    return {
      name: one.name,
      state: differences.length === 0 ? "as wanted" : "different",
      differences,
    };
  });
}

/** Changes what exists to what is wanted. Only where no difference is `fixed`. */
export async function changeStreams(nc: NatsConnection, options: StreamOptions): Promise<void> {
  const { streams } = await supportedManager(nc);
  const is = await configsOf(nc, options);
  for (const one of wanted(options)) {
    const found = is.get(one.name);
    if (found === undefined) continue;
    const { config } = found;
    const asked = withBoundKept(one, found, options);
    await streams.update(one.name, { ...config, ...asked, metadata: { ...config.metadata } });
  }
}

/** KV buckets count by their replicas and bytes alone: the rest of their streams is the client library's. */
function wanted(options: StreamOptions): WantedStream[] {
  const kv = KV_BUCKETS.map((bucket) => ({
    name: kvStream(bucket),
    num_replicas: options.replicas ?? 1,
    max_bytes: options.bounds?.kv(bucket) ?? UNLIMITED,
  }));
  return [...wantedStreams(options), ...kv];
}

/**
 * A bound that nobody asked for is for what has none: it depends on the room of the day, and what is bounded stays as
 * it is. What has none yet gets one with room for what it holds.
 */
function withBoundKept(
  one: WantedStream,
  { config, state }: StreamInfo,
  { bucketBytesMax }: StreamOptions,
): WantedStream {
  const { max_bytes = UNLIMITED, ...rest } = one;
  const isBucket = one.name.startsWith(BUCKET_STREAM_PREFIX);
  if (one.name === FIREHOSE_STREAM || (isBucket && bucketBytesMax !== undefined)) return one;
  if (config.max_bytes > 0 || max_bytes <= 0) return rest;
  return { ...rest, max_bytes: Math.max(max_bytes, ROOM_TO_GROW * state.bytes) };
}

async function configsOf(
  nc: NatsConnection,
  options: StreamOptions,
): Promise<Map<string, StreamInfo>> {
  const { streams } = await supportedManager(nc);
  const found = new Map<string, StreamInfo>();
  for (const { name } of wanted(options)) {
    try {
      found.set(name, await streams.info(name));
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND)) throw error;
    }
  }
  return found;
}

/** A stream without our metadata was made by somebody else, for something else. */
function strangers({ metadata, subjects }: StreamConfig): Difference[] {
  if (metadata?.[PARTITIONS_METADATA] !== undefined) return [];
  const fixed = "it is not one of FPaaS: delete it, or use another server or account";
  return [{ setting: "owner", is: subjects.join(" "), wanted: "fpaas", fixed }];
}

function difference(
  { name, read, fixed }: Setting,
  is: Partial<StreamConfig>,
  wanted: Partial<StreamConfig>,
): Difference[] {
  const [found, asked] = [read(is), read(wanted)];
  // The server leaves out what is false.
  if (asked === undefined || asked === (found ?? false)) return [];
  return [
    { setting: name, is: String(found ?? "unset"), wanted: String(asked), fixed: fixed ?? null },
  ];
}

function milliseconds(nanoseconds: number | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : nanoseconds / NANOSECONDS_PER_MS;
}
