import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { RelayDisconnected, relayFrames } from "./relay-socket.ts";

let server: WebSocketServer;
const SILENCE_MS = 100;

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

async function listen(autoPong: boolean): Promise<string> {
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", autoPong });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has one
  return `ws://127.0.0.1:${port}`;
}

function options(signal = new AbortController().signal) {
  return { signal, onOpen: () => {}, userAgent: "test", silenceMsMax: SILENCE_MS };
}

describe("relayFrames", () => {
  it("ends a connection that neither sends nor answers pings", async () => {
    const url = await listen(false);
    const frames = relayFrames(url, options());
    await expect(frames.next()).rejects.toThrow(RelayDisconnected);
  });

  it("keeps a quiet one that answers, however long", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const emitted = vi.spyOn(WebSocket.prototype, "emit");
    const pongs = (): number => emitted.mock.calls.filter(([name]) => name === "pong").length;
    const url = await listen(true);
    const opened = Promise.withResolvers<void>();
    const frames = relayFrames(url, { ...options(), onOpen: opened.resolve });
    const first = frames.next();
    await opened.promise;
    for (let i = 1; i <= 10; i += 1) {
      vi.advanceTimersByTime(SILENCE_MS / 2);
      // Not `expect.poll`: it moves a clock that is not real.
      while (pongs() < i) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const client of server.clients) client.send(Uint8Array.of(1));
    expect((await first).value).toHaveLength(1);
    await frames.return(undefined);
  });

  it("says up to when all is here once the relay has answered that there is no more", async () => {
    const url = await listen(true);
    const told: (number | null)[] = [];
    const frames = relayFrames(url, {
      ...options(),
      silenceMsMax: 60_000,
      onQuiet: (ms) => told.push(ms),
    });
    const first = frames.next();
    await expect.poll(() => server.clients.size).toBe(1);
    const send = (): void => {
      for (const client of server.clients) client.send(Uint8Array.of(1));
    };
    send();
    await first;
    const readAtMs = Date.now();
    expect(told).toEqual([null]);
    const second = frames.next();
    await expect.poll(() => told.length).toBeGreaterThan(2);
    expect(told[1]).toBeGreaterThanOrEqual(readAtMs);
    expect(told[2]).toBeGreaterThan(told[1] ?? 0);
    send();
    await second;
    expect(told.at(-1)).toBeNull();
    await frames.return(undefined);
    expect(told.at(-1)).toBeNull();
  });

  it("does not say so of a relay that does not answer, or answers what was asked before it sent something", async () => {
    const told: (number | null)[] = [];
    const dumb = relayFrames(await listen(false), {
      ...options(),
      silenceMsMax: 60_000,
      onQuiet: (ms) => told.push(ms),
    });
    const first = dumb.next();
    const pings: unknown[] = [];
    await expect.poll(() => server.clients.size).toBe(1);
    for (const client of server.clients) client.on("ping", (data) => pings.push(data));
    await expect.poll(() => pings.length).toBe(1);
    for (const client of server.clients) {
      client.send(Uint8Array.of(1));
      client.pong("1"); // Of a question that was asked before it sent something.
    }
    await first;
    expect(told.filter((ms) => ms !== null)).toEqual([]);
    await dumb.return(undefined);
  });

  it("gives nothing when it was aborted before", async () => {
    const url = await listen(true);
    const frames = relayFrames(url, options(AbortSignal.abort()));
    expect((await frames.next()).done).toBe(true);
  });
});
