// Where to go on at one relay: behind what this process has read of it, or what any shuffler has saved, or,
// when there is neither, at a time. Decides what happens when the relay does not know our cursor.

import type { Place, Places } from "../ports.ts";
import { type SeekOptions, seekTime } from "./relay-seek.ts";
import { SEQ_MAX } from "./seq-mark.ts";

/**
 * A saved cursor is gone behind with so many positions of overlap, 6 s at the usual rate: in case that the log lost
 * the last it had acknowledged, and so that trusted time has frames to go by. What the log still has is deduplicated.
 */
export const RESUME_OVERLAP_SEQS = 2000;
/** A time is gone behind with this overlap: two relays do not get everything in one order. */
export const SEEK_OVERLAP_MS = 60_000;
/** On a change of relays a cursor older than this is not gone behind: its time is looked for. */
export const CURSOR_FRESH_MS = 600_000;
/** Wrong seqs of a relay that are remembered; one more, and all are forgotten. */
export const DISBELIEVED_SEQS_MAX = 1000;

/** A connection to be made. */
export type Start = {
  /** Null for the relay's present. */
  readonly cursor: number | null;
  /** What must not be missing is behind this; it is above `cursor` when there is an overlap. */
  readonly position: number | null;
  readonly numbering: number;
  /** The relay time that was looked for, when the position was found by it. */
  readonly soughtMs: number | null;
  /** A saved position that is none. */
  readonly distrusted: number | null;
};

export type HostOptions = Omit<SeekOptions, "url"> & {
  readonly places: Places;
};

export class RelayHost {
  readonly url: URL;
  readonly #options: HostOptions;
  #numbering = 0;
  /** Last seq read in this process under `#numbering`. */
  #read: number | null = null;
  #readAtMs = 0;
  #isFuture = false;
  readonly #disbelieved = new Set<number>();

  constructor(url: URL, options: HostOptions) {
    this.url = url;
    this.#options = options;
  }

  get name(): string {
    return this.url.host;
  }

  /** Last seq read in this process, null before the first. */
  get read(): number | null {
    return this.#read;
  }

  noteRead(seq: number): void {
    this.#read = seq;
    this.#readAtMs = this.#options.clock.now();
  }

  /** The relay said that our cursor is one it has not given out yet. */
  noteFuture(): void {
    this.#isFuture = true;
  }

  /**
   * What was read since then has the wrong numbers, and may be saved: a numbering of its own begins, so that nothing is
   * held against those.
   * @param read the last that is right; null when none is known
   * @param wrong the seq that was not, which the relay may repeat
   */
  goBack(read: number | null, wrong: number): void {
    this.#numbering += 1;
    this.#read = read;
    if (this.#disbelieved.size >= DISBELIEVED_SEQS_MAX) this.#disbelieved.clear();
    this.#disbelieved.add(wrong);
  }

  /** Seqs that turned out wrong. */
  get disbelieved(): ReadonlySet<number> {
    return this.#disbelieved;
  }

  /**
   * @param timeMs relay time up to which everything was had, of whichever host; null when nothing is known
   * @param isChange whether another relay was read before
   * @throws RelayDisconnected; what `places` throws when there is nothing else to go by
   */
  async start(timeMs: number | null, isChange: boolean): Promise<Start> {
    const saved = await this.#saved(timeMs !== null);
    if (saved !== null && saved.position > SEQ_MAX && saved.numbering >= this.#numbering) {
      this.#numbering = saved.numbering;
      return { ...(await this.#countAnew(timeMs)), distrusted: saved.position };
    }
    if (this.#isFuture && !this.#adopt(saved)) return await this.#countAnew(timeMs);
    this.#adopt(saved);
    const position = greater(
      this.#read,
      saved?.numbering === this.#numbering ? saved.position : null,
    );
    const placeAtMs = Math.max(this.#readAtMs, saved?.savedAtMs ?? 0);
    const isStale = this.#options.clock.now() - placeAtMs > CURSOR_FRESH_MS;
    if (timeMs !== null && (position === null || (isChange && isStale))) {
      return await this.#seek(timeMs, position);
    }
    // What this process has read is on its way: no overlap.
    const overlap = position === this.#read ? 0 : RESUME_OVERLAP_SEQS;
    const cursor = position === null ? null : Math.max(0, position - overlap);
    return { cursor, position, numbering: this.#numbering, soughtMs: null, distrusted: null };
  }

  /** Takes a newer numbering that another shuffler has found. @returns whether there was one. */
  #adopt(saved: Place | null): boolean {
    if (saved === null || saved.numbering <= this.#numbering) return false;
    this.#numbering = saved.numbering;
    this.#read = null;
    this.#isFuture = false;
    return true;
  }

  /** The old positions mean nothing any more: go on at the time we have, or at the oldest there is. */
  async #countAnew(timeMs: number | null): Promise<Start> {
    const oldest = {
      cursor: 0,
      position: 0,
      numbering: this.#numbering + 1,
      soughtMs: null,
      distrusted: null,
    };
    const start = timeMs === null ? oldest : await this.#seek(timeMs, null);
    this.#numbering += 1;
    this.#read = null;
    this.#isFuture = false;
    return { ...start, numbering: this.#numbering };
  }

  async #seek(timeMs: number, position: number | null): Promise<Start> {
    const soughtMs = timeMs - SEEK_OVERLAP_MS;
    const from = position ?? 0;
    const found = await seekTime({ ...this.#options, url: this.url }, from, soughtMs);
    const numbering = this.#numbering;
    // A relay that has not had an event for so long has few: take all it keeps.
    const known = { numbering, distrusted: null };
    if (found === null) return { cursor: from, position: from, soughtMs: null, ...known };
    return { cursor: found, position: found, soughtMs, ...known };
  }

  /** @param optional whether an outage may be passed over: we know enough without. */
  async #saved(optional: boolean): Promise<Place | null> {
    try {
      return await this.#options.places.load(this.name);
    } catch (error) {
      if (optional || this.#read !== null) return null;
      throw error;
    }
  }
}

function greater(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}
