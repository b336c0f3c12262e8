// The watermark of a stage partition: the least of its channels', once every channel has spoken.
//
//   channel p00: 12:00:07   channel p01: 12:00:05   →   12:00:05
//   channel p00: 12:00:07   channel p01: (silent)   →   none yet
//
// Channels of a topic belong to a version of its owner. When a later version speaks, the channels of the
// earlier one will not again: they are forgotten, and the watermark waits where it is for the new ones.
//
// Invariant: the watermark never steps back, so what a channel sends from before it is late.

import { assert } from "./assert.ts";

/** What a message says of time. */
export type Mark = {
  readonly input: number;
  readonly channel: string;
  /** How many channels its input has in all. */
  readonly channels: number;
  /** Version of the producer. */
  readonly generation: number;
};

export type SavedWatermarks = {
  readonly inputs: readonly SavedInput[];
  /** Null: none yet. */
  readonly leastMs: number | null;
};
type SavedInput = {
  readonly generation: number;
  readonly expected: number | null;
  readonly channels: readonly (readonly [channel: string, watermarkMs: number])[];
};

type Channel = { readonly name: string; ms: number };
type InputChannels = {
  generation: number;
  expected: number | null;
  readonly known: Map<string, Channel>;
  /** The one that was asked for last, as it mostly is again. */
  last: Channel | null;
};

export class Watermarks {
  #inputs: InputChannels[];
  #least = Number.NEGATIVE_INFINITY;

  constructor(inputs: number) {
    this.#inputs = Array.from({ length: inputs }, () => ({
      generation: 0,
      expected: null,
      known: new Map<string, Channel>(),
      last: null,
    }));
  }

  /** The least watermark over all channels of all inputs; -Infinity while one has never spoken. */
  get least(): number {
    return this.#least;
  }

  /** The watermark of one channel, never less than the least of all; -Infinity before the first. */
  of({ input, channel }: Mark): number {
    const known = channelOf(this.#input(input), channel);
    return known === null ? this.#least : Math.max(this.#least, known.ms);
  }

  /** Takes note of a watermark; one that steps back, or of an earlier version, changes nothing. */
  advance(mark: Mark, watermarkMs: number): void {
    const input = this.#input(mark.input);
    if (mark.generation < input.generation) return;
    const isNew = mark.generation > input.generation || input.expected !== mark.channels;
    if (mark.generation > input.generation) {
      input.known.clear();
      input.last = null;
    }
    input.generation = mark.generation;
    input.expected = mark.channels;
    const channel = channelOf(input, mark.channel);
    const before = channel?.ms ?? Number.NEGATIVE_INFINITY;
    if (watermarkMs > before) {
      if (channel === null) {
        input.known.set(mark.channel, { name: mark.channel, ms: watermarkMs });
      } else channel.ms = watermarkMs;
    } else if (!isNew) return;
    // Another channel holds the least back.
    if (!isNew && before > this.#least) return;
    this.#least = Math.max(this.#least, this.#compute());
  }

  save(): SavedWatermarks {
    const inputs = this.#inputs.map(({ generation, expected, known }) => ({
      generation,
      expected,
      channels: [...known.values()].map(({ name, ms }) => [name, ms] as const),
    }));
    return { inputs, leastMs: Number.isFinite(this.#least) ? this.#least : null };
  }

  restore({ inputs, leastMs }: SavedWatermarks): void {
    assert(inputs.length === this.#inputs.length, "a checkpoint is of a stage with other inputs");
    this.#inputs = inputs.map(({ generation, expected, channels }) => ({
      generation,
      expected,
      known: new Map(channels.map(([name, ms]) => [name, { name, ms }])),
      last: null,
    }));
    this.#least = leastMs ?? Number.NEGATIVE_INFINITY;
  }

  #input(index: number): InputChannels {
    const input = this.#inputs[index];
    assert(input !== undefined, `no input ${index}`);
    return input;
  }

  #compute(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { expected, known } of this.#inputs) {
      if (expected === null || known.size < expected) return Number.NEGATIVE_INFINITY;
      for (const { ms } of known.values()) least = Math.min(least, ms);
    }
    return least;
  }
}

function channelOf(input: InputChannels, name: string): Channel | null {
  if (input.last?.name === name) return input.last;
  const channel = input.known.get(name) ?? null;
  input.last = channel;
  return channel;
}
