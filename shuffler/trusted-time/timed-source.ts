// A source whose frames have a time that we stand for, in the same order. Of a recording a frame waits for those
// behind it; of a live source it waits a second at the most. What waits here counts as not yet read: no cursor
// covers it.

import { type CommitPlaces, peekTimeMs } from "../decode/peek-time.ts";
import type { Clock } from "../ports.ts";
import type { Source, SourceItem } from "../sources/source.ts";
import { GivenTimes, NEW_FRAME } from "./given-times.ts";
import { ITEM_BYTES, LOOK_AHEAD_BYTES_MAX, QUIET_MS, QUIET_SLACK_MS } from "./limits.ts";
import type { ClockCounters } from "./stream-clock.ts";
import { TrustedTimes } from "./trusted-times.ts";

const EMPTY = new Uint8Array();

export type TimedSourceOptions = {
  readonly source: Source;
  /** Asked only for a live source: the times of a recording depend on its frames alone. */
  readonly clock: Clock;
  /** Where the clock of an earlier run stood, milliseconds; null for none. */
  readonly floorMs?: number | null;
  /** Items up to this position take part, and are not handed out: an earlier run has. */
  readonly passedPosition?: number | null;
  /** Frames that are known when they are given again, a power of two. */
  readonly givenFrames?: number;
};

/** For metrics and summaries. */
export type TimeStats = Readonly<ClockCounters> & {
  /** Whether our wall clock agrees with a live source. */
  readonly isWallTrusted: boolean;
};

/** What waits without a vote: how many items had come before it, and which frame it repeats (`NEW_FRAME`: it has no time). */
type Silent = { readonly at: number; readonly repeats: number };

export class TimedSource implements Source {
  readonly name: string;
  readonly live: boolean;
  readonly #options: TimedSourceOptions;
  readonly #times: TrustedTimes;
  readonly #passedPosition: number;
  readonly #known: GivenTimes;
  /** Of the frame at hand. */
  readonly #places: CommitPlaces = { revAt: -1, didAt: -1 };
  #waiting: SourceItem[] = [];
  /** Those before it have left. */
  #first = 0;
  #silent: Silent[] = [];
  #came = 0;
  #left = 0;
  #bytes = 0;
  #out: SourceItem[] = [];
  #last: SourceItem | null = null;
  #given = 0;
  /** How many items had been handed out with each of our own, those that are not yet released. */
  #ownAt: number[] = [];
  #ownReleased = 0;

  constructor(options: TimedSourceOptions) {
    const { source, floorMs, passedPosition } = options;
    this.#known = new GivenTimes(options.givenFrames);
    this.name = source.name;
    this.live = source.live;
    this.#options = options;
    const { live } = source;
    this.#times = new TrustedTimes({ live, floorMs: floorMs ?? Number.NEGATIVE_INFINITY });
    this.#passedPosition = passedPosition ?? Number.NEGATIVE_INFINITY;
  }

  get stats(): TimeStats {
    return { ...this.#times.counters, isWallTrusted: this.#times.isWallTrusted };
  }

  batches(): AsyncGenerator<readonly SourceItem[]> {
    return this.live ? this.#live() : this.#finite();
  }

  /** Items of our own are none of the inner source's. */
  release(items: number): void {
    while ((this.#ownAt[0] ?? Number.POSITIVE_INFINITY) <= items) {
      this.#ownAt.shift();
      this.#ownReleased += 1;
    }
    this.#options.source.release?.(items - this.#ownReleased);
  }

  async *#finite(): AsyncGenerator<readonly SourceItem[]> {
    try {
      for await (const batch of this.#options.source.batches()) {
        this.#take(batch, 0);
        if (this.#out.length > 0) yield this.#handOut();
      }
    } catch (error) {
      // What came before it was broken off is as good as what comes before an end.
      yield* this.#rest(0);
      throw error;
    }
    yield* this.#rest(0);
  }

  async *#live(): AsyncGenerator<readonly SourceItem[]> {
    const { source, clock } = this.#options;
    const batches = source.batches()[Symbol.asyncIterator]();
    try {
      let next = read(batches);
      for (;;) {
        const got = await this.#within(next);
        if (got === null) this.#idle(clock.now());
        else if (got.kind === "batch") {
          next = read(batches);
          this.#take(got.items, clock.now());
        } else {
          yield* this.#rest(clock.now());
          if (got.kind === "broken") throw got.error;
          return;
        }
        if (this.#out.length > 0) yield this.#handOut();
      }
    } finally {
      // Not awaited: a quiet relay would keep us until its next frame.
      batches.return?.(undefined).catch(() => {});
    }
  }

  /** What comes next; null when something is due before. */
  async #within(next: Promise<Read>): Promise<Read | null> {
    const { clock } = this.#options;
    const dueMs = this.#times.dueMs();
    const waitMs = dueMs === null ? QUIET_MS : Math.max(0, dueMs - clock.now());
    const over = new AbortController();
    const due = clock.sleep(waitMs, over.signal).then(() => null);
    const first = await Promise.race([next, due]);
    over.abort();
    return first;
  }

  #take(batch: readonly SourceItem[], wallMs: number): void {
    for (const item of batch) {
      const claimMs = item.kind === "frame" ? peekTimeMs(item.raw, this.#places) : null;
      if (claimMs === null && this.#first === this.#waiting.length) {
        this.#give(item);
        continue;
      }
      const repeats =
        claimMs === null ? NEW_FRAME : this.#known.note(item.raw, claimMs, this.#places);
      const votes = claimMs !== null && repeats === NEW_FRAME;
      if (votes) this.#times.push(claimMs, item.position, wallMs);
      else this.#silent.push({ at: this.#came, repeats });
      this.#waiting.push(item);
      this.#came += 1;
      this.#bytes += bytesOf(item);
      this.#settle(wallMs);
    }
  }

  #timed(item: SourceItem, wallMs: number): SourceItem {
    const trustedMs = this.#times.take(wallMs);
    this.#known.decide(trustedMs);
    return timed(item, trustedMs);
  }

