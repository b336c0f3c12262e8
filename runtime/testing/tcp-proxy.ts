// A TCP proxy in this process that a test makes fail: it loses what goes one way, lets nothing through
// (a network partition), turns everybody away, or breaks connections.

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

const HOST = "127.0.0.1";

/** What a client sends, or what the server answers. */
export type Direction = "requests" | "answers";

/**
 * How the proxy behaves. `stalls`: connections stay open, new ones are accepted, and nothing passes until it
 * does again, as when packets are dropped and sent again. `refuses`: every connection is broken at once.
 */
type Mode =
  | { readonly kind: "passes" }
  | { readonly kind: "loses"; readonly what: Direction }
  | { readonly kind: "stalls" }
  | { readonly kind: "refuses" };

type Pair = { readonly client: Socket; readonly server: Socket };

/** Starts a proxy on loopback in front of `targetPort`, which need not listen yet. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(targetPort);
  await proxy.listen();
  return proxy;
}

export class TcpProxy implements AsyncDisposable {
  readonly #targetPort: number;
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  #mode: Mode = { kind: "passes" };
  #lostBytes = 0;

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = createServer((client) => this.#accept(client));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#listener.listen(0, HOST, resolve));
  }

  get port(): number {
    // A TCP server's address is an object; a string only for a pipe.
    return (this.#listener.address() as AddressInfo).port;
  }

  /** As NATS clients take it. */
  get url(): string {
    return `nats://${HOST}:${this.port}`;
  }

  /** What `lose` has lost so far. */
  get lostBytes(): number {
    return this.#lostBytes;
  }

  /** From now on loses what goes one way, until `heal` or `cut`. */
  lose(what: Direction): void {
    this.#set({ kind: "loses", what });
  }

  /** From now on lets nothing through, either way, and keeps connections open, until `heal` or `cut`. */
  stall(): void {
    this.#set({ kind: "stalls" });
  }

  /** Breaks every connection, now and later, until `heal` or `cut`. */
  refuse(): void {
    this.#set({ kind: "refuses" });
    this.#breakAll();
  }

  /** Everything passes again; what was stalled arrives late. */
  heal(): void {
    this.#set({ kind: "passes" });
  }

  /** Breaks every connection; those made afterwards work. */
  cut(): void {
    this.#set({ kind: "passes" });
    this.#breakAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#listener.close(() => resolve()));
  }

  #set(mode: Mode): void {
    this.#mode = mode;
    for (const pair of this.#pairs) this.#apply(pair);
  }

  #apply({ client, server }: Pair): void {
    for (const socket of [client, server]) {
      if (this.#mode.kind === "stalls") socket.pause();
      else socket.resume();
    }
  }

  #breakAll(): void {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  #accept(client: Socket): void {
    if (this.#mode.kind === "refuses") {
      client.destroy();
      return;
    }
    const server = connect(this.#targetPort, HOST);
    const pair = { client, server };
    this.#pairs.add(pair);
    const close = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true).on("close", close).on("error", close);
    }
    client.on("data", (data) => this.#pass(data, pair, "requests"));
    server.on("data", (data) => this.#pass(data, pair, "answers"));
    this.#apply(pair);
  }

  /** Holds the sender up while the receiver is slow. */
  #pass(data: Buffer, pair: Pair, what: Direction): void {
    if (this.#mode.kind === "loses" && this.#mode.what === what) {
      this.#lostBytes += data.length;
      return;
    }
    const [from, to] =
      what === "requests" ? [pair.client, pair.server] : [pair.server, pair.client];
    if (to.write(data)) return;
    from.pause();
    to.once("drain", () => {
      if (this.#mode.kind !== "stalls") from.resume();
    });
  }
}
