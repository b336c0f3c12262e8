// Reading a frame jumps from block to block, and would wait for memory at each: where the next one stands is known only
// when the last one's length is there. Bytes that are read one after the other the processor fetches ahead.

const CACHE_LINE_BYTES = 64;

/** Keeps the engine from leaving out reads whose values nobody wants. */
const seen = { bits: 0 };

/** Has `bytes` brought into the cache, which takes a seventh of what is then not waited for. */
export function prefetch(bytes: Uint8Array): void {
  let bits = 0;
  for (let at = 0; at < bytes.length; at += CACHE_LINE_BYTES) bits ^= bytes[at] ?? 0;
  seen.bits ^= bits;
}
