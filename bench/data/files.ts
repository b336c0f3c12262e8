// The inputs of the benchmarks as files under .fpaas/bench: events as the shuffler publishes them, and the
// same events as Jetstream JSON for the peers. Made once; the folder's name is a fingerprint of what they
// are made from, so a change of either makes them anew.

import { createHash } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { HEADER } from "../../plan/names.ts";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import { Shuffler } from "../../shuffler/shuffle.ts";
import type { ShuffledMessage } from "../../shuffler/shuffled-message.ts";
import { createSimulatedNetwork } from "../simulated-relay/network.ts";
import { decodeRecording } from "../simulated-relay/recording.ts";
import { jetstreamLine } from "./jetstream-line.ts";
import { encodeMessage } from "./messages.ts";
import { type Multiplication, multiplied, singleEvents } from "./multiply.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const RECORDING = "../shared/data/firehose/pds-a.frames.zst";
const FOLDER = ".fpaas/bench";
/** Frames of the simulated relay where the recording is not there. */
const SIMULATED_EVENTS = 6000;
/** Raised when what is written of the same input changes. */
const FORMAT = 3;
const FLUSH_BYTES = 1 << 20;

/** The two event files of the suite. */
export type DataSet = "events" | "likes";

export type BenchFiles = {
  /** What they are made from, for people. */
  readonly source: string;
  readonly messages: string;
  readonly lines: string;
  readonly events: number;
};

/** Half an hour of 490 events a second; or two minutes of likes, to one of 100 000 posts each. */
export function multiplicationOf(set: DataSet, events: number): Multiplication {
  switch (set) {
    case "events":
      return { events, copies: 8, speed: 1, only: null, likedPosts: 100_000, skewed: true };
    case "likes": {
      const only = { op: "create", collection: "app.bsky.feed.like" } as const;
      const speed = (27.7 * events) / 1_000_000;
      return { events, copies: 8, speed, only, likedPosts: 100_000, skewed: false };
    }
  }
}

/** The raw frames everything is made from, and what to call them. */
export async function baseFrames(): Promise<{ source: string; frames: Uint8Array[] }> {
  const path = join(ROOT, RECORDING);
  if (existsSync(path)) return { source: RECORDING, frames: decodeRecording(await readFile(path)) };
  const network = await createSimulatedNetwork({ events: SIMULATED_EVENTS, durationMs: 107_000 });
  const frames: Uint8Array[] = [];
  for await (const { bytes } of network.frames) frames.push(bytes);
  return { source: `the simulated relay, ${SIMULATED_EVENTS} events`, frames };
}

/** The files of a set, made if they are not there yet. */
export async function benchFiles(set: DataSet, events: number): Promise<BenchFiles> {
  const { source, frames } = await baseFrames();
  const plan = multiplicationOf(set, events);
  const folder = join(ROOT, FOLDER, `${set}-${fingerprint(frames, plan)}`);
  if (!existsSync(folder)) await makeFolder(folder, frames, plan);
  const paths = { messages: join(folder, "messages.bin"), lines: join(folder, "events.jsonl") };
  return { source: `${source}, multiplied`, ...paths, events };
}

function fingerprint(frames: readonly Uint8Array[], plan: Multiplication): string {
  const hash = createHash("sha256").update(JSON.stringify([FORMAT, plan]));
  for (const frame of frames) hash.update(frame);
  return hash.digest("hex").slice(0, 16);
}

/** Whole or not at all: it is renamed into place. */
async function makeFolder(
  folder: string,
  frames: readonly Uint8Array[],
  plan: Multiplication,
): Promise<void> {
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  const messages = new BufferedFile(join(unfinished, "messages.bin"));
  const lines = new BufferedFile(join(unfinished, "events.jsonl"));
  const shuffler = new Shuffler({
    partitions: FIREHOSE_PARTITIONS_DEFAULT,
    relay: "bench",
    maxPayloadBytes: Number.POSITIVE_INFINITY,
  });
  const write = async (shuffled: readonly ShuffledMessage[]): Promise<void> => {
    for (const { subject, headers, payload } of shuffled) {
      await messages.write(encodeMessage(subject, headers.get(HEADER.watermark), payload));
    }
  };
  for (const message of multiplied(singleEvents(frames, plan.only), plan)) {
    const { seq: position } = message;
    await lines.write(Buffer.from(jetstreamLine(message)));
    await write(shuffler.push({ kind: "message", message, raw: new Uint8Array(), position }));
  }
  await write(shuffler.closeWindows());
  await Promise.all([messages.end(), lines.end()]);
  await rename(unfinished, folder).catch(async (error: unknown) => {
    await rm(unfinished, { recursive: true });
    if (!existsSync(folder)) throw error; // Else another process was quicker.
  });
}

/** A file written in large pieces. */
class BufferedFile {
  readonly #stream;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(path: string) {
    this.#stream = createWriteStream(path);
  }

  async write(part: Uint8Array): Promise<void> {
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes >= FLUSH_BYTES) await this.#flush();
  }

  async end(): Promise<void> {
    await this.#flush();
    this.#stream.end();
    await finished(this.#stream);
  }

  async #flush(): Promise<void> {
    const piece = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }
}
