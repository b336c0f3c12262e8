// Waiting for a condition, with a limit, in runs that take minutes.

import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 250;

/** @throws Error naming `what` when the condition does not come true in time */
export async function until(
  what: string,
  seconds: number,
  isMet: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + seconds * 1000;
  while (!(await isMet())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${seconds} s`);
    await sleep(POLL_MS);
  }
}
