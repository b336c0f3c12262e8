// The shuffler itself: decode, route, watermark. Pure, and the same in `fpaas run` and when live: the
// same items give the same messages.

import { EVENT_KINDS, type EventKind } from "../plan/event.ts";
import { isEvent } from "../plan/names.ts";
import { decodeFrame } from "./decode/frame.ts";
import { FrameCommit } from "./decode/frame-commit.ts";
import type { DecodedMessage } from "./decode/message.ts";
import { withoutOps } from "./decode/refused-ops.ts";
import { type Rejected, type RejectReason, rejected } from "./decode/rejection.ts";
import { type Gap, type GapKind, RepoOrder } from "./repo-order.ts";
import { Reread } from "./reread.ts";
import { Router, type RouterOptions } from "./route.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import type { SourceItem } from "./sources/source.ts";
import { type StateMessage, StateOrder } from "./state-order.ts";
import { ToldRejections } from "./told-rejections.ts";
import { WatermarkMaker } from "./watermark.ts";

export type ShufflerOptions = RouterOptions & {
  /** Called with the first refusal of each reason, and with the first few of it that differ; the rest are only counted. */
  readonly onFirstRejected?: (rejected: Rejected) => void;
  /** Likewise with the first gap by each field. */
  readonly onFirstGap?: (gap: Gap) => void;
  /** Likewise with the first state that came behind a later one. */
  readonly onFirstSuperseded?: (state: StateMessage) => void;
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
  /** States of accounts that came behind a later one, and were left out. */
  superseded: number;
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
    superseded: 0,
    messages: 0,
  };
  readonly #router: Router;
  readonly #watermarks: WatermarkMaker;
  readonly #repos = new RepoOrder((gap) => this.#countGap(gap));
  readonly #onFirstRejected: (rejected: Rejected) => void;
  readonly #toldRejections = new ToldRejections();
  readonly #onFirstGap: (gap: Gap) => void;
  readonly #onFirstSuperseded: (state: StateMessage) => void;
  readonly #states = new StateOrder();
  readonly #reread = new Reread();
  #lastPosition = 0;
  #itemTimeMs: number | null = null;

  constructor(options: ShufflerOptions) {
    this.#router = new Router(options);
    this.#watermarks = new WatermarkMaker(options.partitions);
    this.#onFirstRejected = options.onFirstRejected ?? (() => {});
    this.#onFirstGap = options.onFirstGap ?? (() => {});
    this.#onFirstSuperseded = options.onFirstSuperseded ?? (() => {});
  }

  /** Greatest time of an event, milliseconds; -Infinity before the first. */
  get relayTimeMs(): number {
    return this.#watermarks.greatestMs;
  }

  /** When the last item happened, milliseconds; before its own time where it may be read again. Null: unknown. */
  get itemTimeMs(): number | null {
    return this.#itemTimeMs;
  }

  /** A state that the log holds already, of an earlier run: what comes later is held against it. */
  recall(state: StateMessage, storedTimeMs: number): void {
    const verdict = this.#states.take(state, { numbering: "stored", arrivedMs: storedTimeMs });
    if (verdict.kind === "fresh" && state.kind === "account") this.#repos.account(state);
  }

  /** @returns the messages to publish for one item, in this order. */
  push(item: SourceItem): ShuffledMessage[] {
    if (item.kind === "clock") return this.#pass(item.timeMs);
    const decoded =
      item.kind === "frame" ? withoutOps(decodeFrame(item.raw), item.refused) : item.message;
    const message = this.#inOrder(decoded, item);
    const ordinal = isState(message) ? this.#ordinalOf(message, item) : 0;
    const messages = this.#timed(message, item, ordinal);
    this.#lastPosition = item.position;
    if (ordinal === null) this.counters.items += 1;
    else this.#count(message);
    this.counters.messages += messages.length;
    return messages;
  }

  /**
   * Refuses an item after all: a later revision of its repo is stored.
   * @param messages those made of it that are not stored
   * @returns what to publish in their place
   */
  refuse(
    item: SourceItem,
    messages: readonly ShuffledMessage[],
    storedRev: string,
  ): ShuffledMessage[] {
    const events = messages.filter(isEvent);
    this.counters.events[kindOf(events)] -= events.length;
    const one = rejected("rev_order", `its rev is not above ${storedRev}, which is stored`);
    this.#countRejected(one);
    const others = messages.filter((message) => !isEvent(message));
    this.counters.messages += 1 - events.length;
    return [...this.#router.route(one, item), ...others];
  }

  /** The last messages of a finite source: one watermark per partition that closes every window. */
  closeWindows(): ShuffledMessage[] {
    const messages = this.#watermarks.end(this.#lastPosition);
    this.counters.messages += messages.length;
    return messages;
  }

  /** Refuses what comes in the wrong order. Only frames say enough to tell. */
  #inOrder(message: DecodedMessage, item: SourceItem): DecodedMessage {
    if (item.kind !== "frame") return message;
    const number = item.session?.number ?? 0;
    if (message instanceof FrameCommit) {
      return this.#repos.commit(message, number, this.#nowMs(message, item)) ?? message;
    }
    if (message.kind !== "sync") return message;
    return this.#repos.sync(message, number, this.#nowMs(message, item)) ?? message;
  }

  /** Which of its equals a state is; null when it came behind a later one. */
  #ordinalOf(state: StateMessage, item: SourceItem): number | null {
    const { session, kind } = item;
    const numbering = session === undefined ? "" : `${session.host} ${session.numbering}`;
    const verdict = this.#states.take(state, { numbering, arrivedMs: this.#nowMs(state, item) });
    if (verdict.kind === "superseded") {
      this.counters.superseded += 1;
      if (this.counters.superseded === 1) this.#onFirstSuperseded(state);
      return null;
    }
    if (state.kind === "account" && kind === "frame") this.#repos.account(state);
    return verdict.ordinal;
  }

  /** The stream's clock, when this item has come. */
  #nowMs({ timeMs }: { readonly timeMs: number }, { trustedMs }: SourceItem): number {
    return Math.max(this.#watermarks.greatestMs, trustedMs ?? timeMs);
  }

  /** The message of an item, and the watermarks that its time brings. */
  #timed(message: DecodedMessage, item: SourceItem, ordinal: number | null): ShuffledMessage[] {
    this.#itemTimeMs = null;
    if (!("timeMs" in message)) return this.#router.route(message, item);
    const timeMs = item.trustedMs ?? message.timeMs;
    this.#itemTimeMs = this.#reread.timeMs(item.session?.number ?? null, message.timeMs, timeMs);
    const messages = ordinal === null ? [] : this.#router.route(message, item, timeMs, ordinal);
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

function isState(message: DecodedMessage): message is StateMessage {
  return message.kind === "account" || message.kind === "identity";
}

/** All of one item, which is a commit or a sync. */
function kindOf(events: readonly ShuffledMessage[]): "commit" | "sync" {
  return events.some(({ subject }) => subject.endsWith(".sync")) ? "sync" : "commit";
}

/** Events of all kinds. */
export function eventsTotal(counters: ShufflerCounters): number {
  return EVENT_KINDS.reduce((sum, kind) => sum + counters.events[kind], 0);
}
