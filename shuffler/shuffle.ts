// The shuffler itself: decode, route, watermark. Pure, and the same in `fpaas run` and when live: the
// same items give the same messages.

import { EVENT_KINDS, type EventKind } from "../plan/event.ts";
import { HEADER } from "../plan/names.ts";
import { decodeFrame } from "./decode/frame.ts";
import type { DecodedMessage } from "./decode/message.ts";
import type { Rejected, RejectReason } from "./decode/rejection.ts";
import type { Clock } from "./ports.ts";
import { Router, type RouterOptions } from "./route.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import type { SourceItem } from "./sources/source.ts";
import { WatermarkMaker } from "./watermark.ts";

export type ShufflerOptions = RouterOptions & {
  /** Of a live source; null for a finite one: see `WatermarkMaker`. */
  readonly clock: Clock | null;
  /** Called with the first refusal of each reason; the rest are only counted. */
  readonly onFirstRejected?: (rejected: Rejected) => void;
};

export type ShufflerCounters = {
  /** Items taken. */
  items: number;
  /** Events published, by kind: a commit counts once per operation. */
  readonly events: Record<EventKind, number>;
  infos: number;
  errors: number;
  readonly rejected: Map<RejectReason, number>;
  /** Events without their record because it did not fit. */
  oversize: number;
  /** Events too far in the future to move the watermark. */
  disbelieved: number;
  /** Messages made in all, watermarks included. */
  messages: number;
};

export class Shuffler {
  readonly counters: ShufflerCounters = {
    items: 0,
    events: { commit: 0, identity: 0, account: 0, sync: 0 },
    infos: 0,
    errors: 0,
    rejected: new Map(),
    oversize: 0,
    disbelieved: 0,
    messages: 0,
  };
  readonly #router: Router;
  readonly #watermarks: WatermarkMaker;
  readonly #onFirstRejected: (rejected: Rejected) => void;
  #lastPosition = 0;

  constructor(options: ShufflerOptions) {
    this.#router = new Router(options);
    this.#watermarks = new WatermarkMaker(options.partitions, options.clock);
    this.#onFirstRejected = options.onFirstRejected ?? (() => {});
  }

  /** Greatest relay time seen, milliseconds; -Infinity before the first event. */
  get relayTimeMs(): number {
    return this.#watermarks.greatestMs;
  }

  /** @returns the messages to publish for one item, in this order. */
  push(item: SourceItem): ShuffledMessage[] {
    const message = item.kind === "frame" ? decodeFrame(item.raw) : item.message;
    const messages = this.#timed(message, this.#router.route(message, item.raw, item.position));
    this.#lastPosition = item.position;
    this.#count(message);
    this.counters.messages += messages.length;
    return messages;
  }

  /** The last messages of a finite source: one watermark per partition that closes every window. */
  closeWindows(): ShuffledMessage[] {
    const messages = this.#watermarks.end(this.#lastPosition);
    this.counters.messages += messages.length;
    return messages;
  }

  /** Adds the watermarks an event brings; one from the future brings none and is marked. */
  #timed(message: DecodedMessage, messages: ShuffledMessage[]): ShuffledMessage[] {
    if (!("timeMs" in message)) return messages;
    if (this.#watermarks.believes(message.timeMs)) {
      return [...messages, ...this.#watermarks.advance(message.timeMs, message.seq)];
    }
    this.counters.disbelieved += 1;
    return messages.map((one) => ({
      ...one,
      headers: new Map(one.headers).set(HEADER.untrustedTime, "1"),
    }));
  }

  #count(message: DecodedMessage): void {
    this.counters.items += 1;
    this.counters.oversize = this.#router.oversize;
    switch (message.kind) {
      case "commit":
        this.counters.events.commit += message.ops.length;
        for (const one of message.rejected) this.#countRejected(one);
        return;
      case "sync":
      case "identity":
      case "account":
        this.counters.events[message.kind] += 1;
        return;
      case "info":
        this.counters.infos += 1;
        return;
      case "error":
        this.counters.errors += 1;
        return;
      case "rejected":
        this.#countRejected(message);
    }
  }

  #countRejected(one: Rejected): void {
    const before = this.counters.rejected.get(one.reason) ?? 0;
    this.counters.rejected.set(one.reason, before + 1);
    if (before === 0) this.#onFirstRejected(one);
  }
}

/** Events of all kinds. */
export function eventsTotal(counters: ShufflerCounters): number {
  return EVENT_KINDS.reduce((sum, kind) => sum + counters.events[kind], 0);
}
