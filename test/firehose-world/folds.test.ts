// What a reader of FIREHOSE folds is the world that the relay made, under every fault that the simulated relay has and
// at each level of --verify; and each fault proves that it struck.

import { beforeAll, describe, expect, it } from "vitest";
import {
  garbled,
  noise,
  oversize,
  truncated,
  unknownType,
} from "../../bench/simulated-relay/faults.ts";
import {
  createSimulatedNetwork,
  type SimulatedNetwork,
} from "../../bench/simulated-relay/network.ts";
import { createRandom } from "../../bench/simulated-relay/random.ts";
import { readFrame } from "../../bench/simulated-relay/read-frame.ts";
import {
  type SimulatedRelay,
  startSimulatedRelay,
} from "../../bench/simulated-relay/relay-server.ts";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import { publishSource } from "../../shuffler/publish.ts";
import { RepeatGuard } from "../../shuffler/repeat-guard.ts";
import { Shuffler, type ShufflerCounters } from "../../shuffler/shuffle.ts";
import { openRelay } from "../../shuffler/sources/relay.ts";
import { newRelayStats, type RelayStats } from "../../shuffler/sources/relay-stats.ts";
import { identityFrame } from "../../shuffler/testing/frames.ts";
import { TestResolver } from "../../shuffler/testing/signed-commits.ts";
import { TimedSource } from "../../shuffler/trusted-time/timed-source.ts";
import { KeyCache } from "../../shuffler/verify/key-cache.ts";
import { VERIFY_LEVELS, type VerifyLevel } from "../../shuffler/verify/level.ts";
import { verifiedSource } from "../../shuffler/verify/verified-source.ts";
import { SignatureVerifier, structureVerifier } from "../../shuffler/verify/verifier.ts";
import { MemoryFirehose } from "./memory-firehose.ts";
import { foldOf, worldOf } from "./world.ts";

const FRAMES = 240;
/** Where a fault is put. */
const AT = 120;
const random = createRandom(7, "faults");

let network: SimulatedNetwork;
let clean: Uint8Array[];

beforeAll(async () => {
  network = await createSimulatedNetwork({
    seed: 16,
    firstSeq: 1,
    accounts: 30,
    events: FRAMES,
    durationMs: 60_000,
    startMs: Date.now() - 60_000,
  });
  clean = [];
  for await (const { bytes, seq } of network.frames) if (seq !== null) clean.push(bytes);
});

type Fired = { readonly relay: RelayStats; readonly counters: ShufflerCounters };

type Fault = {
  readonly name: string;
  /** The tape, with the fault on it. */
  readonly tape?: (frames: readonly Uint8Array[]) => Promise<Uint8Array[]> | Uint8Array[];
  /** What the relay does besides, once some frames are stored. */
  readonly strike?: (relay: SimulatedRelay) => Promise<void> | void;
  /** What shows that it struck. */
  readonly fired: (what: Fired) => unknown;
  /** The frames that a reader can know of. Default: all. */
  readonly world?: (frames: readonly Uint8Array[]) => Uint8Array[];
};

function insert(...bytes: readonly Uint8Array[]): (frames: readonly Uint8Array[]) => Uint8Array[] {
  return (frames) => [...frames.slice(0, AT), ...bytes, ...frames.slice(AT)];
}

const rejectedAs = (reason: string) => (what: Fired) =>
  [...what.counters.rejected].some(([one, count]) => one === reason && count > 0);

