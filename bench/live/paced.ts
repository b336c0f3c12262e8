// Publishes at a steady pace: every ten milliseconds what is due.

import { setTimeout } from "node:timers/promises";
import type { NatsPublisher } from "../../runtime/adapters/nats/publisher.ts";
import type { FirehoseMessage } from "../../runtime/plan-driver.ts";

const TICK_MS = 10;

/** @param label makes message ids unique. @param onSent called with the index of each as it goes out */
export async function publishPaced(
  publisher: NatsPublisher,
  messages: readonly FirehoseMessage[],
  perSecond: number,
  label: string,
  onSent: (index: number) => void = () => undefined,
): Promise<void> {
  const start = performance.now();
  for (let sent = 0; sent < messages.length; ) {
    const due = Math.min(messages.length, ((performance.now() - start) / 1000) * perSecond);
    for (; sent < due; sent += 1) {
      const message = messages[sent];
      if (message === undefined) break;
      onSent(sent);
      // Awaited when all are sent: `idle`.
      (await publisher.enqueue({ ...message, msgId: `${label}-${sent}` })).acked.catch(() => {});
    }
    await setTimeout(TICK_MS);
  }
  await publisher.idle();
}
