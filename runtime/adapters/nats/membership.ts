// Live workers in a KV bucket whose entries expire.

import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { WORKERS_BUCKET } from "../../../plan/names.ts";
import type { Membership } from "../../deployments.ts";
import { answered } from "./retry.ts";

/** Every method throws LogUnavailable in an outage. */
export class NatsMembership implements Membership {
  readonly #workers: KV;

  private constructor(workers: KV) {
    this.#workers = workers;
  }

  /** Opens the bucket that `ensureStreams` made; its time to live decides who is alive. */
  static async open(connection: NatsConnection): Promise<NatsMembership> {
    return new NatsMembership(await new Kvm(connection).open(WORKERS_BUCKET));
  }

  async beat(worker: string): Promise<void> {
    await answered(this.#workers.put(worker, ""));
  }

  async alive(): Promise<string[]> {
    return await answered(this.#keys());
  }

  async leave(worker: string): Promise<void> {
    await answered(this.#workers.delete(worker));
  }

  async #keys(): Promise<string[]> {
    const workers: string[] = [];
    for await (const worker of await this.#workers.keys()) workers.push(worker);
    return workers;
  }
}
