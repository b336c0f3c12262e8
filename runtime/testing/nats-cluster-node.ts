// One node of a cluster for tests: its server process, and the proxies around it.

import { type NatsServer, startNatsServer } from "../adapters/nats-server.ts";
import type { TcpProxy } from "./tcp-proxy.ts";

/** What a node is made of. */
export type NodeParts = {
  readonly name: string;
  readonly storeDir: string;
  readonly port: number;
  readonly routePort: number;
  readonly syncAlways: boolean;
  /** In front of its port for clients. */
  readonly clients: TcpProxy;
  /** From it to each other node; it owns them. */
  readonly outgoing: readonly TcpProxy[];
  /** From each other node to it. */
  readonly incoming: readonly TcpProxy[];
};

/** `silence`: packets vanish. `refusal`: connections break at once, and new ones too. */
export type Parting = "silence" | "refusal";

const CLUSTER_NAME = "fpaas-test";
/** What nodes tell each other of addresses would lead past the proxies, so it leads to a closed port. */
const NOWHERE = "127.0.0.1:1";

export class ClusterNode implements AsyncDisposable {
  readonly name: string;
  /** For clients, through the node's proxy; stays the same over restarts. */
  readonly url: string;
  readonly #parts: NodeParts;
  #server: NatsServer | null = null;

  constructor(parts: NodeParts) {
    this.name = parts.name;
    this.url = parts.clients.url;
    this.#parts = parts;
  }

  /** kill -9: nothing of the server's own shutdown runs. */
  async crash(): Promise<void> {
    await this.#running().kill("SIGKILL");
    this.#server = null;
  }

  async stop(): Promise<void> {
    await this.#running().stop();
    this.#server = null;
  }

  /** Starts it, or starts it again on its store; resolves when it listens, which is before it has caught up. */
  async restart(): Promise<void> {
    const { storeDir, port, routePort, name, syncAlways, outgoing } = this.#parts;
    const routes = outgoing.map(({ url }) => url);
    const cluster = { name: CLUSTER_NAME, port: routePort, advertise: NOWHERE, routes };
    this.#server = await startNatsServer({ storeDir, port, serverName: name, syncAlways, cluster });
  }

  /** SIGSTOP: it holds its connections and does nothing. */
  freeze(): void {
    process.kill(this.#running().pid, "SIGSTOP");
  }

  /** SIGCONT after `freeze`. */
  thaw(): void {
    process.kill(this.#running().pid, "SIGCONT");
  }

  /** Parts it from the clients and from all other nodes. Part one node at a time: pairs share a proxy. */
  part(how: Parting): void {
    for (const proxy of this.#around()) {
      if (how === "silence") proxy.stall();
      else proxy.refuse();
    }
  }

  /** Ends a `part`. */
  rejoin(): void {
    for (const proxy of this.#around()) proxy.heal();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server !== null) await this.#server.kill("SIGKILL");
    const { clients, outgoing } = this.#parts;
    await Promise.all([clients, ...outgoing].map((proxy) => proxy[Symbol.asyncDispose]()));
  }

  #around(): TcpProxy[] {
    const { clients, outgoing, incoming } = this.#parts;
    return [clients, ...outgoing, ...incoming];
  }

  #running(): NatsServer {
    if (this.#server === null) throw new Error(`node ${this.name} does not run`);
    return this.#server;
  }
}
