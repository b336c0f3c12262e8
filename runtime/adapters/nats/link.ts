// Is the connection up? A request that was under way when it broke is not going to be answered, so who
// waits for one learns of the break at once instead of at its time-out.

import { EventEmitter, once } from "node:events";
import type { NatsConnection } from "@nats-io/transport-node";

/** Rejects work that was under way when the connection broke. It may or may not have been done. */
export class LinkLost extends Error {
  readonly code = "link_lost";
}

type LinkEvents = { lost: []; restored: []; closed: [] };

export class Link {
  readonly #events = new EventEmitter<LinkEvents>().setMaxListeners(0);
  readonly #nc: NatsConnection;
  #up: boolean;

  constructor(nc: NatsConnection) {
    this.#nc = nc;
    this.#up = !nc.isClosed();
    void this.#follow();
  }

  get up(): boolean {
    return this.#up;
  }

  get closed(): boolean {
    return this.#nc.isClosed();
  }

  /** Calls back after every reconnect until the returned function is called. */
  onRestored(listener: () => void): () => void {
    this.#events.on("restored", listener);
    return () => this.#events.off("restored", listener);
  }

  /** Resolves when the connection is up, or closed for good, or the signal aborts. */
  async whenUp(signal: AbortSignal): Promise<void> {
    if (this.#up || this.closed || signal.aborted) return;
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const events = (["restored", "closed"] as const).map((event) =>
      once(this.#events, event, { signal: either }).then(
        () => {},
        () => {}, // Aborted: nothing to wait for any more.
      ),
    );
    await Promise.race(events);
    stop.abort();
  }

  /** The outcome of `work`, unless the connection breaks first. @throws LinkLost */
  async guard<T>(work: Promise<T>): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const lost = () => reject(new LinkLost("the connection to NATS broke"));
      this.#events.once("lost", lost);
      work.then(resolve, reject).finally(() => this.#events.off("lost", lost));
    });
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#nc.status()) {
      if (type === "disconnect") this.#set(false);
      if (type === "reconnect") this.#set(true);
    }
    this.#up = false;
    this.#events.emit("lost");
    this.#events.emit("closed");
  }

  #set(up: boolean): void {
    this.#up = up;
    this.#events.emit(up ? "restored" : "lost");
  }
}
