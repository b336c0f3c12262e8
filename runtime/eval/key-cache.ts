// Names of fields, each decoded once: records repeat the same few hundred names, and a string that is
// already known to the engine makes building an object from it several times faster.

/** Slots of the cache; a power of two. Two names in one slot push each other out, which costs only time. */
const SLOTS = 4096;
/** Longer names are not cached. */
const KEY_BYTES_MAX = 64;

type Entry = { readonly bytes: Uint8Array; readonly text: string };

export class KeyCache {
  readonly #entries = new Array<Entry | undefined>(SLOTS).fill(undefined);

  /** The text of `length` bytes at `start`; null when it is not ASCII or too long to cache. */
  get(bytes: Uint8Array, start: number, length: number): string | null {
    if (length > KEY_BYTES_MAX) return null;
    let hash = length;
    for (let i = start; i < start + length; i += 1) {
      const byte = bytes[i] ?? 0;
      if (byte > 0x7f) return null;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    const slot = (hash ^ (hash >>> 12)) & (SLOTS - 1);
    const entry = this.#entries[slot];
    if (entry !== undefined && same(entry.bytes, bytes, start, length)) return entry.text;
    return this.#add(slot, bytes.slice(start, start + length));
  }

  #add(slot: number, bytes: Uint8Array): string {
    const text = String.fromCharCode(...bytes);
    this.#entries[slot] = { bytes: Uint8Array.from(bytes), text };
    return text;
  }
}

function same(known: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i += 1) if (known[i] !== bytes[start + i]) return false;
  return true;
}
