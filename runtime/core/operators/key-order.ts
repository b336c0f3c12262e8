// Sorts the keys of a window's groups. They are many and begin alike (`sat://did:plc:…`), which makes
// comparing them two by two slow: what follows the common beginning is packed into numbers, and only keys
// with equal numbers are compared as text.

/** Code units that go into a number, of 7 bits each. */
const UNITS = 5;
const UNIT_BITS = 7;
const GREATEST_UNIT = 2 ** UNIT_BITS - 1;
/** 2^53 less the units: how many keys can be told apart. */
const KEYS_MAX = 2 ** (53 - UNITS * UNIT_BITS);
/** Fewer are sorted as they are. */
const KEYS_MIN = 64;

/** The indices of the keys in the order of their code units, as `sort()` puts them. */
export function inOrder(keys: readonly string[]): number[] {
  if (keys.length < KEYS_MIN || keys.length > KEYS_MAX) {
    return sortedAsText(keys, [...keys.keys()]);
  }
  const start = commonLength(keys);
  const packed = new Float64Array(keys.length);
  for (const [i, key] of keys.entries()) packed[i] = rankOf(key, start) * KEYS_MAX + i;
  packed.sort();
  const sorted = Array.from(packed, (one) => one % KEYS_MAX);
  sortTies(keys, sorted, (i) => Math.floor((packed[i] ?? 0) / KEYS_MAX));
  return sorted;
}

/** Units beyond the 7 bits all count as the greatest, and nothing behind them counts: such keys are ties. */
function rankOf(key: string, start: number): number {
  let rank = 0;
  let told = true;
  for (let i = start; i < start + UNITS; i += 1) {
    const unit: number =
      told && i < key.length ? Math.min(key.charCodeAt(i) + 1, GREATEST_UNIT) : 0;
    rank = rank * (GREATEST_UNIT + 1) + unit;
    told &&= unit < GREATEST_UNIT;
  }
  return rank;
}

function commonLength(keys: readonly string[]): number {
  const [first = ""] = keys;
  let length = first.length;
  for (const key of keys) {
    let i = 0;
    while (i < length && i < key.length && key.charCodeAt(i) === first.charCodeAt(i)) i += 1;
    length = i;
  }
  return length;
}

function sortTies(
  keys: readonly string[],
  sorted: number[],
  rank: (position: number) => number,
): void {
  for (let start = 0; start < sorted.length; ) {
    let end = start + 1;
    while (end < sorted.length && rank(end) === rank(start)) end += 1;
    if (end - start > 1) {
      const ties = sortedAsText(keys, sorted.slice(start, end));
      for (const [i, index] of ties.entries()) sorted[start + i] = index;
    }
    start = end;
  }
}

function sortedAsText(keys: readonly string[], indices: number[]): number[] {
  return indices.sort((a, b) => {
    const [left = "", right = ""] = [keys[a], keys[b]];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}
