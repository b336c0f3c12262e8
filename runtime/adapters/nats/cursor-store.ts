// Places of sources in a KV bucket, shared by all shufflers: `numbering:position`, and only ever forwards.
// Every write is a compare-and-set, so that a shuffler that lags cannot move it back.

import { JetStreamApiError } from "@nats-io/jetstream";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { CURSORS_BUCKET } from "../../../plan/names.ts";
import { LogUnavailable } from "../../ports.ts";
import { Link } from "./link.ts";
import { answered, patiently } from "./retry.ts";

export type SavedPlace = {
  readonly position: number;
  /** Greater each time the source began to count anew; positions of two numberings do not compare. */
  readonly numbering: number;
  /** By the server's clock, milliseconds since the epoch. */
  readonly savedAtMs: number;
};

/** JetStream's "wrong last sequence": somebody else wrote the key. */
const WRONG_LAST_SEQUENCE = 10071;
/** Two shufflers write once a second each; losing so often in a row is no coincidence. */
const CONFLICTS_MAX = 20;

export class NatsCursorStore {
  readonly #cursors: KV;

  private constructor(cursors: KV) {
    this.#cursors = cursors;
  }

  /** Opens the bucket that `ensureStreams` made. @throws LogUnavailable in a long outage */
  static async open(connection: NatsConnection): Promise<NatsCursorStore> {
    const kvm = new Kvm(connection);
    return new NatsCursorStore(
      await patiently(new Link(connection), () => kvm.open(CURSORS_BUCKET)),
    );
  }

  /**
   * The place saved last; null when there is none.
   * @param key names the source: `[-/_=.a-zA-Z0-9]+`
   * @throws LogUnavailable in an outage
   */
  async load(key: string): Promise<SavedPlace | null> {
    return (await this.#read(key)).place;
  }

  /**
   * Saves a place unless one further on is saved.
   * @returns the place that is saved now
   * @throws LogUnavailable in an outage, after the client's time-out of some seconds: try again
   */
  async save(key: string, position: number, numbering: number): Promise<SavedPlace> {
    for (let conflicts = 0; conflicts < CONFLICTS_MAX; conflicts++) {
      const { place, revision } = await this.#read(key);
      if (place !== null && !isFurther(numbering, position, place)) return place;
      const text = `${numbering}:${position}`;
      if (await this.#write(key, text, revision)) {
        return { position, numbering, savedAtMs: Date.now() };
      }
    }
    throw new LogUnavailable(`the cursor ${key} is written by others all the time`);
  }

  async #read(key: string): Promise<{ place: SavedPlace | null; revision: number }> {
    const entry = await answered(this.#cursors.get(key));
    return { place: entry === null ? null : placeOf(entry), revision: entry?.revision ?? 0 };
  }

  /** @returns false when somebody else was faster. */
  async #write(key: string, text: string, revision: number): Promise<boolean> {
    try {
      const cursors = this.#cursors;
      const isNew = revision === 0;
      await answered(isNew ? cursors.create(key, text) : cursors.update(key, text, revision));
      return true;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return false;
      throw error;
    }
  }
}

function isFurther(numbering: number, position: number, than: SavedPlace): boolean {
  if (numbering !== than.numbering) return numbering > than.numbering;
  return position > than.position;
}

/** Null for what is deleted or no place. A number alone is a position of numbering 0. */
function placeOf(entry: KvEntry): SavedPlace | null {
  const match = /^(?:(\d+):)?(\d+)$/.exec(entry.operation === "PUT" ? entry.string() : "");
  if (match === null) return null;
  const position = Number(match[2]);
  if (!Number.isSafeInteger(position)) return null;
  return { position, numbering: Number(match[1] ?? 0), savedAtMs: entry.created.getTime() };
}
