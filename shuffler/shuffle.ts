// The shuffler itself: decode, route, watermark. Pure, and the same in `fpaas run` and when live: the
// same items give the same messages.

import { EVENT_KINDS, type EventKind } from "../plan/event.ts";
import { decodeFrame } from "./decode/frame.ts";
import { FrameCommit } from "./decode/frame-commit.ts";
import type { DecodedMessage } from "./decode/message.ts";
import type { Rejected, RejectReason } from "./decode/rejection.ts";
import { type Gap, type GapKind, RepoOrder } from "./repo-order.ts";
import { Reread } from "./reread.ts";
import { Router, type RouterOptions } from "./route.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import type { SourceItem } from "./sources/source.ts";
import { ToldRejections } from "./told-rejections.ts";
import { WatermarkMaker } from "./watermark.ts";

export type ShufflerOptions = RouterOptions & {
  /** Called with the first refusal of each reason, and with the first few of it that differ; the rest are only counted. */
  readonly onFirstRejected?: (rejected: Rejected) => void;
  /** Likewise with the first gap by each field. */
  readonly onFirstGap?: (gap: Gap) => void;
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
  /** Commits that do not follow on what came before them in their repo, by the field that says so. */
  readonly gaps: Record<GapKind, number>;
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
    gaps: { since: 0, prevData: 0 },
    messages: 0,
  };
  readonly #router: Router;
  readonly #watermarks: WatermarkMaker;
  readonly #repos = new RepoOrder((gap) => this.#countGap(gap));
  readonly #onFirstRejected: (rejected: Rejected) => void;
  readonly #toldRejections = new ToldRejections();
  readonly #onFirstGap: (gap: Gap) => void;
  readonly #reread = new Reread();
  #lastPosition = 0;
  #itemTimeMs: number | null = null;

  constructor(options: ShufflerOptions) {
    this.#router = new Router(options);
    this.#watermarks = new WatermarkMaker(options.partitions);
    this.#onFirstRejected = options.onFirstRejected ?? (() => {});
    this.#onFirstGap = options.onFirstGap ?? (() => {});
  }

  /** Greatest time of an event, milliseconds; -Infinity before the first. */
  get relayTimeMs(): number {
    return this.#watermarks.greatestMs;
  }

  /** When the last item happened, milliseconds; before its own time where it may be read again. Null: unknown. */
  get itemTimeMs(): number | null {
    return this.#itemTimeMs;
  }

  /** @returns the messages to publish for one item, in this order. */
  push(item: SourceItem): ShuffledMessage[] {
    if (item.kind === "clock") return this.#pass(item.timeMs);
    const message = this.#inOrder(
      item.kind === "frame" ? decodeFrame(item.raw) : item.message,
      item,
    );
    const messages = this.#timed(message, item);
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

  /** Refuses what comes in the wrong order. Only frames say enough to tell. */
  #inOrder(message: DecodedMessage, { kind, session }: SourceItem): DecodedMessage {
    if (kind !== "frame") return message;
    const number = session?.number ?? 0;
    if (message instanceof FrameCommit) return this.#repos.commit(message, number) ?? message;
    if (message.kind === "sync") this.#repos.sync(message, number);
    if (message.kind === "account") this.#repos.account(message);
    return message;
  }

  /** The message of an item, and the watermarks that its time brings. */
  #timed(message: DecodedMessage, item: SourceItem): ShuffledMessage[] {
    this.#itemTimeMs = null;
    if (!("timeMs" in message)) return this.#router.route(message, item);
    const timeMs = item.trustedMs ?? message.timeMs;
    this.#itemTimeMs = this.#reread.timeMs(item.session?.number ?? null, message.timeMs, timeMs);
    const messages = this.#router.route(message, item, timeMs);
    const watermarks = this.#watermarks.advance(timeMs, message.seq);
    return watermarks.length === 0 ? messages : [...messages, ...watermarks];
  }

  /** Time passes without an event. */
  #pass(timeMs: number): ShuffledMessage[] {
    this.#itemTimeMs = timeMs;
    const watermarks = this.#watermarks.advance(timeMs, this.#lastPosition);
    this.counters.messages += watermarks.length;
    return watermarks;
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

  #countGap(gap: Gap): void {
    this.counters.gaps[gap.by] += 1;
    if (this.counters.gaps[gap.by] === 1) this.#onFirstGap(gap);
  }

  #countRejected(one: Rejected): void {
    const before = this.counters.rejected.get(one.reason) ?? 0;
    this.counters.rejected.set(one.reason, before + 1);
    if (this.#toldRejections.isNews(one)) this.#onFirstRejected(one);
  }
}

/** Events of all kinds. */
export function eventsTotal(counters: ShufflerCounters): number {
  return EVENT_KINDS.reduce((sum, kind) => sum + counters.events[kind], 0);
}
