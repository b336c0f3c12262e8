// Keeps out what the log has already but has forgotten the ids of. The log's own window does that for a relay
// while we publish what has just happened. Who is behind by a good part of the window (was away, waited for the
// log, replays a relay) may repeat what another shuffler, or we ourselves, stored long ago: then the ids of all
// that was stored since are known here, until we are up to date again.
//
// The times of a file say nothing of when it was stored, nor does its cursor: a run that was killed before it
// saved one has left events too, and so has another file that overlaps with this one. So it is compared with all
// that is stored.
//
// With the ids it knows which revision of each repo is stored: what is not stored and comes behind that was refused
// before, or did not come, and must not be published any more.

import { isEvent } from "../plan/names.ts";
import type { Clock, StoredIds } from "./ports.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import type { Session } from "./sources/source.ts";
import { isStoredFrame } from "./stored-frame.ts";
import type { StoredRevs } from "./stored-revs.ts";

/** The log dates a message when it has stored it, by a clock that may differ from the relay's. */
export const CLOCKS_APART_MS_MAX = 60_000;

export type RepeatGuardOptions = {
  readonly ids: StoredIds;
  readonly clock: Clock;
  /** How long the log remembers ids. */
  readonly windowMs: number;
  /** Whether times are of now; else it is a file, which may be of any time and stored at any. */
  readonly live: boolean;
  /** The revisions that are stored with the ids: whoever fills `ids` fills it. */
  readonly revs?: StoredRevs;
};

export class RepeatGuard {
  readonly #options: RepeatGuardOptions;
  /** Since when all ids are known; null while the log's own window is enough. */
  #sinceMs: number | null = null;
  /** Until when it stays on, however up to date the source seems; Infinity: for a window from the first item on. */
  #onUntilMs = Number.NEGATIVE_INFINITY;
  /** Of a file: when all was known that was stored; null before its first message. */
  #knownAtMs: number | null = null;
  /** The numbering that is read. */
  #session: Session | null = null;
  /** Messages kept out. */
  repeats = 0;
  /** Those of them that are events. */
  repeatedEvents = 0;

  constructor(options: RepeatGuardOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#sinceMs !== null || this.#knownAtMs !== null;
  }

  /**
   * For a relay that is gone on with: what was stored then and comes again is known whatever the relay's clock
   * says. @param storedMs when the log stored what is gone on behind
   */
  async resume(storedMs: number, signal: AbortSignal): Promise<void> {
    await this.#follow(storedMs - CLOCKS_APART_MS_MAX - this.#options.windowMs, signal);
    this.#onUntilMs = Number.POSITIVE_INFINITY;
  }

  /**
   * To be asked for each item: another host, or one that counts anew, may repeat what came before, and have among it
   * what was refused then. It is gone on with as after a start.
   */
  changesTo(session: Session | undefined): boolean {
    if (session === undefined || session === this.#session) return false;
    const before = this.#session;
    this.#session = session;
    if (before === null) return false;
    return before.host !== session.host || before.numbering !== session.numbering;
  }

  /** Whether all events of a frame are known to be stored. */
  isStored(frame: Uint8Array): boolean {
    const { ids } = this.#options;
    return this.isOn && isStoredFrame(frame, (msgId) => ids.has(msgId));
  }

  /** @param messages of one item, admitted. @returns the revision of its repo that is stored, if that is above its own */
  storedAbove(messages: readonly ShuffledMessage[]): string | null {
    const { revs } = this.#options;
    if (revs === undefined || !this.isOn) return null;
    const event = messages.find(isEvent);
    return event === undefined ? null : revs.above(event);
  }

  /** @param timeMs relay time of the item, null when unknown. @returns those that the log has not got. */
  async admit(
    timeMs: number | null,
    messages: readonly ShuffledMessage[],
    signal: AbortSignal,
  ): Promise<readonly ShuffledMessage[]> {
    if (messages.length === 0) return messages;
    if (!this.#options.live) await this.#catchUp(signal);
    else if (timeMs !== null) await this.#adjust(timeMs, signal);
    if (!this.isOn) return messages;
    return messages.filter((message) => {
      if (!this.#options.ids.has(message.msgId)) return true;
      this.repeats += 1;
      if (isEvent(message)) this.repeatedEvents += 1;
      return false;
    });
  }

  async #adjust(timeMs: number, signal: AbortSignal): Promise<void> {
    const { clock, windowMs, ids } = this.#options;
    const lagMs = clock.now() - timeMs;
    if (this.#onUntilMs === Number.POSITIVE_INFINITY) this.#onUntilMs = clock.now() + windowMs;
    const sinceMs = timeMs - CLOCKS_APART_MS_MAX;
    const isCovered = this.#sinceMs !== null && this.#sinceMs <= timeMs;
    if (lagMs > windowMs / 2 && !isCovered) await this.#follow(sinceMs, signal);
    const isUpToDate = lagMs < windowMs / 4 && clock.now() >= this.#onUntilMs;
    if (isUpToDate && this.#sinceMs !== null) {
      ids.stop();
      this.#options.revs?.clear();
      this.#sinceMs = null;
    }
  }

  /** What was stored after that is in the log's own window, with room for what waits to be sent. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    const { clock, windowMs, ids } = this.#options;
    const nowMs = clock.now();
    if (this.#knownAtMs !== null && nowMs - this.#knownAtMs <= windowMs / 4) return;
    await ids.catchUp(signal);
    this.#knownAtMs = nowMs;
  }

  async #follow(sinceMs: number, signal: AbortSignal): Promise<void> {
    await this.#options.ids.follow(sinceMs, signal);
    this.#sinceMs = sinceMs;
  }
}
