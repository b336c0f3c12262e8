// The rule of the design (D7) as plainly as it can be written, over whole arrays and without a thought of speed: what
// a streaming, quick, further mended rule is held against on the same frames. Its own tables were made by another
// generator, so that their last digit says nothing here.

import type { MadeFrame } from "./generate.ts";
import type { Times } from "./play.ts";

const TOLERANCE_MS = 1000;
const BEHIND_MS = 5000;
const NEAR = 7;
const NEAR_VOTES = 4;
const LOCAL = 31;
const BLOCK = 32;
const BLOCKS = 32;
const BLOCK_VOTERS = 4;
const GAP_MS = 30_000;
const ESTABLISHED = 64;
const ESCALATION = 512;
const FROZEN = 8192;
const ADVANCES = 16;

type Long = { readonly lowMs: number; readonly medianMs: number };

/** @returns what the rule as designed makes of a recording */
export function playDesigned(frames: readonly MadeFrame[]): Times {
  return new Designed(frames.map(({ claimMs }) => claimMs)).play();
}

class Designed {
  readonly #claims: readonly number[];
  #clockMs = Number.NEGATIVE_INFINITY;
  #age = 0;
  #against = 0;
  #behind = 0;
  #lastMs: number[] = [];
  #long: Long = { lowMs: Infinity, medianMs: Infinity };
  #longOf = -1;

  constructor(claims: readonly number[]) {
    this.#claims = claims;
  }

  play(): Times {
    const timesMs: number[] = [];
    const clocksMs: number[] = [];
    for (const [i, claimMs] of this.#claims.entries()) {
      timesMs.push(this.#timeOf(i, claimMs));
      clocksMs.push(this.#clockMs);
    }
    return { timesMs, clocksMs };
  }

  #timeOf(i: number, x: number): number {
    if (this.#clockMs === Number.NEGATIVE_INFINITY) return this.#first(i, x);
    if (x < this.#clockMs - BEHIND_MS) {
      this.#behind = Math.min(this.#behind + 1, FROZEN + 1024);
      return this.#clockMs;
    }
    this.#behind = Math.max(0, this.#behind - 1);
    if (x <= this.#clockMs) {
      this.#age += 1;
      this.#weigh(-4);
      return x;
    }
    if (this.#behind > FROZEN || this.#isAhead(i, x)) return this.#clockMs;
    if (x > this.#clockMs + this.#gapMs()) this.#age = 0;
    this.#lastMs = [...this.#lastMs, this.#clockMs].slice(-ADVANCES);
    this.#clockMs = x;
    this.#age += 1;
    return x;
  }

  #first(i: number, x: number): number {
    const next = this.#next(i, LOCAL).toSorted((a, b) => a - b);
    const against = next.filter((t) => t < x - TOLERANCE_MS).length;
    const isAhead = 2 * against > next.length || x > this.#longView(i).medianMs + TOLERANCE_MS;
    this.#clockMs = isAhead ? (next[Math.floor(next.length / 4)] ?? x) : x;
    this.#age = 1;
    return this.#clockMs;
  }

  #isAhead(i: number, x: number): boolean {
    const least = this.#clockMs - BEHIND_MS;
    const votersIn = (count: number): number[] => this.#next(i, count).filter((t) => t >= least);
    const v = votersIn(LOCAL).length;
    const c = votersIn(LOCAL).filter((t) => t < x - TOLERANCE_MS).length;
    const c7 = votersIn(NEAR).filter((t) => t < x - TOLERANCE_MS).length;
    const { lowMs, medianMs } = this.#longView(i);
    if (v < 3) return x > this.#clockMs + TOLERANCE_MS + this.#spanMs();
    const gapEndMs = this.#clockMs + this.#gapMs();
    const old = this.#next(i, LOCAL).filter((t) => t >= least && t <= gapEndMs).length;
    if (this.#age >= ESTABLISHED && x > gapEndMs && lowMs > gapEndMs && 4 * old <= v) this.#age = 0;
    const most = 2 * c > v || x - TOLERANCE_MS > medianMs;
    const some = c7 >= NEAR_VOTES || 4 * c > v || x - TOLERANCE_MS > lowMs;
    if (this.#age < ESTABLISHED) return c > 0.4 * v || x - TOLERANCE_MS > medianMs;
    if (!some) this.#weigh(-4);
    else if (2 * c <= v) this.#weigh(16);
    else this.#weigh(-128);
    return this.#against > 16 * ESCALATION ? most : some;
  }

  #weigh(weight: number): void {
    this.#against = Math.min(Math.max(0, this.#against + weight), 32 * ESCALATION);
  }

  /** What the last advances took; Infinity where there were too few. */
  #spanMs(): number {
    return this.#lastMs.length < ADVANCES ? Infinity : this.#clockMs - (this.#lastMs[0] ?? 0);
  }

  #gapMs(): number {
    return Number.isFinite(this.#spanMs()) ? Math.max(GAP_MS, this.#spanMs()) : GAP_MS;
  }

  #next(i: number, count: number): readonly number[] {
    return this.#claims.slice(i + 1, i + 1 + count);
  }

  /** Once for each block, by the clock at its first frame that asks. */
  #longView(i: number): Long {
    const block = Math.floor(i / BLOCK);
    if (this.#longOf === block) return this.#long;
    const least = this.#clockMs - BEHIND_MS;
    const voters = Array.from({ length: BLOCKS }, (_, at) => {
      const start = (block + 1 + at) * BLOCK;
      return this.#claims.slice(start, start + BLOCK).filter((t) => t >= least);
    }).filter((claims) => claims.length >= BLOCK_VOTERS);
    this.#longOf = block;
    this.#long = {
      lowMs: quantile(
        voters.map((claims) => quantile(claims, 1 / 4)),
        1 / 4,
      ),
      medianMs: quantile(
        voters.map((claims) => quantile(claims, 1 / 2)),
        1 / 2,
      ),
    };
    return this.#long;
  }
}

/** Infinity of nothing. */
function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Infinity;
}
