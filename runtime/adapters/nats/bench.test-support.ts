// A server with our streams, a connection and a log, for the tests of this folder.

import type { NatsConnection } from "@nats-io/transport-node";
import type { LogAppend, LogMessage } from "../../ports.ts";
import { startTestNats, type TestNats } from "../../testing/nats.ts";
import { connectNats } from "./connect.ts";
import { NatsLog } from "./nats-log.ts";
import { ensureStreams } from "./streams.ts";

export const STREAM = "FPL_0";

export type Bench = AsyncDisposable & {
  readonly nats: TestNats;
  readonly nc: NatsConnection;
  readonly log: NatsLog;
  /** Another process's view, in effect: a connection and a log of its own, perhaps through a proxy. */
  another(url?: string): Promise<NatsLog>;
  /** Closes the connections of the others. */
  closeOthers(): Promise<void>;
};

export async function openBench(): Promise<Bench> {
  const nats = await startTestNats();
  const nc = await connectNats({ url: nats.url, name: "test" });
  const others: NatsConnection[] = [];
  const closeOthers = async () => {
    await Promise.all(others.splice(0).map((each) => each.close()));
  };
  await ensureStreams(nc, { buckets: 1, partitions: 4 });
  return {
    nats,
    nc,
    log: new NatsLog(nc),
    another: async (url = nats.url) => {
      const more = await connectNats({ url, name: "test" });
      others.push(more);
      return new NatsLog(more);
    },
    closeOthers,
    [Symbol.asyncDispose]: async () => {
      await closeOthers();
      await nc.close();
      await nats[Symbol.asyncDispose]();
    },
  };
}

export function message(subject: string, text: string, expectedLastSeq?: number): LogAppend {
  const base = { subject, headers: new Map<string, string>(), payload: Buffer.from(text) };
  return expectedLastSeq === undefined ? base : { ...base, expectedLastSeq };
}

export function textOf(found: LogMessage | null): string | null {
  return found === null ? null : new TextDecoder().decode(found.payload);
}

/** Everything on the subjects now, as text. */
export async function texts(log: NatsLog, ...subjects: string[]): Promise<string[]> {
  const list: string[] = [];
  for await (const each of log.readAll(STREAM, subjects)) list.push(String(textOf(each)));
  return list;
}

export const NEVER = new AbortController().signal;
