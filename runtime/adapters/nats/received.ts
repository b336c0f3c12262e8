// A message as a consumer delivers it: where it stands is told by its reply subject, and its headers are read
// only when somebody asks for them.

import type { Msg } from "@nats-io/transport-node";
import type { LogMessage } from "../../ports.ts";
import { fromNatsHeaders } from "./headers.ts";

export type Place = {
  /** In the stream. */
  readonly seq: number;
  /** The how manyeth it is of its consumer, from 1 on. */
  readonly delivery: number;
};

const ACK_PREFIX = "$JS.ACK.";
/** `$JS.ACK.<stream>.<consumer>.<times>.<seq>.<delivery>.<time>.<pending>`, in one of two forms. */
const SHORT = { tokens: 9, seq: 5, delivery: 6 };
/** With a domain and an account in front of the stream, and perhaps something behind. */
const LONG = { tokens: 11, seq: 7, delivery: 8 };

/** Null when the message is none of the stream but the server's word on the consumer. */
export function placeOf({ reply }: Msg): Place | null {
  if (reply === undefined || !reply.startsWith(ACK_PREFIX)) return null;
  const tokens = reply.split(".");
  const { seq, delivery } = tokens.length === SHORT.tokens ? SHORT : LONG;
  return { seq: Number(tokens[seq]), delivery: Number(tokens[delivery]) };
}

export function messageOf(message: Msg, seq: number): LogMessage {
  return new Received(message, seq);
}

class Received implements LogMessage {
  readonly subject: string;
  readonly seq: number;
  readonly payload: Uint8Array;
  readonly #message: Msg;
  #headers: ReadonlyMap<string, string> | null = null;

  constructor(message: Msg, seq: number) {
    this.#message = message;
    this.subject = message.subject;
    this.seq = seq;
    this.payload = message.data;
  }

  get headers(): ReadonlyMap<string, string> {
    this.#headers ??= fromNatsHeaders(this.#message.headers);
    return this.#headers;
  }
}
