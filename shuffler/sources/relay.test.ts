import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleepFor } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { QUEUE_FRAMES_MAX } from "../adapters/relay-socket.ts";
import { decodeFrame } from "../decode/frame.ts";
import { FRAME_BYTES_MAX, MESSAGE_BYTES_MAX } from "../decode/limits.ts";
import type { Clock } from "../ports.ts";
import { SleepingClock } from "../testing/clock.ts";
import { errorFrame, frameOf, identityFrame } from "../testing/frames.ts";
import { openSource } from "./open.ts";
import { MEDIAN_EVENTS } from "./recent-times.ts";
import {
  FAILOVER_FAILURES,
  openRelay,
  RECONNECT_MS_MAX,
  type RelayOptions,
  reconnectMs,
  relayUrl,
} from "./relay.ts";
import { RESUME_OVERLAP_SEQS, SEEK_OVERLAP_MS } from "./relay-host.ts";
import { SEEK_SEQS, SEEK_WAIT_MS } from "./relay-seek.ts";
import { newRelayStats, type RelayStats } from "./relay-stats.ts";
import { SourceError, type SourceItem, type SourceNotice } from "./source.ts";

type Connection = { socket: WebSocket; request: IncomingMessage };

let server: WebSocketServer;
let controller: AbortController;
/** What the relay does with its n-th connection. */
let onConnection: (connection: Connection, count: number) => void;
let requests: IncomingMessage[];
let notices: SourceNotice[];
let clock: SleepingClock;
let stats: RelayStats;

beforeEach(async () => {
  controller = new AbortController();
  requests = [];
  notices = [];
  clock = new SleepingClock();
  onConnection = () => {};
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket, request) => {
    requests.push(request);
    onConnection({ socket, request }, requests.length);
  });
  await new Promise((resolve) => server.once("listening", resolve));
});

