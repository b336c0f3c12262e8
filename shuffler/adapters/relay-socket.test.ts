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

  it("gives nothing when it was aborted before", async () => {
    const url = await listen(true);
    const frames = relayFrames(url, options(AbortSignal.abort()));
    expect((await frames.next()).done).toBe(true);
  });
});
