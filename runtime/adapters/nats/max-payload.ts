// How large a payload may be: the server's `max_payload` counts headers too, and the order of a topic's records
// goes in a header of up to 24 KiB.

import type { NatsConnection } from "@nats-io/transport-node";
import { LogUnavailable } from "../../ports.ts";
import { NatsUnsupported } from "./errors.ts";

/** What headers and subject of a message may take; of a small `max_payload` the half. */
export const MESSAGE_HEADROOM_BYTES = 64 * 1024;
/** With less, the headers alone would not fit. */
export const MAX_PAYLOAD_MIN = 64 * 1024;

/** What each server said last: while a connection is made anew, the client knows nothing of its server. */
const said = new WeakMap<NatsConnection, number>();

/**
 * The server's `max_payload`, bytes; in an outage that of before. One that is changed and started again says so at the
 * reconnect.
 * @throws LogUnavailable when the server has never said it
 */
export function maxPayloadOf(nc: NatsConnection): number {
  const bytes = nc.info?.max_payload ?? said.get(nc);
  if (bytes === undefined) throw new LogUnavailable("NATS has not said its max_payload yet");
  said.set(nc, bytes);
  return bytes;
}

/** Bytes of one message's payload. @param maxPayload as the server says, bytes */
export function messageBytesMax(maxPayload: number): number {
  return maxPayload - Math.min(MESSAGE_HEADROOM_BYTES, Math.floor(maxPayload / 2));
}

/** @throws NatsUnsupported when the server takes no message that we can work with */
export function checkMaxPayload(maxPayload: number): void {
  if (maxPayload >= MAX_PAYLOAD_MIN) return;
  throw new NatsUnsupported(
    `max_payload of the NATS server is ${maxPayload} bytes, and at least ${MAX_PAYLOAD_MIN} are needed: set max_payload: 8MB in its configuration`,
  );
}
