// Message headers between our plain maps and the client's class.

import { headers, type MsgHdrs } from "@nats-io/transport-node";

export function toNatsHeaders(from: ReadonlyMap<string, string>): MsgHdrs {
  const to = headers();
  for (const [name, value] of from) to.set(name, value);
  return to;
}

/** Takes the first value of each name: we write no repeated headers. */
export function fromNatsHeaders(from: MsgHdrs | undefined): ReadonlyMap<string, string> {
  const to = new Map<string, string>();
  for (const [name, values] of from ?? []) to.set(name, values[0] ?? "");
  return to;
}
