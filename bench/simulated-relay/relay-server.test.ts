// The simulated relay must treat its readers as a real one does; the last test has the reference
// reader of atproto follow it, signatures and lexicons checked.
import { once } from "node:events";
import { IdResolver, MemoryCache } from "@atproto/identity";
import { type Event, Firehose } from "@atproto/sync";
import { beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { garbled, noise, oversize, truncated, unknownType } from "./faults.ts";
import { createSimulatedNetwork, type SimulatedNetwork } from "./network.ts";
import { createRandom } from "./random.ts";
import { readFrame, seqOf } from "./read-frame.ts";
import { type SimulatedRelay, startSimulatedRelay } from "./relay-server.ts";

const FIRST_SEQ = 1001;
const EVENTS = 300;
const LAST_SEQ = FIRST_SEQ + EVENTS - 1;
const DOCUMENT_TTL_MS = 3_600_000;

let network: SimulatedNetwork;
let frames: Uint8Array[];

beforeAll(async () => {
  network = await createSimulatedNetwork({
    seed: 3,
    accounts: 40,
    events: EVENTS,
    durationMs: 60_000,
    firstSeq: FIRST_SEQ,
  });
  frames = [];
  for await (const { seq, bytes } of network.frames) if (seq !== null) frames.push(bytes);
});

/** A reader that keeps every frame it gets. */
async function connect(relay: SimulatedRelay, cursor?: number) {
  const query = cursor === undefined ? "" : `?cursor=${cursor}`;
  const socket = new WebSocket(`${relay.url}/xrpc/com.atproto.sync.subscribeRepos${query}`);
  const received: Buffer[] = [];
  socket.on("message", (data) => {
    if (data instanceof Buffer) received.push(data);
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "open");
  return { socket, received, closed, seqs: () => received.map(seqOf) };
}

const seqsFrom = (first: number) =>
  Array.from({ length: LAST_SEQ - first + 1 }, (_, index) => first + index);

describe("simulated relay", () => {
  it("sends every frame once, in order, byte for byte, to a reader without cursor", async () => {
    await using relay = await startSimulatedRelay({ frames, atEnd: "close" });
    const reader = await connect(relay);
    await reader.closed;
    expect(Buffer.concat(reader.received).equals(Buffer.concat(frames))).toBe(true);
    expect(relay.headSeq()).toBe(LAST_SEQ);
  });

  it("gives a late reader without cursor only what comes from now on", async () => {
    await using relay = await startSimulatedRelay({ frames, framesPast: 290 });
    const reader = await connect(relay);
    await expect.poll(() => reader.seqs()).toEqual(seqsFrom(FIRST_SEQ + 290));
  });

  it("replays from the cursor itself", async () => {
    await using relay = await startSimulatedRelay({ frames, framesPast: EVENTS });
    const reader = await connect(relay, FIRST_SEQ + 100);
    await expect.poll(() => reader.seqs()).toEqual(seqsFrom(FIRST_SEQ + 100));
  });

  it("sends the last frame again for a cursor at the head", async () => {
    await using relay = await startSimulatedRelay({ frames, framesPast: EVENTS });
    const reader = await connect(relay, LAST_SEQ);
    await expect.poll(() => reader.seqs()).toEqual([LAST_SEQ]);
  });

  it("answers a cursor one past the head with FutureCursor and closes", async () => {
    await using relay = await startSimulatedRelay({ frames, framesPast: EVENTS });
    const reader = await connect(relay, LAST_SEQ + 1);
    await reader.closed;
    expect(reader.received.map((bytes) => readFrame(bytes))).toMatchObject([
      { op: -1, type: null, body: { error: "FutureCursor" } },
    ]);
  });

  it("warns of an outdated cursor, then sends the whole window", async () => {
    const past = { framesPast: EVENTS, windowFramesMax: 50 };
    await using relay = await startSimulatedRelay({ frames, ...past });
    const oldest = LAST_SEQ - 49;
    const outdated = await connect(relay, oldest - 1);
    await expect.poll(() => outdated.seqs()).toEqual([null, ...seqsFrom(oldest)]);
    expect(readFrame(outdated.received[0] ?? Buffer.of())).toMatchObject({
      type: "#info",
      body: { name: "OutdatedCursor" },
    });
    const atOldest = await connect(relay, oldest);
    await expect.poll(() => atOldest.seqs()).toEqual(seqsFrom(oldest));
  });

  it("refuses a cursor that is no integer", async () => {
    await using relay = await startSimulatedRelay({ frames });
    const reader = await connect(relay, 1.5);
    await reader.closed;
    expect(readFrame(reader.received[0] ?? Buffer.of()).body.error).toBe("InvalidRequest");
  });

  it("drops a reader that falls too far behind", async () => {
    const padded = [...frames, ...(await Promise.all(seqsFrom(LAST_SEQ - 19).map(oversize)))];
    const pace = { eventsPerSecond: 100_000, lagFramesMax: 5 };
    await using relay = await startSimulatedRelay({ frames: padded, framesPast: 300, ...pace });
    const reader = await connect(relay);
    reader.socket.pause();
    await expect.poll(() => relay.stats().slowReadersDropped).toBe(1);
    reader.socket.resume();
    await reader.closed;
    const last = readFrame(reader.received.at(-1) ?? Buffer.of());
    expect(last.body.error).toBe("ConsumerTooSlow");
  });

  it("keeps a reader that is no further behind than allowed", async () => {
    const large = await Promise.all(seqsFrom(LAST_SEQ - 9).map(oversize));
    const pace = { eventsPerSecond: 100_000, lagFramesMax: large.length };
    await using relay = await startSimulatedRelay({ frames: large, ...pace });
    const reader = await connect(relay);
    reader.socket.pause();
    await expect.poll(() => relay.headSeq()).toBe(LAST_SEQ);
    reader.socket.resume();
    await expect.poll(() => reader.received.length).toBe(large.length);
    expect(relay.stats().slowReadersDropped).toBe(0);
  });

  it("cuts connections on demand, and the reader goes on from its cursor", async () => {
    await using relay = await startSimulatedRelay({ frames });
    relay.disconnectAfter(120);
    const first = await connect(relay);
    await first.closed;
    expect(first.seqs()).toEqual(seqsFrom(FIRST_SEQ).slice(0, 120));
    relay.disconnectAfter(null);
    const second = await connect(relay, FIRST_SEQ + 120);
    await expect.poll(() => second.seqs()).toEqual(seqsFrom(FIRST_SEQ + 120));
    relay.disconnectAll();
    await second.closed;
    expect(relay.stats()).toMatchObject({ connectionsTotal: 2, framesSent: EVENTS });
  });

  it("sends an error frame on demand and closes", async () => {
    await using relay = await startSimulatedRelay({ frames, framesPast: EVENTS });
    const reader = await connect(relay);
    await expect.poll(() => relay.stats().connected).toBe(1);
    await relay.failAll("InternalServerError", "made to fail");
    await reader.closed;
    expect(readFrame(reader.received[0] ?? Buffer.of()).op).toBe(-1);
  });

  it("sends corrupt, oversize and unknown frames as they are, on the tape or off it", async () => {
    const random = createRandom(1, "faults");
    const victim = frames[5] ?? Buffer.of();
    const broken = [noise(random, 64), truncated(victim), garbled(victim, random)];
    const faults = [...broken, await unknownType(7)];
    const tape = [...frames.slice(0, 3), ...faults, ...frames.slice(3, 6)];
    await using relay = await startSimulatedRelay({ frames: tape });
    const reader = await connect(relay);
    await expect.poll(() => reader.received.length).toBe(tape.length);
    expect(Buffer.concat(reader.received).equals(Buffer.concat(tape))).toBe(true);
    const large = await oversize(LAST_SEQ + 1);
    relay.sendAll(large);
    await expect.poll(() => reader.received.at(-1)?.length).toBe(large.length);
  });

  it("holds the tape while paused and keeps to its rate", async () => {
    await using relay = await startSimulatedRelay({ frames, eventsPerSecond: 1000 });
    relay.pause();
    const reader = await connect(relay);
    relay.sendAll(frames[0] ?? Buffer.of());
    await expect.poll(() => reader.received.length).toBe(1);
    expect(relay.headSeq()).toBe(0);
    const startMs = performance.now();
    relay.play();
    await expect.poll(() => reader.received.length).toBe(EVENTS + 1);
    expect(performance.now() - startMs).toBeGreaterThan((EVENTS / 1000) * 1000 * 0.9);
  });

  it("refuses connections while told to", async () => {
    await using relay = await startSimulatedRelay({ frames });
    relay.refuse(true);
    await expect(connect(relay)).rejects.toThrow("503");
    relay.refuse(false);
    const reader = await connect(relay);
    await expect.poll(() => reader.received.length).toBe(EVENTS);
  });

  it("satisfies the reference reader, which checks signatures and lexicons", async () => {
    const didCache = new MemoryCache(DOCUMENT_TTL_MS, DOCUMENT_TTL_MS);
    for (const document of network.didDocuments()) await didCache.cacheDid(document.id, document);
    await using relay = await startSimulatedRelay({ frames });
    const events: Event[] = [];
    const errors: Error[] = [];
    const firehose = new Firehose({
      service: relay.url,
      idResolver: new IdResolver({ didCache }),
      unauthenticatedHandles: true,
      handleEvent: (event) => void events.push(event),
      onError: (error) => void errors.push(error),
    });
    const finished = firehose.start();
    await expect.poll(() => events.at(-1)?.seq).toBe(LAST_SEQ);
    await firehose.destroy();
    await finished;
    expect(errors).toEqual([]);
    expect(new Set(events.map(({ seq }) => seq)).size).toBe(EVENTS);
  });
});
