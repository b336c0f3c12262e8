// Frames that a source gives again: after a reconnect, or where recordings that overlap are joined. They have the
// times of the first giving, and no say in those of others: behind the last frame of one recording the first ones of
// the next would speak against it.
//
// A commit is known again by its account, its revision and what it claims, also from another relay, whose seqs are
// others; any other frame by its length, its beginning and its end. A clock that stands still makes many frames of
// one claim, so the claim alone says little.

import { wordsOf } from "../../bytes/words.ts";
import { PLC, PLC_DID_LENGTH, TID_LENGTH } from "../decode/fields.ts";
import type { CommitPlaces } from "../decode/peek-time.ts";
import { GIVEN_FRAMES } from "./limits.ts";

/** Of a frame that is no usual commit: all of an identity or account event, and of others where ids and hashes are. */
const BEGIN_BYTES = 192;
const END_BYTES = 128;
const LONG_WORD = 8;
/** Odd, so that no bit of a hash is lost by it: 2^32 by the golden ratio. */
const MULTIPLIER = 0x9e3779b1;

/** What `note` answers for a frame that is new. */
export const NEW_FRAME = -1;

/**
 * The last frames, in chains by the hash of what they are known by. A chain is in order, the newest first: behind
 * the first frame that is forgotten there are only others, so that none has to be taken out. 28 bytes a frame.
 */
export class GivenTimes {
  readonly #frames: number;
  readonly #slotMask: number;
  /** By slot: the number, from 0 and modulo 2^32, of the newest frame of the chain. */
  readonly #heads: Int32Array;
  /**
   * By the number of a frame modulo the length, in pairs: its hash, and the next of its chain. To look one up costs
   * what is fetched from memory: one place for the head, one for each of the chain.
   */
  readonly #links: Int32Array;
  /** Likewise what it claims, and its time. */
  readonly #claimsMs: Float64Array;
  readonly #timesMs: Float64Array;
  #noted = 0;
  #decided = 0;

  /** @param frames how many are remembered, a power of two */
  constructor(frames = GIVEN_FRAMES) {
    this.#frames = frames;
    this.#slotMask = frames - 1;
    this.#heads = new Int32Array(frames);
    this.#claimsMs = new Float64Array(frames);
    this.#links = new Int32Array(2 * frames);
    this.#timesMs = new Float64Array(frames);
  }

  /**
   * Takes note of a frame.
   * @param places of a usual commit: where its account and its revision stand
   * @returns its number if it was given before, else `NEW_FRAME`
   */
  note(frame: Uint8Array, claimMs: number, places: Readonly<CommitPlaces>): number {
    const mark = places.revAt < 0 ? markOfFrame(frame) : markOfCommit(frame, places);
    const slot = mixed(mark ^ Math.imul(claimMs | 0, MULTIPLIER)) & this.#slotMask;
    const head = this.#heads[slot] ?? 0;
    let age = 0;
    // Each of a chain is older than the one before it: what is not is left over from long ago, or was never set.
    for (let at = head, next = this.#ageOf(at); next > age && next <= this.#frames; ) {
      age = next;
      const i = at & this.#slotMask;
      if (this.#links[2 * i] === mark && this.#claimsMs[i] === claimMs) return this.#noted - age;
      at = this.#links[2 * i + 1] ?? 0;
      next = this.#ageOf(at);
    }
    const i = this.#noted & this.#slotMask;
    this.#claimsMs[i] = claimMs;
    this.#links[2 * i] = mark;
    this.#links[2 * i + 1] = head;
    this.#heads[slot] = this.#noted;
    this.#noted += 1;
    return NEW_FRAME;
  }

  /** How many frames ago that with this number modulo 2^32 was noted. */
  #ageOf(number: number): number {
    return (this.#noted - number) >>> 0;
  }

  /** The time of the next new frame, in the order they were noted, milliseconds. */
  decide(timeMs: number): void {
    this.#timesMs[this.#decided & this.#slotMask] = timeMs;
    this.#decided += 1;
  }

  /** The time of a frame, milliseconds; null when it is too long ago. */
  timeMs(number: number): number | null {
    const isThere = number < this.#decided && number >= this.#decided - this.#frames;
    return isThere ? (this.#timesMs[number & this.#slotMask] ?? null) : null;
  }
}

function markOfCommit(frame: Uint8Array, { revAt, didAt }: CommitPlaces): number {
  const words = wordsOf(frame);
  const base = frame.byteOffset;
  const mark = hashed(words, base + revAt, base + revAt + TID_LENGTH, 0);
  return hashed(words, base + didAt + PLC.length, base + didAt + PLC_DID_LENGTH, mark);
}

function markOfFrame(frame: Uint8Array): number {
  const words = wordsOf(frame);
  const start = frame.byteOffset;
  const end = start + frame.length;
  const beginEnd = Math.min(start + BEGIN_BYTES, end);
  const mark = hashed(words, start, beginEnd, Math.imul(frame.length, MULTIPLIER));
  return hashed(words, Math.max(beginEnd, end - END_BYTES), end, mark);
}

/** The bytes from `start` to `end` into a hash, eight at a time; the last eight may overlap those before them. */
function hashed(words: DataView, start: number, end: number, seed: number): number {
  let hash = seed;
  const last = end - LONG_WORD;
  for (let at = start; at < last; at += LONG_WORD) hash = stirred(hash, foldedAt(words, at));
  if (last >= start) return stirred(hash, foldedAt(words, last));
  for (let at = start; at < end; at += 1) hash = stirred(hash, words.getUint8(at));
  return hash;
}

/** Eight bytes as 32 bits. */
function foldedAt(words: DataView, at: number): number {
  const second = Math.imul(words.getInt32(at + LONG_WORD / 2, true), MULTIPLIER);
  return words.getInt32(at, true) ^ second ^ (second >>> 13);
}

function stirred(hash: number, word: number): number {
  const spread = Math.imul(hash ^ word, MULTIPLIER);
  return spread ^ (spread >>> 15);
}

/** Lets high bits count in the low ones, which choose the slot. */
function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return once ^ (once >>> 13);
}
