// The live loop: source → shuffler → publisher. Reads no faster than the publisher takes, and saves as
// cursor only what is stored without a gap before it, so that a restart loses nothing.

import { CursorTracker, type Mark, type Ticket } from "./cursor.ts";
import { CursorSaver } from "./cursor-saver.ts";
import { Pacer, type Speed } from "./pace.ts";
import type { Clock, CursorStore, Publisher } from "./ports.ts";
import type { RepeatGuard } from "./repeat-guard.ts";
import type { Shuffler, ShufflerCounters } from "./shuffle.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import type { Source, SourceItem } from "./sources/source.ts";

/** The cursor is saved, and progress reported, at most so often. */
export const REPORT_INTERVAL_MS = 1000;
/** How long a stop waits for what is in flight; what is not stored by then is published again. */
export const STOP_WAIT_MS_MAX = 5000;

export type PublishOptions = {
  readonly source: Source;
  readonly shuffler: Shuffler;
  readonly publisher: Publisher;
  readonly cursorStore: CursorStore;
  /** Keeps out what the log has already. */
  readonly guard: RepeatGuard;
  readonly clock: Clock;
  /** Of recordings; a live source is read at `max`. */
  readonly speed: Speed;
  /** Whether the end of the source closes every window. */
  readonly closeWindows: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** The cursor could not be saved. Told once until it can be again; it is tried at every interval. */
  readonly onCursorNotSaved: (error: unknown) => void;
};

export type Progress = {
  /** Up to where everything is stored; null before the first. */
  readonly frontier: Mark | null;
  /** Items read but not yet behind the frontier. */
  readonly outstanding: number;
  readonly counters: ShufflerCounters;
  /** Items left out because another shuffler had saved a cursor beyond them. */
  readonly skipped: number;
};

/**
 * Publishes a source until its end or until the signal aborts, and saves the cursor at the end.
 * @returns the last progress. @throws what the source or publisher threw; the cursor was saved up to
 * there if it could be. @throws CursorNotSaved when all went well but that.
 */
export async function publishSource(options: PublishOptions): Promise<Progress> {
  return await new PublishLoop(options).run();
}

class PublishLoop {
  readonly #options: PublishOptions;
  readonly #tracker = new CursorTracker();
  readonly #pacer: Pacer;
  readonly #saver: CursorSaver;
  #reportedAtMs: number;
  #skipped = 0;
  /** Whether a report will be made though nothing comes. */
  #isReportDue = false;
  readonly #ended = new AbortController();

