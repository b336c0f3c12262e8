// Positions of sources in a KV bucket, shared by all shufflers of a source.

import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { CURSORS_BUCKET } from "../../../plan/names.ts";

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

  /** The position saved last; null when there is none. */
  async load(): Promise<number | null> {
    const entry = await this.#cursors.get(this.#key);
    const position = entry?.operation === "PUT" ? Number(entry.string()) : Number.NaN;
    return Number.isSafeInteger(position) ? position : null;
  }

  async save(position: number): Promise<void> {
    await this.#cursors.put(this.#key, String(position));
  }
}
