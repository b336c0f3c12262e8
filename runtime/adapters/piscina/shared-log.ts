// The log that all tasks of a thread share: opened for the first who asks, and again once its connection
// has closed for good, as the client does when the server turns its credentials away. Through it they also
// share their reads of the firehose.

import type { NatsConnection } from "@nats-io/nats-core";
import type { Log } from "../../ports.ts";
import { SharedReads } from "../../task/shared-reads.ts";
import { NatsLog } from "../nats/nats-log.ts";
import { systemClock } from "../system-clock.ts";

export class SharedLog {
  readonly #connect: () => Promise<NatsConnection>;
  #log: Promise<Log> | null = null;

  constructor(connect: () => Promise<NatsConnection>) {
    this.#connect = connect;
  }

  /** @throws what connecting threw; the next call tries again. */
  async get(): Promise<Log> {
    this.#log ??= this.#open();
    return await this.#log;
  }

  async #open(): Promise<Log> {
    try {
      const connection = await this.#connect();
      void connection.closed().then(() => this.#forget());
      return new SharedReads(new NatsLog(connection), systemClock);
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#log = null;
  }
}