  constructor(options: PublishOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.source.live ? "max" : options.speed, options.clock);
    this.#saver = new CursorSaver(options.cursorStore, options.clock, options.onCursorNotSaved);
    this.#reportedAtMs = options.clock.now();
  }

  async run(): Promise<Progress> {
    try {
      await this.#readAndDrain();
    } catch (error) {
      await this.#saver.finish(this.#tracker.frontiers).catch(this.#options.onCursorNotSaved);
      throw error;
    }
    await this.#saver.finish(this.#tracker.frontiers);
    const progress = this.#progress();
    this.#options.onProgress(progress);
    return progress;
  }

  async #readAndDrain(): Promise<void> {
    try {
      await this.#readAll();
    } finally {
      // Also when the source broke off: what it gave before is worth storing.
      await this.#drain().finally(() => this.#ended.abort());
    }
  }

  async #readAll(): Promise<void> {
    const { source, shuffler, signal, closeWindows } = this.#options;
    for await (const batch of source.batches()) {
      for (const item of batch) {
        if (signal.aborted) return;
        await this.#take(item);
      }
    }
    if (closeWindows && !signal.aborted) await this.#publishEnd(shuffler.closeWindows());
  }

  async #take(item: SourceItem): Promise<void> {
    const { shuffler, guard, clock, signal } = this.#options;
    if (guard.changesTo(item.session)) await guard.resume(clock.now(), signal);
    const messages = shuffler.push(item);
    await this.#pacer.until(shuffler.relayTimeMs, signal);
    if (signal.aborted) return;
    const mark = this.#markOf(item);
    // A clock has the position of the item before it, and is news all the same.
    if (item.kind !== "clock" && this.#saver.isStoredByOthers(mark)) await this.#skip(mark);
    else await this.#publish(mark, item, messages);
    this.#report();
  }

  #markOf({ position, session }: SourceItem): Mark {
    const host = session?.host ?? this.#options.source.name;
    return { host, numbering: session?.numbering ?? 0, position };
  }

  async #skip(mark: Mark): Promise<void> {
    this.#skipped += 1;
    this.#complete(await this.#tracker.begin(mark));
  }

  /** Sends the messages in order; the item completes when all of them are stored. */
  async #publish(
    mark: Mark,
    item: SourceItem,
    messages: readonly ShuffledMessage[],
  ): Promise<void> {
    const { publisher, guard, shuffler, signal } = this.#options;
    const ticket = await this.#tracker.begin(mark);
    const admitted = await guard.admit(shuffler.itemTimeMs, messages, signal);
    // Lines and exports say too little of a repo's order, and are not verified: they are not refused by it elsewhere.
    const storedRev = item.kind === "frame" ? guard.storedAbove(admitted) : null;
    const fresh = storedRev === null ? admitted : shuffler.refuse(item, admitted, storedRev);
    const stored: Promise<void>[] = [];
    let whole = false;
    try {
      for (const message of fresh) stored.push((await publisher.publish(message, signal)).stored);
      whole = true;
    } catch (error) {
      // Once stopped the publisher takes no more, and the item stays beyond the frontier.
      if (!signal.aborted) throw error;
    } finally {
      Promise.all(stored).then(
        () => whole && this.#complete(ticket),
        (error: unknown) => this.#fail(error),
      );
    }
  }

  /** A source that waits for room gives nothing more before it hears of it. */
  #complete(ticket: Ticket): void {
    this.#tracker.complete(ticket);
    this.#options.source.release?.(this.#tracker.completed);
    if (this.#tracker.outstanding === 0) this.#reportLater();
  }

  /** All is stored: on a quiet relay no further item will make us say so. */
  #reportLater(): void {
    if (this.#isReportDue || !this.#options.source.live) return;
    this.#isReportDue = true;
    const { clock } = this.#options;
    const waitMs = Math.max(0, REPORT_INTERVAL_MS - (clock.now() - this.#reportedAtMs));
    void clock.sleep(waitMs, this.#ended.signal).then(() => {
      this.#isReportDue = false;
      if (this.#ended.signal.aborted) return;
      this.#report();
      if (!this.#saver.isSaved(this.#tracker.frontiers)) this.#reportLater();
    });
  }

  #fail(error: unknown): void {
    if (!this.#options.signal.aborted) this.#tracker.fail(error);
  }

  /** The end has the position of the last item, so that a restart says it again rather than never. */
  async #publishEnd(messages: readonly ShuffledMessage[]): Promise<void> {
    await this.#tracker.idle();
    const { publisher, signal } = this.#options;
    for (const message of messages) await (await publisher.publish(message, signal)).stored;
  }

  /** Waits for what is in flight: for all of it at the source's end, for a while when stopped. */
  async #drain(): Promise<void> {
    const { signal, clock } = this.#options;
    if (!signal.aborted) return await this.#tracker.idle();
    const idle = new AbortController();
    const settled = this.#tracker.idle().finally(() => idle.abort());
    await Promise.race([settled, clock.sleep(STOP_WAIT_MS_MAX, idle.signal)]);
  }

  #report(): void {
    const nowMs = this.#options.clock.now();
    if (nowMs - this.#reportedAtMs < REPORT_INTERVAL_MS) return;
    this.#reportedAtMs = nowMs;
    this.#saver.begin(this.#tracker.frontiers);
    this.#options.onProgress(this.#progress());
  }

  #progress(): Progress {
    const { frontier, outstanding } = this.#tracker;
    const { counters } = this.#options.shuffler;
    return { frontier, outstanding, counters, skipped: this.#skipped };
  }
}
