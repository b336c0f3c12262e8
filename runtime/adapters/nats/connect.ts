// The one way we connect to NATS: reconnects for ever, notices a dead peer within six seconds.

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { errorMessage } from "../nats-server/error-message.ts";
import { NatsUnreachable } from "./errors.ts";
import { maxPayloadOf } from "./max-payload.ts";

export type { NatsConnection } from "@nats-io/transport-node";

export type ConnectOptions = {
  /** `nats://host:port`, several parted by commas. */
  readonly url: string;
  /** Shown in the server's list of connections. */
  readonly name: string;
  /** Gets a line when the connection is lost and when it is back. */
  readonly report?: (line: string) => void;
};

const CONNECT_TIMEOUT_MS = 5000;
const PING_INTERVAL_MS = 2000;
const RECONNECT_WAIT_MS = 250;
const RECONNECT_JITTER_MS = 250;

/** @throws NatsUnreachable within a few seconds when the first connection fails */
export async function connectNats(options: ConnectOptions): Promise<NatsConnection> {
  const nc = await firstConnection(options);
  maxPayloadOf(nc); // Remembered from now on, whatever becomes of the connection.
  if (options.report !== undefined) void reportStatus(nc, options.report);
  return nc;
}

async function firstConnection({ url, name }: ConnectOptions): Promise<NatsConnection> {
  try {
    return await connect({
      servers: url.split(","),
      name,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      reconnectJitter: RECONNECT_JITTER_MS,
      pingInterval: PING_INTERVAL_MS,
      noAsyncTraces: true,
    });
  } catch (cause) {
    const message = `cannot connect to NATS at ${withoutCredentials(url)}: ${errorMessage(cause)}`;
    throw new NatsUnreachable(message, { cause });
  }
}

/** Ends when the connection is closed; the iterator never throws. */
async function reportStatus(nc: NatsConnection, report: (line: string) => void): Promise<void> {
  for await (const { type } of nc.status()) {
    if (type === "disconnect") report("nats: connection lost, reconnecting");
    if (type === "reconnect") report("nats: connected again");
  }
}

function withoutCredentials(url: string): string {
  return url.replaceAll(/\/\/[^/@,]*@/g, "//");
}
