// Where compression pays: S2 in the server's files against zstd in the payload, for events, one a message, and
// for what goes between stages, hundreds of records a message. Sizes are those of the files; CPU is that of the
// server for storing and for reading, and of zstd here, apart.
//
//   npm run bench:compression

import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { jetstreamManager, StorageType, StoreCompression } from "@nats-io/jetstream";
import { Decoder, Encoder } from "cbor-x";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { NatsPublisher } from "../../runtime/adapters/nats/publisher.ts";
import { startNatsServer } from "../../runtime/adapters/nats-server.ts";
import { benchFiles } from "../data/files.ts";
import { readMessages } from "../data/messages.ts";
import { serverCpuMs } from "../live/server-cpu.ts";

type Message = { readonly subject: string; readonly payload: Uint8Array };
type Compression = "none" | "S2 in the files" | "zstd in the payload";

const EVENTS = 20_000;
/** Everything is stored so often, to fill many of the server's blocks. */
const PASSES = 5;
const RECORDS_PER_BATCH = 200;
const STREAM = "BENCH";
const { signal } = new AbortController();
const decoder = new Decoder({ mapsAsObjects: true });
const encoder = new Encoder({ useRecords: false });

const { messages: path, source } = await benchFiles("events", EVENTS);
const events = (await readMessages(path)).filter(({ payload }) => payload.length > 0);
console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}; ${source}\n`);
console.log(
  "| what | compression | bytes a record | server, storing | server, reading | zstd here |",
);
console.log("| --- | --- | ---: | ---: | ---: | ---: |");
await rows("events, one a message", events, events.length);
await rows(`records of two fields, ${RECORDS_PER_BATCH} a message`, batches(), events.length);

/** What a filter and a map send on: `{did, collection}`. */
function batches(): Message[] {
  const records = events.map(({ payload }) => {
    const { did, collection } = decoder.decode(payload) as Record<string, unknown>; // an event
    return encoder.encode({ did, collection });
  });
  return Array.from({ length: Math.ceil(records.length / RECORDS_PER_BATCH) }, (_, i) => ({
    subject: "atproto.firehose.exchange",
    payload: Buffer.concat(records.slice(i * RECORDS_PER_BATCH, (i + 1) * RECORDS_PER_BATCH)),
  }));
}

async function rows(what: string, messages: readonly Message[], records: number): Promise<void> {
  for (const compression of ["none", "S2 in the files", "zstd in the payload"] as const) {
    const { bytes, storeMs, readMs, zstdMs } = await measure(messages, compression);
    const perRecord = [storeMs, readMs, zstdMs].map(
      (ms) => `${((ms / records / PASSES) * 1000).toFixed(2)} µs`,
    );
    console.log(
      `| ${what} | ${compression} | ${(bytes / records / PASSES).toFixed(1)} | ${perRecord.join(" | ")} |`,
    );
  }
}

async function measure(messages: readonly Message[], compression: Compression) {
  const storeDir = await mkdtemp(join(tmpdir(), "fpaas-bench-"));
  try {
    await using server = await startNatsServer({ storeDir });
    const connection = await connectNats({ url: server.url, name: "bench" });
    const { streams } = await jetstreamManager(connection);
    const s2 = compression === "S2 in the files" ? StoreCompression.S2 : StoreCompression.None;
    const subjects = ["atproto.>"];
    await streams.add({ name: STREAM, subjects, storage: StorageType.File, compression: s2 });
    let zstdMs = 0;
    const [emptyMs, publisher] = [await serverCpuMs(server.pid), new NatsPublisher(connection)];
    const acks: Promise<unknown>[] = [];
    for (let pass = 0; pass < PASSES; pass += 1) {
      for (const [i, { subject, payload }] of messages.entries()) {
        const packed = compression === "zstd in the payload" ? zstd(payload) : { payload, ms: 0 };
        zstdMs += packed.ms;
        const message = { subject, headers: new Map<string, string>(), payload: packed.payload };
        acks.push((await publisher.enqueue({ ...message, msgId: `${pass}-${i}` })).acked);
      }
    }
    await Promise.all(acks);
    const storedMs = await serverCpuMs(server.pid);
    const log = new NatsLog(connection);
    let read = 0;
    for await (const batch of log.read(STREAM, subjects, 1, signal)) {
      read += batch.length;
      if (read === messages.length * PASSES) break;
    }
    const doneMs = await serverCpuMs(server.pid);
    await connection.close();
    const [kilobytes] = execFileSync("du", ["-sk", storeDir], { encoding: "utf8" }).split("\t");
    const [storeMs, readMs] = [storedMs - emptyMs, doneMs - storedMs];
    return { bytes: Number(kilobytes) * 1024, storeMs, readMs, zstdMs };
  } finally {
    await rm(storeDir, { recursive: true, force: true });
  }
}

/** There and back, in CPU time of this process. */
function zstd(payload: Uint8Array): { payload: Uint8Array; ms: number } {
  const start = process.cpuUsage();
  const packed = zstdCompressSync(payload);
  zstdDecompressSync(packed);
  const { user, system } = process.cpuUsage(start);
  return { payload: packed, ms: (user + system) / 1000 };
}
