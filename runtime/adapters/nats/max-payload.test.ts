import type { ServerInfo } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { ORDER_BYTES_TARGET } from "../../eval/order-header.ts";
import { LogUnavailable } from "../../ports.ts";
import { startTestNats } from "../../testing/nats.ts";
import { connectNats } from "./connect.ts";
import {
  checkMaxPayload,
  MAX_PAYLOAD_MIN,
  MESSAGE_HEADROOM_BYTES,
  maxPayloadOf,
  messageBytesMax,
} from "./max-payload.ts";
import { NatsLog } from "./nats-log.ts";

describe("a message's payload", () => {
  it("leaves room for headers, and more of a large max_payload", () => {
    expect(messageBytesMax(1024 * 1024)).toBe(1024 * 1024 - MESSAGE_HEADROOM_BYTES);
    expect(messageBytesMax(MAX_PAYLOAD_MIN)).toBe(MAX_PAYLOAD_MIN / 2);
    expect(MAX_PAYLOAD_MIN - messageBytesMax(MAX_PAYLOAD_MIN)).toBeGreaterThan(ORDER_BYTES_TARGET);
  });

  it("is refused where it could hold nothing, with the cure", () => {
    expect(() => checkMaxPayload(MAX_PAYLOAD_MIN)).not.toThrow();
    expect(() => checkMaxPayload(MAX_PAYLOAD_MIN - 1)).toThrow(
      "max_payload of the NATS server is 65535 bytes, and at least 65536 are needed: set max_payload",
    );
  });

  it("is asked of the server", async () => {
    await using nats = await startTestNats();
    const nc = await connectNats({ url: nats.url, name: "test" });
    expect(new NatsLog(nc).messageBytesMax).toBe(messageBytesMax(nc.info?.max_payload ?? 0));
    await nc.close();
  });

  it("is what the last server took, while the connection is down", async () => {
    await using nats = await startTestNats({ maxPayloadBytes: 3_000_000 });
    const nc = await connectNats({ url: nats.url, name: "test" });
    const log = new NatsLog(nc);
    await nats.crash();
    await expect.poll(() => nc.info).toBeUndefined();
    expect(log.messageBytesMax).toBe(3_000_000 - MESSAGE_HEADROOM_BYTES);
    expect(new NatsLog(nc).messageBytesMax).toBe(log.messageBytesMax);
    await nats.restart();
    await expect.poll(() => nc.info?.max_payload).toBe(3_000_000);
    await nc.close();
  });

  it("is not guessed where it was never known", () => {
    const never: { info?: ServerInfo } = {};
    expect(() => maxPayloadOf(never)).toThrow(LogUnavailable);
  });
});
