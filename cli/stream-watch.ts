// While a worker runs: says when a stream comes near its bound of bytes, when it is full, and when it has room again.

import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "../runtime/adapters/nats/connect.ts";
import { inspectStreams, type StreamFacts } from "../runtime/adapters/nats/inspect.ts";
import { type Fullness, fullnessOf, isOurs, troubleOf } from "./fullness.ts";
import type { Terminal } from "./terminal/terminal.ts";

export const WATCH_EVERY_MS = 10_000;

/** Until the signal aborts. An outage is not told: others do that. */
export async function watchStreams(
  connection: NatsConnection,
  terminal: Terminal,
  signal: AbortSignal,
  everyMs = WATCH_EVERY_MS,
): Promise<void> {
  const watch = new StreamWatch(terminal);
  while (!signal.aborted) {
    try {
      watch.take(await inspectStreams(connection), Date.now());
    } catch {
      // Asked again in a while.
    }
    await sleep(everyMs, undefined, { signal }).catch(() => {}); // It rejects only when aborted.
  }
}

/** Tells what has changed since it looked last. */
export class StreamWatch {
  readonly #terminal: Pick<Terminal, "say" | "complain">;
  readonly #last = new Map<string, Fullness>();

  constructor(terminal: Pick<Terminal, "say" | "complain">) {
    this.#terminal = terminal;
  }

  take(all: readonly StreamFacts[], nowMs: number): void {
    for (const facts of all.filter(isOurs)) {
      const is = fullnessOf(facts, nowMs);
      const was = this.#last.get(facts.name) ?? "room";
      this.#last.set(facts.name, is);
      // What has no bound is for `doctor`: it says nothing of how things go.
      if (is === was || is === "unbounded") continue;
      const trouble = troubleOf(facts, nowMs);
      if (trouble === null) this.#terminal.say(`${facts.name} has room again`);
      else this.#terminal.complain(`${trouble.found}; ${trouble.help}`);
    }
  }
}
