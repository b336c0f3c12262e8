// Keeps out what the log has already but has forgotten the ids of. While we publish what has just happened
// the log's own window does that. Who is behind by a good part of the window (was away, waited for the log,
// replays a relay) may repeat what another shuffler, or we ourselves, stored long ago: then the ids of all
// that was stored since are known here, until we are up to date again.

import { isEvent } from "../plan/names.ts";
import type { Clock, StoredIds } from "./ports.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";

/** The log dates a message when it has stored it, by a clock that may differ from the relay's. */
export const CLOCKS_APART_MS_MAX = 60_000;

export type RepeatGuardOptions = {
  readonly ids: StoredIds;
  readonly clock: Clock;
  /** How long the log remembers ids. */
  readonly windowMs: number;
  /** Whether relay times are of now: a recording is not behind because it is old. */
  readonly live: boolean;
};

export class RepeatGuard {
  readonly #options: RepeatGuardOptions;
  /** Since when all ids are known; null while the log's own window is enough. */
  #sinceMs: number | null = null;
  /** Messages kept out. */
  repeats = 0;
  /** Those of them that are events. */
  repeatedEvents = 0;

  constructor(options: RepeatGuardOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#sinceMs !== null;
  }

  /** For a recording that is gone on with: what was stored beyond the cursor is not repeated. */
  async resume(savedAtMs: number, signal: AbortSignal): Promise<void> {
    await this.#follow(savedAtMs - this.#options.windowMs, signal);
  }

  /** @param timeMs relay time of the item, null when unknown. @returns those that the log has not got. */
  async admit(
    timeMs: number | null,
    messages: readonly ShuffledMessage[],
    signal: AbortSignal,
  ): Promise<readonly ShuffledMessage[]> {
    if (this.#options.live && timeMs !== null) await this.#adjust(timeMs, signal);
    if (this.#sinceMs === null) return messages;
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
    const sinceMs = timeMs - CLOCKS_APART_MS_MAX;
    const isCovered = this.#sinceMs !== null && this.#sinceMs <= timeMs;
    if (lagMs > windowMs / 2 && !isCovered) await this.#follow(sinceMs, signal);
    if (lagMs < windowMs / 4 && this.#sinceMs !== null) {
      ids.stop();
      this.#sinceMs = null;
    }
  }

  async #follow(sinceMs: number, signal: AbortSignal): Promise<void> {
    await this.#options.ids.follow(sinceMs, signal);
    this.#sinceMs = sinceMs;
  }
}
