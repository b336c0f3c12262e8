// `--admin HOST:PORT`: what a monitoring system asks of a running shuffler or worker. No more than reading;
// without authentication, so on loopback unless told otherwise.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { Registry } from "prom-client";
import type { NatsConnection } from "../../runtime/adapters/nats/connect.ts";
import { CommandError, EXIT } from "../exit-codes.ts";

/** How long NATS may take to answer before we call ourselves not ready. */
const ANSWER_MS_MAX = 1000;
const HOST_DEFAULT = "127.0.0.1";

export type Address = { readonly host: string; readonly port: number };

export type Admin = {
  readonly registry: Registry;
  /** What keeps the process from doing its work now, one line each; empty when it is ready. */
  readonly troubles: () => Promise<readonly string[]>;
  /** What else somebody should look at, one line each; it is ready all the same. */
  readonly notes?: () => readonly string[];
};

export function withAdminOption(command: Command): Command {
  return command.option(
    "--admin <[host:]port>",
    "serve /metrics, /livez and /readyz (default: no; without a host, on loopback)",
    parseAddress,
  );
}

/** `9464`, `127.0.0.1:9464`, `[::1]:9464`, `0.0.0.0:0`. @throws CommandError (usage) */
export function parseAddress(text: string): Address {
  const match = /^(?:(\[[0-9a-f:]+\]|[^:[\]]+):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new CommandError(EXIT.usage, `\`${text}\` is no address`, "write 9464 or HOST:PORT");
  }
  return { host: (match[1] ?? HOST_DEFAULT).replaceAll(/[[\]]/g, ""), port };
}

/** Listens until disposed of. @throws CommandError when it cannot */
export async function startAdmin(
  at: Address,
  admin: Admin,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    answer(request.url ?? "", admin).then(
      ({ status, type, text }) => response.writeHead(status, { "content-type": type }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await listening(server, at);
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    url: `http://${at.host.includes(":") ? `[${at.host}]` : at.host}:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What is wrong with the connection, found out by asking the server. */
export async function natsTroubles(connection: NatsConnection): Promise<string[]> {
  const timeout = new AbortController();
  const late = sleep(ANSWER_MS_MAX, false, { signal: timeout.signal }).catch(() => false);
  const answered = connection.rtt().then(
    () => true,
    () => false,
  );
  const good = await Promise.race([answered, late]);
  timeout.abort();
  return good ? [] : ["nats: no answer"];
}

type Answer = { readonly status: number; readonly type: string; readonly text: string };

async function answer(url: string, { registry, troubles, notes }: Admin): Promise<Answer> {
  const plain = (status: number, text: string) => ({ status, type: "text/plain", text });
  switch (url.replace(/\?.*/, "")) {
    case "/metrics":
      return { status: 200, type: registry.contentType, text: await registry.metrics() };
    case "/livez":
      return plain(200, "alive\n");
    case "/readyz": {
      const found = await troubles();
      const lines = [...(found.length === 0 ? ["ready"] : found), ...(notes?.() ?? [])];
      return plain(found.length === 0 ? 200 : 503, `${lines.join("\n")}\n`);
    }
    default:
      return plain(404, "/metrics, /livez or /readyz\n");
  }
}

async function listening(server: Server, { host, port }: Address): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `cannot listen on ${host}:${port}: ${cause.message}`;
      reject(new CommandError(EXIT.failure, message, null, { cause }));
    });
    server.listen(port, host, resolve);
  });
}
