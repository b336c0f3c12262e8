// Makes the streams and KV buckets of FPaaS where they are missing, and says how they are laid out. What
// exists is used as it is: its number of partitions and buckets was decided when it was made.

import {
  JetStreamApiError,
  JetStreamError,
  type JetStreamManager,
  jetstreamManager,
  StorageType,
} from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { BUCKETS_METADATA, FIREHOSE_STREAM, PARTITIONS_METADATA } from "../../../plan/names.ts";
import { formatVersion, judgeVersion, parseVersion } from "../nats-server/version.ts";
import { NatsUnsupported } from "./errors.ts";
import { checkMaxPayload, maxPayloadOf } from "./max-payload.ts";
import { backoffMs, isJetStreamOff, pause } from "./retry.ts";
import { isNoRoom, withBounds } from "./stream-bounds.ts";
import {
  KV_BUCKETS,
  kvStream,
  type StreamOptions,
  type WantedStream,
  wantedKv,
  wantedStreams,
} from "./stream-config.ts";

/** What readers and writers have to agree on. */
export type StreamLayout = { readonly partitions: number; readonly buckets: number };

const NAME_IN_USE = 10058;
const STREAM_NOT_FOUND = 10059;
/** The server is no cluster, or has too few nodes. */
const REPLICAS_NOT_SUPPORTED = 10074;
const NO_SUITABLE_PEERS = 10005;
/** Copies that outlive one node: two would need both of them for a majority. */
const REPLICAS_OF_A_CLUSTER = 3;
/** How long nodes that have just started may take to find each other before fewer copies are settled for. */
const PEERS_WAIT_MS = 10_000;
/** How often a stream is tried to be made that the server has no room for just now. */
const ROOM_TRIES_MAX = 5;
/** Made and deleted at once, to learn how many copies the server can keep. */
const PROBE_STREAM = "FPAAS_PROBE";

/**
 * Makes what is missing; idempotent, and may run in several processes at once.
 * @throws NatsUnsupported
 */
export async function ensureStreams(
  nc: NatsConnection,
  options: StreamOptions,
): Promise<StreamLayout> {
  const jsm = await supportedManager(nc);
  const found = await layoutOf(jsm);
  if (found !== null && (await isComplete(jsm, { ...options, ...found }))) return found;
  const replicas = options.replicas ?? (found === null ? await replicasPossible(nc) : undefined);
  const asked = { ...options, ...found, ...(replicas !== undefined && { replicas }) };
  const wanted = options.bounds === undefined ? await withBounds(jsm, asked) : asked;
  await addMissing(jsm, wantedStreams(wanted).slice(0, 1));
  const layout = found ?? (await layoutOf(jsm));
  if (layout === null) throw new NatsUnsupported(`stream ${FIREHOSE_STREAM} is not one of FPaaS`);
  const all = wantedStreams({ ...wanted, ...layout });
  await addMissing(jsm, all.slice(1));
  for (const { name, allow_atomic } of all) if (allow_atomic) await requireAtomic(jsm, name);
  await addKvBuckets(nc, wanted);
  return layout;
}

/** Whether nothing is to be made: then nothing is asked about room either. */
async function isComplete(jsm: JetStreamManager, options: StreamOptions): Promise<boolean> {
  const atomic = new Map<string, boolean>();
  for await (const { config } of jsm.streams.list()) {
    atomic.set(config.name, config.allow_atomic === true);
  }
  return (
    KV_BUCKETS.every((bucket) => atomic.has(kvStream(bucket))) &&
    wantedStreams(options).every(
      ({ name, allow_atomic = false }) => atomic.has(name) && (atomic.get(name) || !allow_atomic),
    )
  );
}

/** How many copies of a stream the server should keep: 3 where there are as many nodes, else 1. */
export async function replicasPossible(nc: NatsConnection): Promise<number> {
  if (nc.info?.cluster === undefined) return 1;
  const { streams } = await supportedManager(nc);
  const probe = { name: PROBE_STREAM, subjects: [PROBE_STREAM], storage: StorageType.Memory };
  const patience = AbortSignal.timeout(PEERS_WAIT_MS);
  for (let tries = 1; ; tries++) {
    try {
      await streams.add({ ...probe, num_replicas: REPLICAS_OF_A_CLUSTER });
      break;
    } catch (error) {
      const code = error instanceof JetStreamApiError ? error.code : null;
      if (code === REPLICAS_NOT_SUPPORTED) return 1;
      if (code !== NO_SUITABLE_PEERS) throw error;
      if (patience.aborted) return 1;
    }
    await pause(backoffMs(tries), patience);
  }
  await streams.delete(PROBE_STREAM);
  return REPLICAS_OF_A_CLUSTER;
}

/** The layout as it is; null when `ensureStreams` has never run there. @throws NatsUnsupported */
export async function describeStreams(nc: NatsConnection): Promise<StreamLayout | null> {
  return await layoutOf(await supportedManager(nc));
}

/** @throws NatsUnsupported when the server is too old or runs without JetStream */
export async function supportedManager(nc: NatsConnection): Promise<JetStreamManager> {
  const version = parseVersion(nc.info?.version ?? "");
  if (version !== null && judgeVersion(version) === "refused") {
    const name = formatVersion(version);
    throw new NatsUnsupported(`the NATS server is ${name}; atomic batches need 2.12 or newer`);
  }
  checkMaxPayload(maxPayloadOf(nc));
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

async function addMissing(
  { streams }: JetStreamManager,
  wanted: readonly WantedStream[],
): Promise<void> {
  for (const config of wanted) {
    try {
      await onceThereIsRoom(() => streams.add(config));
    } catch (error) {
      if (!isNameInUse(error)) throw error;
    }
  }
}

async function requireAtomic(jsm: JetStreamManager, name: string): Promise<void> {
  if ((await jsm.streams.info(name)).config.allow_atomic === true) return;
  throw new NatsUnsupported(`stream ${name} was made without atomic batch publishing`);
}

async function addKvBuckets(nc: NatsConnection, options: StreamOptions): Promise<void> {
  const kvm = new Kvm(nc);
  const existing = new Set<string>();
  for await (const status of kvm.list()) existing.add(status.bucket);
  for (const name of KV_BUCKETS) {
    if (existing.has(name)) continue;
    try {
      await onceThereIsRoom(() => kvm.create(name, wantedKv(name, options)));
    } catch (error) {
      if (!isNameInUse(error)) throw error;
    }
  }
}

/** Another process that looks for room has all of it for some milliseconds. */
async function onceThereIsRoom(make: () => Promise<unknown>): Promise<void> {
  const never = new AbortController().signal;
  for (let tries = 1; ; tries += 1) {
    try {
      await make();
      return;
    } catch (error) {
      if (!isNoRoom(error) || tries === ROOM_TRIES_MAX) throw error;
    }
    await pause(backoffMs(tries), never);
  }
}

/** Another process has made it, with bounds of its own. */
function isNameInUse(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === NAME_IN_USE;
}
