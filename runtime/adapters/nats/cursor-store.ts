// Positions of sources in a KV bucket, shared by all shufflers of a source.

import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { CURSORS_BUCKET } from "../../../plan/names.ts";
import { LogUnavailable } from "../../ports.ts";
import { errorMessage } from "../nats-server/error-message.ts";
import { isOutage } from "./retry.ts";

export class NatsCursorStore {
  readonly #cursors: KV;
  readonly #key: string;

  private constructor(cursors: KV, key: string) {
    this.#cursors = cursors;
    this.#key = key;
  }

  /** Opens the bucket that `ensureStreams` made. @param key names the source: `[-/_=.a-zA-Z0-9]+` */
  static async open(connection: NatsConnection, key: string): Promise<NatsCursorStore> {
    return new NatsCursorStore(await new Kvm(connection).open(CURSORS_BUCKET), key);
  }

  /** The position saved last; null when there is none. @throws LogUnavailable in an outage */
  async load(): Promise<number | null> {
    const entry = await answered(this.#cursors.get(this.#key));
    const position = entry?.operation === "PUT" ? Number(entry.string()) : Number.NaN;
    return Number.isSafeInteger(position) ? position : null;
  }

  /** @throws LogUnavailable in an outage, after the client's time-out of some seconds: try again */
  async save(position: number): Promise<void> {
    await answered(this.#cursors.put(this.#key, String(position)));
  }
}

async function answered<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (!isOutage(error)) throw error;
    const message = `NATS does not answer: ${errorMessage(error)}`;
    throw new LogUnavailable(message, { cause: error });
  }
}
