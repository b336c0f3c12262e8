// A clock for tests: time passes only when somebody sleeps, and then at once.

import { setImmediate } from "node:timers/promises";
import type { Clock } from "../ports.ts";

export class EagerClock implements Clock {
  #nowMs = 0;

  now(): number {
    return this.#nowMs;
  }

  /** Lets everything else run first, then time has passed. */
  async sleep(ms: number): Promise<void> {
    await setImmediate();
    this.#nowMs += ms;
  }
}