const FAULTS: readonly Fault[] = [
  { name: "none", fired: ({ relay }) => relay.connections === 1 },
  {
    name: "connections that are cut",
    strike: (relay) => relay.disconnectAll(),
    fired: ({ relay }) => relay.disconnections > 0,
  },
  {
    name: "an error and a goodbye",
    strike: async (relay) => await relay.failAll("Overloaded", "come again"),
    fired: ({ relay, counters }) => relay.disconnections > 0 && counters.errors > 0,
  },
  {
    name: "a refusal to serve",
    strike: async (relay) => {
      relay.refuse(true);
      relay.disconnectAll();
      await systemClock.sleep(50);
      relay.refuse(false);
    },
    fired: ({ relay }) => relay.disconnections > 0,
  },
  {
    name: "a type that nobody knows, with a number beyond all",
    tape: async (frames) => insert(await unknownType(2 ** 53 - 1))(frames),
    fired: rejectedAs("unknown_type"),
  },
  {
    name: "a message that is too large, with a number of next week",
    tape: async (frames) => insert(await oversize(2 ** 40))(frames),
    fired: ({ counters }) => counters.rejected.size === 1,
  },
  { name: "noise", tape: insert(noise(random, 300)), fired: rejectedAs("bad_frame") },
  {
    name: "a frame that is cut off, before it comes whole",
    tape: (frames) => frames.toSpliced(AT, 0, truncated(frames[AT] ?? new Uint8Array())),
    fired: rejectedAs("bad_frame"),
  },
  {
    name: "a frame that is garbled, before it comes whole",
    tape: (frames) => {
      const at = frames.findIndex((one, i) => i > AT && hasRecords(one));
      return frames.toSpliced(at, 0, garbled(frames[at] ?? new Uint8Array(), random));
    },
    fired: ({ counters }) => counters.rejected.size > 0,
  },
  {
    name: "a number that is none of the relay's",
    tape: insert(identityFrame({ seq: 90_000, did: "did:plc:nobody234567abcdefghijkl" })),
    fired: ({ relay }) => relay.wrongMarks > 0,
    world: (frames) => [
      ...frames,
      identityFrame({ seq: 90_000, did: "did:plc:nobody234567abcdefghijkl" }),
    ],
  },
  {
    name: "frames that come again",
    tape: (frames) => frames.toSpliced(AT, 0, ...frames.slice(AT - 30, AT)),
    fired: ({ relay }) => relay.outOfOrder >= 30,
  },
  {
    name: "the last frame of a repo, lost",
    tape: (frames) => frames.toSpliced(AT, 1),
    fired: ({ relay }) => relay.sequenceGaps === 1 && relay.missedMax === 1,
    world: (frames) => frames.toSpliced(AT, 1),
  },
];

function hasRecords(frame: Uint8Array): boolean {
  const { type, body } = readFrame(frame);
  return type === "#commit" && (body.ops as unknown as readonly unknown[]).length > 0; // a list, in a commit
}

describe.each(VERIFY_LEVELS)("FIREHOSE, at --verify %s", (level) => {
  it.each(FAULTS)("folds to the world under $name", async (fault) => {
    const tape = (await fault.tape?.(clean)) ?? clean;
    const expected = worldOf(fault.world?.(clean) ?? clean);
    await using relay = await startSimulatedRelay({ frames: tape });
    const run = start(relay, level);
    if (fault.strike !== undefined) {
      relay.setRate(2000);
      await expect.poll(() => run.firehose.messages.length > 20, { interval: 5 }).toBe(true);
      await fault.strike(relay);
    }
    const folded = () => foldOf(run.firehose.payloads);
    const wrong = () => [
      ...difference(folded(), expected),
      ...(fault.fired(run) ? [] : ["nothing"]),
    ];
    await expect.poll(wrong, { interval: 20 }).toEqual([]);
    run.stop.abort();
    await run.done;
    expect(folded()).toEqual(expected);
    expect(run.firehose.doubled).toEqual([]);
  });
});

/** What one says and the other does not, both ways. */
function difference(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].filter((key) => a.get(key) !== b.get(key));
}

/** A shuffler of the relay. */
function start(relay: SimulatedRelay, level: VerifyLevel) {
  const stop = new AbortController();
  const { signal } = stop;
  const firehose = new MemoryFirehose();
  const stats = newRelayStats();
  const source = openRelay([relay.url], {
    places: firehose,
    signal,
    clock: systemClock,
    random: () => 0.01,
    userAgent: "test",
    stats,
    onNotice: () => {},
  });
  const verified = level === "none" ? source : verifiedSource(source, verifierOf(level, signal));
  const shuffler = new Shuffler({ partitions: 4, maxPayloadBytes: 8_000_000, relay: source.name });
  const done = publishSource({
    source: new TimedSource({ source: verified, clock: systemClock }),
    shuffler,
    publisher: firehose,
    cursorStore: firehose,
    guard: new RepeatGuard({ ids: firehose, clock: systemClock, windowMs: 120_000, live: true }),
    clock: systemClock,
    speed: "max",
    closeWindows: false,
    signal,
    onProgress: () => {},
    onCursorNotSaved: () => {},
  });
  return { firehose, relay: stats, counters: shuffler.counters, stop, done };
}

function verifierOf(level: Exclude<VerifyLevel, "none">, signal: AbortSignal) {
  if (level === "structure") return structureVerifier;
  const resolver = new TestResolver();
  for (const document of network.didDocuments()) resolver.documents.set(document.id, document);
  return new SignatureVerifier(new KeyCache({ resolver, clock: systemClock, signal }));
}
