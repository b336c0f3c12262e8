// The watermark of a stage partition: the least of its channels', once every channel has spoken.
//
//   channel p00: 12:00:07   channel p01: 12:00:05   →   12:00:05
//   channel p00: 12:00:07   channel p01: (silent)   →   none yet

import { assert } from "./assert.ts";

/** Saved form: input, channel, watermark. */
export type SavedWatermarks = (readonly [number, string, number])[];

export class Watermarks {
  /** Per input: watermark by channel. */
  readonly #channels: Map<string, number>[];
  /** Per input: how many channels there are; null until a message has said. */
  readonly #expected: (number | null)[];
  #least = Number.NEGATIVE_INFINITY;

  constructor(inputs: number) {
    this.#channels = Array.from({ length: inputs }, () => new Map<string, number>());
    this.#expected = new Array<number | null>(inputs).fill(null);
  }

  /** The least watermark over all channels of all inputs; -Infinity while one is silent. */
  get least(): number {
    return this.#least;
  }

  /** The watermark of one channel; -Infinity before its first. */
  of(input: number, channel: string): number {
    return this.#channels[input]?.get(channel) ?? Number.NEGATIVE_INFINITY;
  }

  /** Takes note of a watermark; one that steps back changes nothing. */
  advance(input: number, channel: string, channels: number, watermarkMs: number): void {
    const known = this.#channels[input];
    assert(known !== undefined, `no input ${input}`);
    const expectedBefore = this.#expected[input];
    this.#expected[input] = channels;
    if (watermarkMs <= (known.get(channel) ?? Number.NEGATIVE_INFINITY)) {
      if (expectedBefore === channels) return;
    } else known.set(channel, watermarkMs);
    this.#least = Math.max(this.#least, this.#compute());
  }

  save(): { channels: SavedWatermarks; expected: (number | null)[] } {
    const channels = this.#channels.flatMap((known, input) =>
      [...known].map(([channel, ms]) => [input, channel, ms] as const),
    );
    return { channels, expected: [...this.#expected] };
  }

  restore(saved: { channels: SavedWatermarks; expected: readonly (number | null)[] }): void {
    for (const [input, channel, ms] of saved.channels) this.#channels[input]?.set(channel, ms);
    saved.expected.forEach((count, input) => {
      this.#expected[input] = count;
    });
    this.#least = this.#compute();
  }

  #compute(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const [input, known] of this.#channels.entries()) {
      const expected = this.#expected[input] ?? null;
      if (expected === null || known.size < expected) return Number.NEGATIVE_INFINITY;
      for (const ms of known.values()) least = Math.min(least, ms);
    }
    return least;
  }
}
