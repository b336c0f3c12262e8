// One run of the shuffler, as `fpaas shuffler` puts it together, on a fresh server.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { FIREHOSE_STREAM } from "../../plan/names.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import { connectNats, type NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { NatsCursorStore } from "../../runtime/adapters/nats/cursor-store.ts";
import { duplicateWindowMs } from "../../runtime/adapters/nats/inspect.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { NatsPublisher } from "../../runtime/adapters/nats/publisher.ts";
import { NatsStoredIds } from "../../runtime/adapters/nats/stored-ids.ts";
import { ensureStreams } from "../../runtime/adapters/nats/streams.ts";
import { MAX_PAYLOAD_BYTES, startNatsServer } from "../../runtime/adapters/nats-server.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import type { Publisher } from "../../shuffler/ports.ts";
import { publishSource } from "../../shuffler/publish.ts";
import { RepeatGuard } from "../../shuffler/repeat-guard.ts";
import { eventsTotal, Shuffler } from "../../shuffler/shuffle.ts";
import type { Source } from "../../shuffler/sources/source.ts";
import { TimedSource } from "../../shuffler/trusted-time/timed-source.ts";
import { KeyCache } from "../../shuffler/verify/key-cache.ts";
import type { VerifyLevel } from "../../shuffler/verify/level.ts";
import { verifiedSource } from "../../shuffler/verify/verified-source.ts";
import { SignatureVerifier, structureVerifier } from "../../shuffler/verify/verifier.ts";
import { serverCpuMs } from "../live/server-cpu.ts";
import { type BenchInput, sourceOf } from "./input.ts";

/** Wall-clock time, and CPU time of this process. */
type Clocks = { readonly ms: number; readonly cpuMs: number };
export type Measured = Clocks & { readonly events: number };

const WATERMARKS = "atproto.firehose.*.watermark";
const { signal } = new AbortController();

export type Stored = Clocks & { readonly stored: number; readonly serverMs: number };

/** @returns events in the stream, without watermarks, how long it took, and the server's CPU time. */
export async function shuffleOnce(
  input: BenchInput,
  level: VerifyLevel,
  passes: number,
  syncAlways: boolean,
): Promise<Stored> {
  const storeDir = await mkdtemp(join(tmpdir(), "fpaas-bench-"));
  try {
    await using server = await startNatsServer({ storeDir, syncAlways });
    const connection = await connectNats({ url: server.url, name: "bench" });
    await ensureStreams(connection, { partitions: FIREHOSE_PARTITIONS_DEFAULT, buckets: 1 });
    const stop = startClocks();
    const beforeMs = await serverCpuMs(server.pid);
    await publishAll(connection, timed(verified(sourceOf(input.frames, passes), level, input)));
    const clocks = stop();
    const serverMs = (await serverCpuMs(server.pid)) - beforeMs;
    const stored = await countEvents(connection);
    await connection.close();
    return { stored, serverMs, ...clocks };
  } finally {
    await rm(storeDir, { recursive: true, force: true });
  }
}

/** Verification, trusted time, decoding and routing alone, one pass. */
export async function shuffleWithoutNats(input: BenchInput, level: VerifyLevel): Promise<Measured> {
  const shuffler = newShuffler(MAX_PAYLOAD_BYTES);
  const stop = startClocks();
  for await (const batch of timed(verified(sourceOf(input.frames, 1), level, input)).batches()) {
    for (const item of batch) shuffler.push(item);
  }
  return { events: eventsTotal(shuffler.counters), ...stop() };
}

export function startClocks(): () => Clocks {
  const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(startCpu);
    return { ms: performance.now() - startMs, cpuMs: (user + system) / 1000 };
  };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function timed(source: Source): Source {
  return new TimedSource({ source, clock: systemClock });
}

function verified(source: Source, level: VerifyLevel, { documents }: BenchInput): Source {
  switch (level) {
    case "none":
      return source;
    case "structure":
      return verifiedSource(source, structureVerifier);
    case "signature": {
      if (documents === null) throw new Error("no DID documents");
      const keys = new KeyCache({ resolver: documents, clock: systemClock, signal });
      return verifiedSource(source, new SignatureVerifier(keys));
    }
  }
}

async function publishAll(connection: NatsConnection, source: Source): Promise<void> {
  const windowMs = await duplicateWindowMs(connection);
  const ids = new NatsStoredIds(new NatsLog(connection), { report: console.error });
  await using nats = new NatsPublisher(connection, { stored: { ids, windowMs } });
  await publishSource({
    source,
    shuffler: newShuffler(connection.info?.max_payload ?? 0),
    publisher: freshIds(nats),
    cursorStore: await NatsCursorStore.open(connection),
    guard: new RepeatGuard({ ids, clock: systemClock, windowMs, live: false }),
    clock: systemClock,
    speed: "max",
    closeWindows: false,
    signal,
    onProgress: () => {},
    onCursorNotSaved: (error) => {
      throw error;
    },
  });
  ids.stop();
}

function newShuffler(maxPayloadBytes: number): Shuffler {
  const partitions = FIREHOSE_PARTITIONS_DEFAULT;
  return new Shuffler({ partitions, maxPayloadBytes, relay: "bench" });
}

/** Ids are of the content, and a later pass has the same: a count in front makes each message new. */
function freshIds(nats: NatsPublisher): Publisher {
  let sent = 0;
  return {
    publish: async (message) => {
      sent += 1;
      const { acked } = await nats.enqueue({ ...message, msgId: `${sent}-${message.msgId}` });
      return { stored: acked.then(() => {}) };
    },
  };
}

async function countEvents(connection: NatsConnection): Promise<number> {
  const { streams } = await jetstreamManager(connection);
  const { state } = await streams.info(FIREHOSE_STREAM, { subjects_filter: WATERMARKS });
  const watermarks = Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
  return state.messages - watermarks;
}
