// All chance in the simulated relay comes from here: one seed, one stream of numbers, so the same
// seed gives the same network byte for byte. The generator is sfc32 (Chris Doty-Humphrey), seeded
// by the MurmurHash3 finaliser.

/** A seeded source of chance. Two with the same seed and label give the same numbers. */
export type Random = {
  /** Uniform in [0, 1). */
  unit(): number;
  /** Uniform integer in [0, end). */
  below(end: number): number;
  /** Uniform in [min, max). */
  between(min: number, max: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Exponentially distributed with this mean. */
  exponential(mean: number): number;
  /** One of `items`, all equally likely. `items` must not be empty. */
  pick<T>(items: readonly T[]): T;
  bytes(length: number): Uint8Array;
};

/** @param label names the stream, so that parts of the network do not disturb each other. */
export function createRandom(seed: number, label: string): Random {
  const nextUint32 = sfc32(seed, hashLabel(label));
  const unit = () => nextUint32() / 2 ** 32;
  const below = (end: number) => Math.floor(unit() * end);
  return {
    unit,
    below,
    between: (min, max) => min + unit() * (max - min),
    chance: (probability) => unit() < probability,
    exponential: (mean) => -Math.log(1 - unit()) * mean,
    pick: (items) => at(items, below(items.length)),
    bytes: (length) => Uint8Array.from({ length }, () => nextUint32() & 0xff),
  };
}

/** Draws an index with probability proportional to its weight. */
export type WeightedDraw = (random: Random) => number;

export function weightedDraw(weights: readonly number[]): WeightedDraw {
  let total = 0;
  const cumulative = weights.map((weight) => {
    total += weight;
    return total;
  });
  return (random) => firstAbove(cumulative, random.unit() * total);
}

/** Weights of Zipf's law: rank r (from 1) has weight 1 / r^exponent. */
export function zipfWeights(count: number, exponent: number): number[] {
  return Array.from({ length: count }, (_, index) => (index + 1) ** -exponent);
}

/** `items[index]`, where an index outside is a bug. */
export function at<T>(items: readonly T[], index: number): T {
  if (index < 0 || index >= items.length) {
    throw new RangeError(`index ${index} outside a list of ${items.length}`);
  }
  return items[index] as T; // in range, and T itself may include undefined
}

function firstAbove(cumulative: readonly number[], point: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(cumulative, middle) > point) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sfc32(seed: number, label: number): () => number {
  let [a, b, c, counter] = [mix(seed), mix(seed ^ 0x9e3779b9), mix(label), 1];
  const next = () => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();
  return next;
}

function hashLabel(label: string): number {
  let hash = 0;
  for (const char of label) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash;
}

function mix(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
