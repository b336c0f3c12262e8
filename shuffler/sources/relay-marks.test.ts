// What moves the place that we have come to at a relay, what does not, and how a wrong one is found.

import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { systemClock } from "../../runtime/adapters/system-clock.ts";
import type { Place } from "../ports.ts";
import { commitFrame, create, frameOf, identityFrame } from "../testing/frames.ts";
import { openRelay } from "./relay.ts";
import { DISBELIEVED_SEQS_MAX } from "./relay-host.ts";
import { newRelayStats, type RelayStats } from "./relay-stats.ts";
import { LEFT_OUT_FRAMES_MAX, SEQ_MAX } from "./seq-mark.ts";
import type { SourceItem, SourceNotice } from "./source.ts";

let server: WebSocketServer;
let controller: AbortController;
/** Frames by seq, as the relay keeps them; what has none stands behind the one before. */
let tape: { readonly seq: number; readonly bytes: Uint8Array }[];
/** Whether it answers a cursor above its head by silence. */
let cursors: (number | null)[];
let notices: SourceNotice[];
let stats: RelayStats;

beforeEach(async () => {
  controller = new AbortController();
  [tape, cursors, notices] = [[], [], []];
  stats = newRelayStats();
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", serve);
  await new Promise((resolve) => server.once("listening", resolve));
});

