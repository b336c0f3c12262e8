// An account whose keys change, read with `--verify signature` by shufflers that are started again at every step and read
// again all that was: what FIREHOSE folds to is what the repo holds, its revisions never go back, and nothing is refused
// that was valid when it was signed.

import { tmpdir } from "node:os";
import { PassThrough } from "node:stream";
import { type Keypair, P256Keypair, Secp256k1Keypair } from "@atproto/crypto";
import { Kvm } from "@nats-io/kv";
import { beforeAll, describe, expect, it } from "vitest";
import { commitFrame, identityFrame } from "../../bench/simulated-relay/frame.ts";
import { startSimulatedRelay } from "../../bench/simulated-relay/relay-server.ts";
import { SimulatedRepo, type Write } from "../../bench/simulated-relay/simulated-repo.ts";
import { tidOf } from "../../bench/simulated-relay/tid.ts";
import { runProgram } from "../../cli/program.ts";
import { hostKey } from "../../cli/source.ts";
import { Terminal } from "../../cli/terminal/terminal.ts";
import {
  CURSORS_BUCKET,
  FIREHOSE_STREAM,
  FIREHOSE_SUBJECTS,
  HEADER,
  isEvent,
  REJECTED_STREAM,
  REJECTED_SUBJECTS,
} from "../../plan/names.ts";
import { connectNats, type NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { NatsCursorStore } from "../../runtime/adapters/nats/cursor-store.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { ensureStreams } from "../../runtime/adapters/nats/streams.ts";
import { decodeEvent } from "../../runtime/eval/codec.ts";
import { startTestNats, type TestNats } from "../../runtime/testing/nats.ts";
import type { LogStep } from "../../shuffler/testing/plc-log.ts";
import { SIGNER, write } from "../../shuffler/testing/signed-commits.ts";
import { PlcDirectory } from "../support/plc-directory.ts";

const HOUR_MS = 3_600_000;
const STORY_HOURS = 12;
const WINDOW_MS = 1000;
const POSTS = "app.bsky.feed.post";

/** What happens, one after the other. `hour` is of the story. */
type Step =
  | { readonly hour: number; readonly commit: readonly Write[]; readonly key: number }
  /** Signed with a key that never was the account's. */
  | { readonly hour: number; readonly forged: readonly Write[]; readonly key: number }
  | { readonly hour: number; readonly newKey: number; readonly nullified?: true };

const remove = (name: string): Write => ({ action: "delete", path: `${POSTS}/${name}` });
const THIEF = 3;

const STORY: readonly Step[] = [
  { hour: 0, newKey: 0 },
  { hour: 1, commit: [write("create", "a"), write("create", "b")], key: 0 },
  { hour: 2, commit: [write("create", "c")], key: 0 },
  { hour: 3, newKey: 1 },
  { hour: 4, commit: [remove("a"), write("create", "d")], key: 1 },
  { hour: 5, newKey: THIEF, nullified: true },
  { hour: 6, forged: [write("create", "stolen")], key: THIEF },
  { hour: 6.5, commit: [write("update", "b", "later")], key: 1 },
  { hour: 7, newKey: 2 },
  { hour: 8, commit: [remove("c"), write("create", "a", "again")], key: 2 },
  { hour: 9, newKey: 0 },
  { hour: 10, commit: [remove("d")], key: 0 },
  { hour: 11, commit: [write("create", "e")], key: 0 },
];

let keys: Keypair[];
beforeAll(async () => {
  keys = [
    await Secp256k1Keypair.create(),
    await P256Keypair.create(),
    await Secp256k1Keypair.create(),
    await Secp256k1Keypair.create(),
  ];
});

type Played = {
  /** As the relay has them at the end of each step. */
  readonly framesBy: readonly (readonly Uint8Array[])[];
  /** The directory's operations at the end of each step. */
  readonly logBy: readonly (readonly LogStep[])[];
  /** Path to CID, at the end of each step. */
  readonly recordsBy: readonly ReadonlyMap<string, string>[];
  /** Path to CID, at the end. */
  readonly records: ReadonlyMap<string, string>;
};

/** Makes the frames. One repo for each key would have a tree of its own: the key is exchanged behind it. */
async function play(): Promise<Played> {
  const startMs = Date.now() - STORY_HOURS * HOUR_MS;
  const key = { now: keys[0] as Keypair };
  const signer = {
    did: () => key.now.did(),
    jwtAlg: "ES256K",
    sign: (bytes: Uint8Array) => key.now.sign(bytes),
  };
  const repo = new SimulatedRepo(SIGNER, signer);
  const frames: Uint8Array[] = [];
  const log: LogStep[] = [];
  const records = new Map<string, string>();
  const played = { framesBy: [] as Uint8Array[][], logBy: [] as LogStep[][] };
  const recordsBy: Map<string, string>[] = [];
  for (const step of STORY) {
    const atMs = startMs + step.hour * HOUR_MS;
    const rev = tidOf(atMs * 1000, 1);
    const stamp = { seq: frames.length + 1, time: new Date(atMs).toISOString() };
    if ("newKey" in step) {
      const { newKey, nullified = false } = step;
      log.push({ at: stamp.time, key: keys[newKey] ?? null, nullified });
      frames.push((await identityFrame(SIGNER, "signer.test", stamp)).bytes);
    } else if ("forged" in step) {
      const other = new SimulatedRepo(SIGNER, keys[step.key] as Keypair);
      frames.push((await commitFrame(await other.commit(step.forged, rev), stamp)).bytes);
    } else {
      key.now = keys[step.key] as Keypair;
      const commit = await repo.commit(step.commit, rev);
      for (const { path, cid } of commit.ops) {
        if (cid === null) records.delete(path);
        else records.set(path, cid.toString());
      }
      frames.push((await commitFrame(commit, stamp)).bytes);
    }
    played.framesBy.push([...frames]);
    played.logBy.push([...log]);
    recordsBy.push(new Map(records));
  }
  return { ...played, recordsBy, records };
}

type Stored = {
  readonly records: ReadonlyMap<string, string>;
  readonly stepsBack: number;
  /** Reasons, once for each message. */
  readonly rejected: readonly string[];
};

class World implements AsyncDisposable {
  readonly directory: PlcDirectory;
  readonly #nats: TestNats;
  readonly #nc: NatsConnection;

  static async create(): Promise<World> {
    const nats = await startTestNats();
    const nc = await connectNats({ url: nats.url, name: "test" });
    await ensureStreams(nc, { partitions: 2, buckets: 1, duplicateWindowMs: WINDOW_MS });
    return new World(nats, nc, await PlcDirectory.start());
  }

  private constructor(nats: TestNats, nc: NatsConnection, directory: PlcDirectory) {
    this.#nats = nats;
    this.#nc = nc;
    this.directory = directory;
  }

  /**
   * A life of a shuffler: it reads the frames from the first one on, until all are stored.
   * @param port of the relay; another is another host. @returns what it said, and the port
   */
  async life(frames: readonly Uint8Array[], port = 0): Promise<{ said: string; port: number }> {
    const relay = await startSimulatedRelay({ frames, port, framesPast: frames.length });
    const { host, port: listening } = new URL(relay.url);
    await this.#rewind(host);
    const stop = new AbortController();
    const { said, ended } = this.#shuffle(relay.url, stop.signal);
    const store = await NatsCursorStore.open(this.#nc);
    await expect
      .poll(async () => (await store.load(hostKey(host)))?.position, { interval: 100 })
      .toBe(frames.length);
    stop.abort();
    await ended;
    await relay[Symbol.asyncDispose]();
    return { said: said(), port: Number(listening) };
  }

  /** As a shuffler that was killed before it saved how far it was. */
  async #rewind(host: string): Promise<void> {
    const cursors = await new Kvm(this.#nc).open(CURSORS_BUCKET);
    await cursors.put(hostKey(host), "0:1");
  }

  #shuffle(relay: string, signal: AbortSignal) {
    const [stdout, stderr] = [new PassThrough().resume(), new PassThrough()];
    let text = "";
    stderr.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    const terminal = new Terminal({ stdout, stderr, env: {}, nowMs: () => performance.now() });
    const verify = ["--verify", "signature", "--plc", this.directory.url];
    const flags = ["--relay", relay, "--buffer", "none", "--nats", this.#nats.url];
    const args = ["shuffler", ...flags, ...verify];
    const ended = runProgram(args, { terminal, env: {}, folder: tmpdir(), signal });
    return { said: () => text, ended };
  }

  async stored(): Promise<Stored> {
    const log = new NatsLog(this.#nc);
    const records = new Map<string, string>();
    let [lastRev, stepsBack] = ["", 0];
    for await (const message of log.readAll(FIREHOSE_STREAM, [FIREHOSE_SUBJECTS])) {
      if (!isEvent(message)) continue;
      const event = decodeEvent(message.payload) as { [name: string]: string }; // What is read of it.
      const { kind, op, collection, rkey, rev = "", cid = "" } = event;
      if (kind !== "commit") continue;
      if (rev < lastRev) stepsBack += 1;
      lastRev = rev;
      if (op === "delete") records.delete(`${collection}/${rkey}`);
      else records.set(`${collection}/${rkey}`, cid);
    }
    const rejected: string[] = [];
    for await (const { headers } of log.readAll(REJECTED_STREAM, [REJECTED_SUBJECTS])) {
      rejected.push(headers.get(HEADER.reason) ?? "");
    }
    return { records, stepsBack, rejected };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nc.close();
    await this.#nats[Symbol.asyncDispose]();
    await this.directory[Symbol.asyncDispose]();
  }
}

const last = <T>(list: readonly T[]): T => list.at(-1) ?? expect.fail("none");
/** The thief's commit, which may be refused again in each life. */
const onlyForged = (rejected: readonly string[]) => new Set(rejected);

describe("an account whose keys change, read again from the beginning at every step", () => {
  it("stores what its repo holds while the directory is in step", async () => {
    await using world = await World.create();
    const { framesBy, logBy, recordsBy } = await play();
    let port = 0;
    for (const [step, frames] of framesBy.entries()) {
      // The thief's operation counts until it is nullified: by then the thief's commit was never read.
      world.directory.have(SIGNER, logBy[step] ?? []);
      ({ port } = await world.life(frames, port));
      const { records, stepsBack, rejected } = await world.stored();
      expect(records, `step ${step}`).toEqual(recordsBy[step]);
      expect(stepsBack).toBe(0);
      expect(onlyForged(rejected)).toEqual(new Set(step < 6 ? [] : ["bad_signature"]));
    }
  });

  it("stores the same when the directory is at the end of the story from the beginning", async () => {
    await using world = await World.create();
    const { framesBy, logBy, recordsBy } = await play();
    world.directory.have(SIGNER, last(logBy));
    let port = 0;
    let said = "";
    for (const step of [2, 5, 9, framesBy.length - 1]) {
      ({ port, said } = await world.life(framesBy[step] ?? [], port));
      const { records, stepsBack, rejected } = await world.stored();
      expect(records, `step ${step}`).toEqual(recordsBy[step]);
      expect(stepsBack).toBe(0);
      expect(onlyForged(rejected)).toEqual(new Set(step < 6 ? [] : ["bad_signature"]));
    }
    expect(said).toMatch(/1 rejected/);
  });

  it("asks nothing about what is stored already", async () => {
    await using world = await World.create();
    const { framesBy, logBy } = await play();
    world.directory.have(SIGNER, last(logBy));
    const { port } = await world.life(framesBy[4] ?? []);
    const asked = world.directory.asked;
    world.directory.have(SIGNER, [{ at: new Date(0).toISOString(), key: keys[THIEF] ?? null }]);
    world.directory.isDown = true;
    const { said } = await world.life(framesBy[4] ?? [], port);
    expect(world.directory.asked).toBe(asked);
    expect(said).not.toContain("rejected");
  });
});

describe("a commit that was refused, and is good now", () => {
  /** By a mirror without logs the first commits are refused, which were signed by the key before. */
  async function refusedAtFirst(world: World, played: Played): Promise<number> {
    const { framesBy, logBy } = played;
    world.directory.have(SIGNER, [{ at: new Date(0).toISOString(), key: keys[2] ?? null }]);
    world.directory.hasLogs = false;
    const { port } = await world.life(framesBy[9] ?? []);
    const { rejected } = await world.stored();
    expect(rejected.filter((reason) => reason === "bad_signature").length).toBeGreaterThan(3);
    world.directory.hasLogs = true;
    world.directory.have(SIGNER, last(logBy));
    return port;
  }

  it("is not published behind what came later: its deleted record does not come back", async () => {
    await using world = await World.create();
    const played = await play();
    const port = await refusedAtFirst(world, played);
    for (const _ of [1, 2]) {
      await world.life(last(played.framesBy), port);
      const { records, stepsBack, rejected } = await world.stored();
      expect(stepsBack).toBe(0);
      expect([...records.keys()].sort()).toEqual([`${POSTS}/a`, `${POSTS}/e`]);
      expect(rejected).toContain("rev_order");
    }
  });

  it("is not published by another shuffler either, at another relay", async () => {
    await using world = await World.create();
    const played = await play();
    await refusedAtFirst(world, played);
    await world.life(last(played.framesBy));
    const { records, stepsBack } = await world.stored();
    expect(stepsBack).toBe(0);
    expect([...records.keys()].sort()).toEqual([`${POSTS}/a`, `${POSTS}/e`]);
  });
});

describe("a directory that is down", () => {
  it("is waited for: nothing is refused meanwhile", async () => {
    await using world = await World.create();
    const { framesBy, logBy, records } = await play();
    world.directory.have(SIGNER, last(logBy));
    world.directory.isDown = true;
    const life = world.life(last(framesBy));
    await expect.poll(() => world.directory.asked).toBeGreaterThan(1);
    world.directory.isDown = false;
    await life;
    const stored = await world.stored();
    expect(stored).toEqual({ records, stepsBack: 0, rejected: ["bad_signature"] });
  });
});
