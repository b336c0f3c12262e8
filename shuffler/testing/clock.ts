// A clock that tests move: sleeping takes no time and advances it, but lets what waits for I/O go on.

import type { Clock } from "../ports.ts";

export class SleepingClock implements Clock {
  ms: number;
  /** Every sleep asked for, in milliseconds. */
  readonly sleeps: number[] = [];

  constructor(ms = 0) {
    this.ms = ms;
  }

  now(): number {
    return this.ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    this.sleeps.push(ms);
    this.ms += ms;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
