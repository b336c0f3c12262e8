// Waiting for something to come true on a cluster that may be at its elections meanwhile.

import { setTimeout as sleep } from "node:timers/promises";
import { isOutage } from "../../runtime/adapters/nats/retry.ts";
import { LogUnavailable } from "../../runtime/ports.ts";

const POLL_MS = 500;

/** Whether it came true in time; an outage counts as not yet. */
export async function comesTrue(isTrue: () => Promise<boolean>, msMax: number): Promise<boolean> {
  const deadline = performance.now() + msMax;
  while (performance.now() < deadline) {
    try {
      if (await isTrue()) return true;
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await sleep(POLL_MS);
  }
  return false;
}

/** What `read` gives once no outage cuts it short. @throws the last failure when there is one for too long */
export async function throughOutages<T>(read: () => Promise<T>, msMax: number): Promise<T> {
  const deadline = performance.now() + msMax;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
    }
    await sleep(POLL_MS);
  }
}

function isPassing(error: unknown): boolean {
  return isOutage(error) || error instanceof LogUnavailable;
}
