// A TCP proxy that can lose what goes one way and then break the connection, so that a test decides
// whether a request or its answer is lost.

import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type FaultyLink = AsyncDisposable & {
  readonly url: string;
  /** From now on loses what the client sends, or what the server answers. */
  lose(what: "requests" | "answers"): void;
  /** How much was lost so far. */
  lostBytes(): number;
  /** Breaks every connection; those made afterwards work. */
  cut(): void;
};

export async function faultyLink(serverUrl: string): Promise<FaultyLink> {
  const sockets = new Set<Socket>();
  let lostBytes = 0;
  let losing: "requests" | "answers" | null = null;
  const proxy = createServer((client) => {
    const server = connect(Number(new URL(serverUrl).port), "127.0.0.1");
    const ends = [client, server];
    const close = () => {
      for (const socket of ends) socket.destroy();
    };
    for (const socket of ends) sockets.add(socket.on("close", close).on("error", close));
    const pass = (data: Buffer, to: Socket, what: "requests" | "answers") => {
      if (losing === what) lostBytes += data.length;
      else to.write(data);
    };
    client.on("data", (data) => pass(data, server, "requests"));
    server.on("data", (data) => pass(data, client, "answers"));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  // A TCP server's address is an object; a string only for a pipe.
  const { port } = proxy.address() as AddressInfo;
  const cut = () => {
    losing = null;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    lose: (what) => {
      losing = what;
    },
    lostBytes: () => lostBytes,
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise<void>((resolve) => proxy.close(() => resolve()));
    },
  };
}
