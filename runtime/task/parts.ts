// A message that is larger than the server takes goes out in parts, one behind the other, each with the headers of the
// whole and its place (`Fpaas-Part: 2/5`). Who reads puts them together again. They are of one commit and therefore
// stand in the stream without a gap; only state that is staged (`batches.ts`) may have others' messages between.

import { HEADER } from "../../plan/names.ts";
import type { LogAppend, LogMessage } from "../ports.ts";

/** A part of a message, as its header says: the first is 1. */
type Place = { readonly part: number; readonly parts: number };

/** The message itself, or its parts of at most `bytesMax` each. An expectation stays on the first. */
export function inParts(message: LogAppend, bytesMax: number): readonly LogAppend[] {
  const { payload, subject } = message;
  if (payload.length <= bytesMax) return [message];
  const parts = Math.ceil(payload.length / bytesMax);
  return Array.from({ length: parts }, (_, i) => {
    const headers = new Map(message.headers).set(HEADER.part, `${i + 1}/${parts}`);
    const part = payload.subarray(i * bytesMax, (i + 1) * bytesMax);
    return i === 0 ? { ...message, headers, payload: part } : { subject, headers, payload: part };
  });
}

/** What a joiner makes of one message. */
export type Joined = {
  /** A whole message, at the position of its last part; null while parts are missing. */
  readonly message: LogMessage | null;
  /** Parts without their others, which are of no use: a reader began in the middle. Mostly none. */
  readonly lost: readonly LogMessage[];
};

/** Puts the messages of one subject together, which are given in order. */
export class PartJoiner {
  #held: LogMessage[] = [];

  take(message: LogMessage): Joined {
    const place = placeOf(message);
    if (place === null) return { message, lost: this.#drop() };
    const lost = this.#continues(message, place) ? [] : this.#drop();
    if (this.#held.length !== place.part - 1) return { message: null, lost: [...lost, message] };
    this.#held.push(message);
    return { message: place.part === place.parts ? joinedOf(this.#drop()) : null, lost };
  }

  /** Takes the parts that wait for others: at the end they are lost. */
  #drop(): LogMessage[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }

  #continues(message: LogMessage, { part, parts }: Place): boolean {
    const last = this.#held.at(-1);
    const before = last === undefined ? null : placeOf(last);
    if (last === undefined || before === null) return true;
    if (before.part !== part - 1 || before.parts !== parts) return false;
    const staging = stagingOf(message);
    if (staging !== null) return staging.id === stagingOf(last)?.id;
    return last.seq + 1 === message.seq;
  }

  /** Parts that wait for others. */
  get held(): number {
    return this.#held.length;
  }
}

/** Of a state message: the commit that is to make it count, and its number there, from 1; null when none has to. */
export function stagingOf({
  headers,
}: Pick<LogMessage, "headers">): { readonly id: string; readonly number: number } | null {
  const [id, number] = headers.get(HEADER.staged)?.split(" ") ?? [];
  return id === undefined ? null : { id, number: Number(number) };
}

function placeOf({ headers }: LogMessage): Place | null {
  const header = headers.get(HEADER.part);
  if (header === undefined) return null;
  const [part = 0, parts = 0] = header.split("/").map(Number);
  return { part, parts };
}

function joinedOf(parts: readonly LogMessage[]): LogMessage | null {
  const last = parts.at(-1);
  if (last === undefined) return null;
  const payload = new Uint8Array(parts.reduce((sum, one) => sum + one.payload.length, 0));
  let at = 0;
  for (const part of parts) {
    payload.set(part.payload, at);
    at += part.payload.length;
  }
  const headers = new Map(last.headers);
  headers.delete(HEADER.part);
  return { ...last, headers, payload };
}
