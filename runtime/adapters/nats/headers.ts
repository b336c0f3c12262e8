// Message headers between our plain maps and the client.

import type { MsgHdrs } from "@nats-io/transport-node";

const NAME = /^[!-9;-~]+$/;
const LINE_BREAK = /[\r\n]/;
const utf8 = new TextEncoder();

/**
 * Headers to send, as the bytes that go over the wire: the client's class checks and copies every one of them,
 * and a firehose has hundreds of thousands a minute.
 * @throws TypeError when a name or a value cannot be one
 */
export function toNatsHeaders(
  from: Iterable<readonly [string, string]>,
  more: Iterable<readonly [string, string]> = [],
): MsgHdrs {
  let text = "NATS/1.0\r\n";
  for (const [name, value] of from) text += line(name, value);
  for (const [name, value] of more) text += line(name, value);
  const bytes = utf8.encode(`${text}\r\n`);
  const encoded = { encode: () => bytes };
  return encoded as unknown as MsgHdrs; // Of headers to send the client calls nothing but `encode`.
}

function line(name: string, value: string): string {
  if (!NAME.test(name)) throw new TypeError(`not a header's name: ${JSON.stringify(name)}`);
  if (LINE_BREAK.test(value)) throw new TypeError(`header ${name} has a line break in its value`);
  return `${name}: ${value}\r\n`;
}

/** Takes the first value of each name: we write no repeated headers. */
export function fromNatsHeaders(from: MsgHdrs | undefined): ReadonlyMap<string, string> {
  const to = new Map<string, string>();
  for (const [name, values] of from ?? []) to.set(name, values[0] ?? "");
  return to;
}