  #repeated(item: SourceItem, { repeats }: Silent): SourceItem {
    if (repeats === NEW_FRAME) return item;
    return timed(item, this.#known.timeMs(repeats) ?? this.#times.clockMs);
  }

  /** Hands out what can be. */
  #settle(wallMs: number, all = false): void {
    while (this.#first < this.#waiting.length) {
      const item = this.#waiting[this.#first] as SourceItem; // It is before the end.
      const silent = this.#silent[0]?.at === this.#left ? this.#silent[0] : null;
      const isDue = silent !== null || all || this.#bytes >= LOOK_AHEAD_BYTES_MAX;
      if (!isDue && !this.#times.canTake(wallMs)) break;
      if (silent !== null) this.#silent.shift();
      this.#first += 1;
      this.#left += 1;
      this.#bytes -= bytesOf(item);
      this.#give(silent === null ? this.#timed(item, wallMs) : this.#repeated(item, silent));
    }
    if (this.#first < 1024 || this.#first * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }

  /** Nothing has come for a while. */
  #idle(wallMs: number): void {
    this.#settle(wallMs);
    const quietMs = this.#options.source.quietMs?.() ?? null;
    if (quietMs === null || this.#last === null || this.#first < this.#waiting.length) return;
    if (!this.#times.follow(quietMs, QUIET_SLACK_MS)) return;
    const { position, session } = this.#last;
    const from = { position, raw: EMPTY, ...(session !== undefined && { session }) };
    this.#give({ kind: "clock", ...from, timeMs: Math.floor(this.#times.clockMs) });
    this.#ownAt.push(this.#given);
  }

  #give(item: SourceItem): void {
    if (item.position <= this.#passedPosition) return;
    this.#given += 1;
    this.#last = item;
    this.#out.push(item);
  }

  #handOut(): readonly SourceItem[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  *#rest(wallMs: number): Generator<readonly SourceItem[]> {
    this.#settle(wallMs, true);
    if (this.#out.length > 0) yield this.#handOut();
  }
}

type Read =
  | { readonly kind: "batch"; readonly items: readonly SourceItem[] }
  | { readonly kind: "end" }
  | { readonly kind: "broken"; readonly error: unknown };

/** Never rejects: it may be awaited late. */
async function read(batches: AsyncIterator<readonly SourceItem[]>): Promise<Read> {
  try {
    const { done, value } = await batches.next();
    return done === true ? { kind: "end" } : { kind: "batch", items: value };
  } catch (error) {
    return { kind: "broken", error };
  }
}

/** A frame with its time. A copy by `...` takes a tenth of a frame's time. */
function timed({ position, raw, session }: SourceItem, trustedMs: number): SourceItem {
  if (session === undefined) return { kind: "frame", position, raw, trustedMs };
  return { kind: "frame", position, raw, session, trustedMs };
}

function bytesOf({ raw }: SourceItem): number {
  return raw.length + ITEM_BYTES;
}
