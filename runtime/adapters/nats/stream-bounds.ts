// How many bytes each stream and KV bucket may hold. The server sets aside what a bound says (`max_bytes`), and refuses
// a stream when it cannot: so bounds are shares of what it has room for, up to a size that is enough for each.
//
//   1000 GB → room 1000, of which 750 are shared out: firehose 62, 16 buckets of 17, …
//     20 GB → room   20, of which  15 are shared out: firehose 7.5, 16 buckets of 0.26, …

import { randomUUID } from "node:crypto";
import {
  JetStreamApiError,
  type JetStreamManager,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { FIREHOSE_STREAM } from "../../../plan/names.ts";
import {
  FIREHOSE_MAX_AGE_MS_DEFAULT,
  KV_BUCKETS,
  type KvBucket,
  kvStream,
  type StreamBounds,
  type StreamOptions,
  wantedStreams,
} from "./stream-config.ts";

/** Events a second that the firehose's bound is calculated for: its mean over 2026. */
export const EVENTS_PER_SECOND_DEFAULT = 350;
/** What one stored event takes with subject, headers and record, before compression. */
export const EVENT_BYTES_ASSUMED = 1024;
/** Room for busy days: the firehose had almost six times its mean in November 2024. */
export const STORAGE_SAFETY_FACTOR = 2;
/** Of a bucket stream: the state of sixteen partitions at their limit, or a week of a busy topic. */
export const BUCKET_BYTES_MAX = 16 * 1024 ** 3;
export const REJECTED_BYTES_MAX = 256 * 1024 ** 2;
/** Of each KV bucket. A deployment has its program and plan, twice while it is handed over; versions keep 20 of them. */
export const KV_BYTES_MAX: Readonly<Record<KvBucket, number>> = {
  fpaas_plans: 512 * 1024 ** 2,
  fpaas_versions: 1024 ** 3,
  fpaas_topics: 64 * 1024 ** 2,
  fpaas_cursors: 16 * 1024 ** 2,
  fpaas_workers: 64 * 1024 ** 2,
  fpaas_reports: 256 * 1024 ** 2,
};

/** The rest stays free: for others on the server, and because its room shrinks as its disk fills. */
const SHARED_OUT = 0.75;
/** Of what is shared out, in 64ths: the firehose first, then of what that leaves. */
const FIREHOSE_SHARE = 32 / 64;
const BUCKETS_SHARE = 44 / 64;
const REJECTED_SHARE = 4 / 64;
const KV_SHARE = 16 / 64;
/** Where the search for the room begins, its step, and where it gives up. */
const ROOM_BYTES_MAX = 2 * 1024 ** 4;
const ROOM_STEP = 0.75;
export const ROOM_BYTES_MIN = 256 * 1024 ** 2;
/** A stream that is made and deleted at once, to learn whether there is room for it. */
const PROBE_PREFIX = "FPAAS_ROOM_";
/** A probe this old was left behind by a process that was killed. */
const PROBE_AGE_MS_MAX = 60_000;
/** The server, the account, or every node of a cluster has too little room. */
const NO_ROOM: readonly number[] = [10047, 10002, 10023, 10005, 10122];

/** Room for `maxAgeMs` of the firehose, bytes of each replica. */
export function firehoseBytesFor(eventsPerSecond: number, maxAgeMs: number): number {
  return Math.ceil(
    eventsPerSecond * (maxAgeMs / 1000) * EVENT_BYTES_ASSUMED * STORAGE_SAFETY_FACTOR,
  );
}

/**
 * The options with a bound for everything; as they are where there is hardly any room: then nothing is bounded but what
 * was asked for.
 * @param firehoseWanted bytes of the firehose where `options` do not say, if there is room
 */
export async function withBounds(
  jsm: JetStreamManager,
  options: StreamOptions,
  firehoseWanted = defaultFirehoseBytes(options),
): Promise<StreamOptions> {
  const free = await freeBytes(jsm, options.replicas ?? 1);
  if (free === null) return options;
  const held = await heldBytes(jsm, options);
  const shared = (free + sum(held.values())) * SHARED_OUT;
  const is = held.get(FIREHOSE_STREAM) ?? 0;
  const firehoseBytesMax =
    options.firehoseBytesMax ?? firehoseBytes(firehoseWanted, is, shared * FIREHOSE_SHARE);
  const bounds = shareOut(Math.max(shared - firehoseBytesMax, 0), options);
  return { ...options, firehoseBytesMax, bounds };
}

/** Bounds of all but the firehose. @param bytes to be shared out among them */
export function shareOut(
  bytes: number,
  { buckets, bucketBytesMax }: Pick<StreamOptions, "buckets" | "bucketBytesMax">,
): StreamBounds {
  const perBucket = Math.floor((bytes * BUCKETS_SHARE) / buckets);
  const most = sum(Object.values(KV_BYTES_MAX));
  const scale = Math.min(1, (bytes * KV_SHARE) / most);
  return {
    bucket: bucketBytesMax ?? Math.min(BUCKET_BYTES_MAX, perBucket),
    rejected: Math.min(REJECTED_BYTES_MAX, Math.floor(bytes * REJECTED_SHARE)),
    kv: (bucket) => Math.floor(KV_BYTES_MAX[bucket] * scale),
  };
}

/** What is there already is not changed for want of room only. */
function firehoseBytes(wanted: number, is: number, share: number): number {
  if (wanted <= Math.max(share, is)) return wanted;
  return is > 0 ? is : Math.floor(share);
}

function defaultFirehoseBytes({ firehoseMaxAgeMs }: StreamOptions): number {
  const maxAgeMs = firehoseMaxAgeMs ?? FIREHOSE_MAX_AGE_MS_DEFAULT;
  return firehoseBytesFor(EVENTS_PER_SECOND_DEFAULT, maxAgeMs);
}

/** By name of the streams of ours that have a bound, that bound: the server has set it aside. */
async function heldBytes(
  { streams }: JetStreamManager,
  options: StreamOptions,
): Promise<Map<string, number>> {
  const ours = new Set([
    ...wantedStreams(options).map(({ name }) => name),
    ...KV_BUCKETS.map(kvStream),
  ]);
  const held = new Map<string, number>();
  for await (const { config } of streams.list()) {
    if (ours.has(config.name) && config.max_bytes > 0) held.set(config.name, config.max_bytes);
  }
  return held;
}

/**
 * The bytes that the server would set aside for one more stream, to a quarter. It says so in no other way: what it tells
 * of an account is no more than the account's own limits. Null: less than `ROOM_BYTES_MIN`.
 */
async function freeBytes(jsm: JetStreamManager, replicas: number): Promise<number | null> {
  await deleteOldProbes(jsm);
  for (let bytes = ROOM_BYTES_MAX; bytes >= ROOM_BYTES_MIN; bytes = Math.floor(bytes * ROOM_STEP)) {
    if (await hasRoom(jsm, bytes, replicas)) return bytes;
  }
  return null;
}

async function hasRoom(
  { streams }: JetStreamManager,
  bytes: number,
  replicas: number,
): Promise<boolean> {
  const name = `${PROBE_PREFIX}${randomUUID()}`;
  const probe: Partial<StreamConfig> & { name: string } = {
    name,
    subjects: [name],
    storage: StorageType.File,
    max_bytes: bytes,
    num_replicas: replicas,
  };
  try {
    await streams.add(probe);
  } catch (error) {
    if (isNoRoom(error)) return false;
    throw error;
  }
  await streams.delete(name);
  return true;
}

/** Whether the server says that it cannot set aside what a stream's bound says. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof JetStreamApiError && NO_ROOM.includes(error.code);
}

async function deleteOldProbes({ streams }: JetStreamManager): Promise<void> {
  for await (const { config, created } of streams.list(`${PROBE_PREFIX}*`)) {
    if (Date.now() - Date.parse(created) < PROBE_AGE_MS_MAX) continue;
    await streams.delete(config.name).catch(() => {}); // Another process was faster.
  }
}

function sum(values: Iterable<number>): number {
  let all = 0;
  for (const value of values) all += value;
  return all;
}
