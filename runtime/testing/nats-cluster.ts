// A cluster of real nats-servers on loopback for tests that kill, freeze and part its nodes. What a node
// says to clients and to other nodes goes through proxies in this process, one for each pair and
// direction, so that any node can be parted from the rest.

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connectNats } from "../adapters/nats/connect.ts";
import { ensureNatsServer } from "../adapters/nats-server.ts";
import { ClusterNode } from "./nats-cluster-node.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

export type ClusterOptions = {
  /** 3 without it. */
  readonly nodes?: number;
  /** Whether every write is on the disk before it is acknowledged; true without it. */
  readonly syncAlways?: boolean;
  /** Where the nodes keep their stores and logs, and leave them; a temporary folder without it. */
  readonly folder?: string;
};

/** A running cluster; disposing ends it and removes its files. */
export type NatsCluster = AsyncDisposable & {
  readonly nodes: readonly ClusterNode[];
  /** All nodes, through their proxies, as `--nats` takes them. */
  readonly url: string;
  /** Resolves when JetStream answers: a majority of the nodes have found each other and a leader. */
  ready(): Promise<void>;
};

/** The way from one node to another. */
type Link = { readonly from: number; readonly to: number; readonly proxy: TcpProxy };

/** Below the ports that systems give to outgoing connections, so that a restart finds its port free. */
const PORTS_FROM = 12_000;
const PORTS_BELOW = 32_000;
const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 100;

export async function startNatsCluster(options: ClusterOptions = {}): Promise<NatsCluster> {
  await ensureNatsServer(); // Fetched once if it has to be, not by every node.
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "fpaas-cluster-")));
  const nodes = await wiredNodes(folder, options);
  const cluster: NatsCluster = {
    nodes,
    url: nodes.map((node) => node.url).join(","),
    ready: () => untilReady(cluster.url),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(nodes.map((node) => node.restart()));
    await cluster.ready();
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

async function wiredNodes(folder: string, options: ClusterOptions): Promise<ClusterNode[]> {
  const { nodes: count = 3, syncAlways = true } = options;
  const indices = Array.from({ length: count }, (_, index) => index);
  const ports = await freePorts(2 * count);
  const portOf = (at: number): number => ports[at] ?? 0;
  const links: Link[] = [];
  for (const from of indices) {
    for (const to of indices) {
      if (from !== to) links.push({ from, to, proxy: await startTcpProxy(portOf(count + to)) });
    }
  }
  return await Promise.all(
    indices.map(async (index) => {
      const name = `n${index + 1}`;
      return new ClusterNode({
        name,
        storeDir: join(folder, name),
        port: portOf(index),
        routePort: portOf(count + index),
        syncAlways,
        clients: await startTcpProxy(portOf(index)),
        outgoing: links.filter(({ from }) => from === index).map(({ proxy }) => proxy),
        incoming: links.filter(({ to }) => to === index).map(({ proxy }) => proxy),
      });
    }),
  );
}

/** Ports nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = PORTS_FROM + Math.floor(Math.random() * (PORTS_BELOW - PORTS_FROM));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const server = createServer().on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** @throws the last failure when JetStream does not answer in time */
async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      const connection = await connectNats({ url, name: "cluster test" });
      try {
        await (await jetstreamManager(connection)).getAccountInfo();
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(READY_POLL_MS);
    }
  }
}