afterEach(async () => {
  controller.abort();
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** All behind the cursor, without one the last frame. */
function serve(socket: WebSocket, request: IncomingMessage): void {
  const given = new URL(request.url ?? "", "ws://x").searchParams.get("cursor");
  const cursor = given === null ? null : Number(given);
  cursors.push(cursor);
  const wanted = cursor === null ? tape.slice(-1) : tape.filter(({ seq }) => seq > cursor);
  for (const { bytes } of wanted) socket.send(bytes);
}

function put(...seqs: number[]): void {
  for (const seq of seqs) tape.push({ seq, bytes: identityFrame({ seq }) });
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Reads until an item of that position has come. */
async function readTo(position: number, place: Place | null): Promise<SourceItem[]> {
  const { port } = server.address() as AddressInfo; // a TCP server has one
  const items: SourceItem[] = [];
  const source = openRelay([`ws://127.0.0.1:${port}`], {
    places: { load: async () => place, storedTimeMs: async () => null },
    signal: controller.signal,
    clock: systemClock,
    random: () => 0,
    userAgent: "test",
    stats,
    onNotice: (notice) => notices.push(notice),
  });
  for await (const batch of source.batches()) {
    items.push(...batch);
    if (items.some((item) => item.position === position)) controller.abort();
  }
  return items;
}

const START: Place = { position: 0, numbering: 0, savedAtMs: 0 };
const kinds = () => notices.map(({ kind }) => kind);

describe("a relay's frame that is not understood", () => {
  it("is handed on to be refused, and moves nothing", async () => {
    const unknown = (seq: number) => ({ seq: 100, bytes: frameOf("#labels", { seq }) });
    const broken = commitFrame([create("a")], { seq: 2 ** 47, blocks: new Uint8Array(3) });
    put(...range(1, 100));
    tape.push(unknown(2 ** 53 - 1), unknown(101), { seq: 100, bytes: broken });
    put(...range(101, 200));
    const items = await readTo(200, START);
    expect(items.map(({ position }) => position)).toEqual([
      ...range(1, 100),
      100,
      100,
      100,
      ...range(101, 200),
    ]);
    expect(items.every(({ kind }) => kind === "frame")).toBe(true);
    expect(stats).toMatchObject({ outOfOrder: 0, sequenceGaps: 0, unproven: 3, wrongMarks: 0 });
  });

  it("fills its number: nothing is missing there", async () => {
    put(1, 2);
    tape.push({ seq: 2, bytes: frameOf("#labels", { seq: 3 }) });
    put(4, 5);
    await readTo(5, START);
    expect(stats.sequenceGaps).toBe(0);
  });
});

describe("a relay's number that is not of its numbering", () => {
  it("is found by the frames behind it, which come again from the last good place", async () => {
    put(...range(1, 50), 40_000, ...range(51, 100));
    tape = tape.map((one) => (one.seq === 40_000 ? { ...one, seq: 50 } : one));
    const items = await readTo(100, START);
    const published = items.flatMap(({ kind, position }) => (kind === "frame" ? [position] : []));
    expect(new Set(published)).toEqual(new Set([...range(1, 100), 40_000]));
    expect(published.slice(-50)).toEqual(range(51, 100));
    expect(stats).toMatchObject({ outOfOrder: LEFT_OUT_FRAMES_MAX - 1, wrongMarks: 1 });
    expect(stats).toMatchObject({ sequenceGaps: 0, missedMax: 0 });
    expect(cursors).toEqual([0, 50]);
    expect(items.at(-1)?.session?.numbering).toBe(1);
    expect(notices).toContainEqual(
      expect.objectContaining({ kind: "mark-wrong", seq: 40_000, position: 50 }),
    );
  });

  it("is found though the relay says it at every connection, and others besides", async () => {
    put(...range(1, 50));
    const lies = [40_000, 50_000, 60_000];
    for (const seq of lies) tape.push({ seq: 1000, bytes: identityFrame({ seq }) });
    put(...range(51, 100));
    await readTo(100, START);
    expect(stats.wrongMarks).toBeGreaterThan(0);
    expect(stats.wrongMarks).toBeLessThanOrEqual(lies.length);
    expect(DISBELIEVED_SEQS_MAX).toBe(1000);
  });
});

describe("a saved cursor that is in the future", () => {
  it("is found where the relay says nothing to it", async () => {
    put(...range(1, 30));
    const items = await readTo(30, { position: 90_000, numbering: 0, savedAtMs: Date.now() });
    expect(items.map(({ position }) => position)).toEqual(range(1, 30));
    expect(items[0]?.session?.numbering).toBe(1);
    expect(stats.futureCursors).toBe(1);
    expect(cursors).toEqual([88_000, null, 0]);
    expect(kinds()).toContain("cursor-future");
  });

  it("is found without asking where no relay counts so far", async () => {
    put(...range(1, 30));
    const items = await readTo(30, { position: SEQ_MAX + 1, numbering: 3, savedAtMs: Date.now() });
    expect(items.map(({ position }) => position)).toEqual(range(1, 30));
    expect(items[0]?.session?.numbering).toBe(4);
    expect(cursors).toEqual([0]);
    expect(notices).toContainEqual(
      expect.objectContaining({ kind: "cursor-future", position: SEQ_MAX + 1 }),
    );
  });

  it("is believed where it can be: at the limit", async () => {
    put(SEQ_MAX);
    await readTo(SEQ_MAX, { position: SEQ_MAX - 1, numbering: 0, savedAtMs: Date.now() });
    expect(cursors).toEqual([SEQ_MAX - 1 - 2000]);
    expect(stats.futureCursors).toBe(0);
  });
});

describe("numbers that a relay leaves out", () => {
  it("are counted, and said once", async () => {
    put(1, 2, 5, 6, 16);
    await readTo(16, START);
    expect(stats).toMatchObject({ sequenceGaps: 2, missedMax: 11 });
    expect(notices.filter(({ kind }) => kind === "sequence-gap")).toMatchObject([
      { seq: 5, missedMax: 2 },
    ]);
  });

  it("are counted behind the cursor of a new connection too, but not those that were had", async () => {
    put(2500, 2501, 5003);
    await readTo(5003, { position: 5000, numbering: 0, savedAtMs: Date.now() });
    expect(stats).toMatchObject({ sequenceGaps: 1, missedMax: 2 });
  });

  it("are none where a relay does not count further than it is asked", async () => {
    put(5000, 5001);
    await readTo(5001, { position: 5000, numbering: 0, savedAtMs: Date.now() });
    expect(stats.sequenceGaps).toBe(0);
  });
});