afterEach(async () => {
  controller.abort();
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function address(): string {
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return `ws://127.0.0.1:${port}`;
}

function options(position: number | null = null): RelayOptions {
  stats = newRelayStats();
  const place = position === null ? null : { position, numbering: 0, savedAtMs: 0 };
  return {
    places: { load: async () => place, storedTimeMs: async () => null },
    signal: controller.signal,
    clock,
    random: () => 0.5,
    userAgent: "fpaas/1.2.3 (test)",
    stats,
    onNotice: (notice) => notices.push(notice),
  };
}

function source(after: number | null = null) {
  const { signal } = controller;
  return openRelay([address()], { ...options(after), signal });
}

function frame(seq: number): Uint8Array {
  return identityFrame({ seq });
}

/** Reads until `count` items came, then aborts. */
async function read(count: number, after: number | null = null): Promise<SourceItem[]> {
  const items: SourceItem[] = [];
  for await (const batch of source(after).batches()) {
    items.push(...batch);
    if (items.length >= count) controller.abort();
  }
  return items;
}

describe("openRelay", () => {
  it("subscribes at the standard path, says who it is, and gives frames with their seqs", async () => {
    onConnection = ({ socket }) => {
      for (const seq of [5, 6]) socket.send(frame(seq));
    };
    const items = await read(2);
    expect(items.map((item) => item.position)).toEqual([5, 6]);
    expect(decodeFrame(items[1]?.raw ?? new Uint8Array())).toMatchObject({ seq: 6 });
    expect(requests[0]?.url).toBe("/xrpc/com.atproto.sync.subscribeRepos");
    expect(requests[0]?.headers["user-agent"]).toContain("fpaas");
    expect(notices[0]).toMatchObject({ kind: "connected" });
  });

  it("asks for what comes behind the saved position, with an overlap", async () => {
    onConnection = ({ socket }) => socket.send(frame(5001));
    await read(1, 5000);
    const cursor = 5000 - RESUME_OVERLAP_SEQS;
    expect(requests[0]?.url).toBe(`/xrpc/com.atproto.sync.subscribeRepos?cursor=${cursor}`);
  });

  it("connects again behind the last frame when the relay closes", async () => {
    onConnection = ({ socket }, count) => {
      socket.send(frame(count * 10));
      socket.close(1001);
    };
    const items = await read(3);
    expect(items.map((item) => item.position)).toEqual([10, 20, 30]);
    expect(requests.map((request) => request.url?.split("cursor=")[1])).toEqual([
      undefined,
      "10",
      "20",
    ]);
    expect(notices.filter((notice) => notice.kind === "disconnected").length).toBe(2);
    expect(clock.sleeps).toEqual([500, 500]);
  });

  it("waits longer from failure to failure as long as no event comes", async () => {
    onConnection = ({ socket }, count) => {
      socket.send(count < 4 ? errorFrame("NotNow", "not yet") : frame(1));
      if (count < 4) socket.close();
    };
    await read(4);
    expect(clock.sleeps).toEqual([500, 1000, 2000]);
    expect(notices).toContainEqual({
      kind: "relay-error",
      name: "NotNow",
      message: "not yet",
    });
  });

  it("reports info messages and gives them the position of the frame before", async () => {
    onConnection = ({ socket }) => {
      socket.send(frame(9));
      socket.send(frameOf("#info", { name: "OutdatedCursor" }));
    };
    const items = await read(2);
    expect(items.map((item) => item.position)).toEqual([9, 9]);
    expect(notices).toContainEqual({ kind: "relay-info", name: "OutdatedCursor", message: "" });
  });

  it("hands on a frame over the limit to be refused, and goes on", async () => {
    const pad = new Uint8Array(FRAME_BYTES_MAX);
    onConnection = ({ socket }) => {
      socket.send(identityFrame({ seq: 1, pad }));
      socket.send(frame(2));
    };
    const items = await read(2);
    expect(decodeFrame(items[0]?.raw ?? new Uint8Array())).toMatchObject({
      reason: "oversize_frame",
    });
    expect(items.map((item) => item.position)).toEqual([0, 2]);
  });

  it("takes the largest message and closes on one byte more", async () => {
    onConnection = ({ socket }, count) => {
      socket.send(new Uint8Array(count === 1 ? MESSAGE_BYTES_MAX + 1 : MESSAGE_BYTES_MAX));
    };
    const items = await read(1);
    expect(items[0]?.raw).toHaveLength(MESSAGE_BYTES_MAX);
    expect(notices.filter((notice) => notice.kind === "disconnected")).toHaveLength(1);
  });

  it("holds the relay back while the reader is slow, and loses nothing", async () => {
    const total = QUEUE_FRAMES_MAX * 4;
    const pad = new Uint8Array(10_000); // So that it is more than the system's own buffers hold as well.
    const closed = Promise.withResolvers<WebSocket>();
    onConnection = ({ socket }) => {
      for (let seq = 1; seq <= total; seq += 1) socket.send(identityFrame({ seq, pad }));
      closed.resolve(socket);
    };
    const batches = source().batches()[Symbol.asyncIterator]();
    const items = [...((await batches.next()).value ?? [])];
    const socket = await closed.promise;
    // Nobody reads: what is not in our bounded queue stays at the relay.
    let before = -1;
    await expect
      .poll(() => {
        const isSteady = socket.bufferedAmount === before;
        before = socket.bufferedAmount;
        return isSteady;
      })
      .toBe(true);
    expect(socket.bufferedAmount).toBeGreaterThan(total * 2000);
    while (items.length < total) items.push(...((await batches.next()).value ?? []));
    expect(items.map((item) => item.position)).toEqual(
      Array.from({ length: total }, (_, i) => i + 1),
    );
  });

  it("ends at once when aborted, also while nothing comes and while it cannot connect", async () => {
    const reading = read(1);
    await expect.poll(() => requests.length).toBe(1);
    controller.abort();
    expect(await reading).toEqual([]);
    expect(notices.filter((notice) => notice.kind === "disconnected")).toEqual([]);
  });

  it("goes on trying when there is no relay", async () => {
    const { signal } = controller;
    const onNotice = (notice: SourceNotice) => {
      notices.push(notice);
      if (notices.length === 3) controller.abort();
    };
    const over = { ...options(), signal, random: () => 1, onNotice };
    for await (const _ of openRelay(["ws://127.0.0.1:1"], over).batches()) expect.unreachable();
    expect(clock.sleeps).toEqual([1000, 2000]);
    expect(notices[0]).toMatchObject({ kind: "disconnected" });
  });
});

describe("openRelay, order", () => {
  it("leaves out what an earlier connection gave, and refuses a seq that does not grow on one", async () => {
    onConnection = ({ socket }, count) => {
      const seqs = count === 1 ? [10, 20] : [20, 30, 30, 25, 40];
      for (const seq of seqs) socket.send(frame(seq));
      if (count === 1) socket.close();
    };
    const items = await read(6);
    expect(items.map(({ position }) => position)).toEqual([10, 20, 30, 30, 30, 40]);
    const refused = items.filter(({ kind }) => kind === "message");
    expect(refused).toMatchObject([
      { message: { reason: "seq_order" } },
      { message: { reason: "seq_order" } },
    ]);
    expect(items.map(({ session }) => session?.number)).toEqual([1, 1, 2, 2, 2, 2]);
    expect(stats).toMatchObject({ repeated: 1, outOfOrder: 2, connections: 2 });
  });
});

describe("openRelay, failover", () => {
  it("asks the next relay after some failures in a row, and goes on there by time", async () => {
    const cursors: (string | null)[] = [];
    onConnection = ({ socket, request }) => {
      const cursor = new URL(request.url ?? "", "ws://x").searchParams.get("cursor");
      cursors.push(cursor);
      // Its head is 100 000; seq n is of second n. With a cursor it begins there.
      const seq = cursor === null ? 100_000 : Number(cursor);
      socket.send(identityFrame({ seq, time: new Date(seq * 1000).toISOString() }));
    };
    const { places } = options();
    const known = { ...places, storedTimeMs: async () => 80_000_000 };
    const over = { ...options(), places: known, clock: systemLikeClock() };
    const relays = ["ws://127.0.0.1:1", address()];
    const items: SourceItem[] = [];
    for await (const batch of openRelay(relays, over).batches()) {
      items.push(...batch);
      controller.abort();
    }
    const sought = 80_000 - SEEK_OVERLAP_MS / 1000;
    expect(items[0]?.position).toBeLessThanOrEqual(sought);
    expect(items[0]?.position).toBeGreaterThan(sought - SEEK_SEQS - 1);
    expect(cursors.length).toBeLessThan(15);
    expect(notices.map(({ kind }) => kind)).toEqual([
      ...Array(FAILOVER_FAILURES).fill("disconnected"),
      "failover",
      "resumed-by-time",
      "connected",
    ]);
    expect(stats).toMatchObject({ failovers: 1, soughtByTime: 1 });
  });
});

describe("openRelay, wrong times", () => {
  const YEARS_MS = 9.46e10;
  /** Seq n is of second n, but for every third that begins with the first. */
  function frameOfSecond(seq: number, first: number): Uint8Array {
    const wrongMs = (seq - first) % 3 === 0 ? (seq % 2 === 0 ? YEARS_MS : -YEARS_MS) : 0;
    return identityFrame({ seq, time: new Date(1e12 + seq * 1000 + wrongMs).toISOString() });
  }

  /** Sends what a cursor asks for, of 100 000 frames. */
  function serve({ socket, request }: Connection): void {
    const cursor = new URL(request.url ?? "", "ws://x").searchParams.get("cursor");
    const first = cursor === null ? 100_000 : Number(cursor) + 1;
    const last = Math.min(100_000, first + 40);
    for (let seq = first; seq <= last; seq += 1) socket.send(frameOfSecond(seq, first));
  }

  it("finds a time though a third of the events have a wrong one, the first of every answer too", async () => {
    onConnection = serve;
    const { places } = options();
    const known = { ...places, storedTimeMs: async () => 1e12 + 80_000_000 };
    const over = { ...options(), places: known, clock: systemLikeClock() };
    const items: SourceItem[] = [];
    for await (const batch of openRelay([address()], over).batches()) {
      items.push(...batch);
      controller.abort();
    }
    const sought = 80_000 - SEEK_OVERLAP_MS / 1000;
    expect(items[0]?.position).toBeLessThanOrEqual(sought + 1);
    expect(items[0]?.position).toBeGreaterThan(sought - SEEK_SEQS - MEDIAN_EVENTS);
  });

  it("goes on at another relay where most of the last events were, not where the very last was", async () => {
    await using first = await oneTimeRelay(
      Array.from({ length: 41 }, (_, i) => frameOfSecond(80_000 + i, 80_040 - 39)),
    );
    onConnection = serve;
    const over = { ...options(), clock: systemLikeClock() };
    let found: SourceItem | undefined;
    for await (const batch of openRelay([first.url, address()], over).batches()) {
      found = batch.find(({ session }) => session?.host === new URL(address()).host);
      if (found !== undefined) controller.abort();
    }
    const last = 80_040 - SEEK_OVERLAP_MS / 1000;
    expect(found?.position).toBeLessThanOrEqual(last);
    expect(found?.position).toBeGreaterThan(last - SEEK_SEQS - 2 * MEDIAN_EVENTS);
  });

  /** Serves its frames to the first connection, closes, and takes no more. */
  async function oneTimeRelay(frames: readonly Uint8Array[]) {
    const relay = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    relay.on("connection", (socket) => {
      for (const one of frames) socket.send(one);
      socket.close();
      relay.close();
    });
    await new Promise((resolve) => relay.once("listening", resolve));
    const { port } = relay.address() as AddressInfo; // a TCP server has one
    return { url: `ws://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => relay.close() };
  }
});

describe("openRelay, cursors", () => {
  it("reports a cursor that is too old once, with what is missing, and goes on", async () => {
    onConnection = ({ socket }) => {
      socket.send(frameOf("#info", { name: "OutdatedCursor" }));
      for (const seq of [9000, 9001]) socket.send(frame(seq));
    };
    await read(3, 5000);
    expect(notices.filter(({ kind }) => kind === "cursor-outdated")).toMatchObject([
      { position: 5000, firstSeq: 9000 },
    ]);
    expect(stats.outdatedCursors).toBe(1);
  });

  it("does not cry loss when only the overlap is too old", async () => {
    onConnection = ({ socket }) => {
      socket.send(frameOf("#info", { name: "OutdatedCursor" }));
      for (const seq of [4500, 5001]) socket.send(frame(seq));
    };
    await read(3, 5000);
    expect(stats.outdatedCursors).toBe(0);
  });

  it("goes on at the oldest there is, under a new numbering, when a cursor is in the future and no time is known", async () => {
    onConnection = ({ socket, request }) => {
      if (request.url?.endsWith("cursor=0")) socket.send(frame(3));
      else {
        socket.send(errorFrame("FutureCursor", "Cursor in the future."));
        socket.close();
      }
    };
    const items = await read(2, 5000);
    expect(items[1]).toMatchObject({ position: 3, session: { numbering: 1 } });
    expect(notices.filter(({ kind }) => kind === "cursor-future")).toHaveLength(1);
    expect(stats.futureCursors).toBe(1);
  });

  it("sees by itself that a relay counts anew which sends its present for a cursor in the future", async () => {
    onConnection = ({ socket, request }) => {
      const cursor = new URL(request.url ?? "", "ws://x").searchParams.get("cursor");
      const first = cursor === "0" ? 1 : 7;
      for (let seq = first; seq < first + 3; seq += 1) socket.send(frame(seq));
    };
    const items = await read(3, 5000);
    expect(items.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(items[0]).toMatchObject({ session: { numbering: 1 } });
    expect(notices).toMatchObject([
      { kind: "connected" },
      { kind: "cursor-future", position: 5000 - RESUME_OVERLAP_SEQS },
      { kind: "disconnected", reason: "seq 7 is below our cursor" },
      { kind: "connected" },
    ]);
    expect(stats).toMatchObject({ futureCursors: 1, repeated: 0 });
  });

  it("takes over the numbering that another shuffler has found", async () => {
    let saved = { position: 5000, numbering: 0, savedAtMs: 0 };
    onConnection = ({ socket }, count) => {
      if (count > 1) return socket.send(frame(7));
      socket.send(errorFrame("FutureCursor", "Cursor in the future."));
      saved = { position: 6, numbering: 4, savedAtMs: 0 };
      return socket.close();
    };
    const { places } = options();
    const over = { ...options(), places: { ...places, load: async () => saved } };
    const items: SourceItem[] = [];
    for await (const batch of openRelay([address()], over).batches()) {
      items.push(...batch);
      if (items.length > 1) controller.abort();
    }
    expect(items[1]).toMatchObject({ position: 7, session: { numbering: 4 } });
  });
});

/** Sleeps really, but not for long. */
function systemLikeClock(): Clock {
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    sleepFor(Math.min(ms, ms < SEEK_WAIT_MS ? 5 : ms), undefined, { signal }).catch(() => {});
  return { now: () => 1e12, sleep };
}

describe("relayUrl", () => {
  it("adds the subscription's path only where there is none", () => {
    expect(relayUrl("wss://bsky.network").href).toBe(
      "wss://bsky.network/xrpc/com.atproto.sync.subscribeRepos",
    );
    expect(relayUrl("ws://localhost:1/other?x=1").href).toBe("ws://localhost:1/other?x=1");
    expect(() => relayUrl("wss://")).toThrow(SourceError);
  });
});

describe("reconnectMs", () => {
  it("doubles its bound up to the limit, with full jitter", () => {
    expect([0, 1, 2].map((failures) => reconnectMs(failures, 1))).toEqual([1000, 2000, 4000]);
    expect(reconnectMs(1000, 1)).toBe(RECONNECT_MS_MAX);
    expect(reconnectMs(3, 0)).toBe(0);
  });
});

describe("openSource", () => {
  it("says what it accepts of anything else, and names a missing file", () => {
    const over = { ...options(), after: null };
    expect(() => openSource(["events.txt"], over)).toThrow(/accepted: x\.frames .*\.zst.*wss:/);
    expect(() => openSource(["gone.frames.zst"], over)).toThrow(/there is no file gone/);
    expect(() => openSource(["gone.jsonl.gz"], over)).toThrow(SourceError);
    expect(() => openSource(["gone.car"], over)).toThrow(SourceError);
    expect(openSource([address()], over)).toMatchObject({ live: true });
  });
});
