// `hash(x)`: a number that spreads values evenly and is the same everywhere and always.

import { hash32 } from "../../../plan/partition.ts";
import { canonicalKey, type Value } from "../values.ts";

/**
 * A non-negative integer below 2^53 that depends on the value alone: 32 bits of MurmurHash3 of its
 * canonical key, and 21 more of the key with U+0002 behind it. Equal values have equal hashes. Never
 * change it: pipelines sample and shard by it.
 */
export function hash(value: Value): Value {
  const key = canonicalKey([value]);
  return (hash32(`${key}\u0002`) >>> 11) * 2 ** 32 + hash32(key);
}
