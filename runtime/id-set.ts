// Very many message ids in little memory. Ours are hashes, 43 characters of base64url, of which 60 bits are
// kept: two of eight million are taken for one with a chance of 1 in 100 000 000 000 a look.

/** Characters of 6 bits that one word takes. */
const WORD_CHARS = 5;
const HASH_CHARS = 43;
const SLOTS_MIN = 1 << 12;
const WORD_BITS = 30;
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Value of a character by its code: to tell by comparisons what it is takes three times as long as all else. */
const SEXTETS = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, BASE64URL.indexOf(String.fromCharCode(code))),
);

/** Whether it is one of ours, made of contents; others are those of watermarks. */
export function isHash(id: string): boolean {
  return id.length === HASH_CHARS;
}

export class IdSet {
  /** Two words a slot; a free one has 0 twice, which no id is given. */
  #slots: Int32Array;
  #hashes = 0;
  /** Ids of another form; few. */
  readonly #texts = new Set<string>();

  /** @param slots to begin with, a power of two: half as many ids fit before it grows */
  constructor(slots = SLOTS_MIN) {
    this.#slots = new Int32Array(2 * slots);
  }

  get size(): number {
    return this.#hashes + this.#texts.size;
  }

  /** @returns whether it was not there before */
  add(id: string): boolean {
    if (!isHash(id)) return this.#addText(id);
    if (this.#hashes * 4 >= this.#slots.length) this.#grow();
    const isNew = insert(this.#slots, highOf(id), wordAt(id, WORD_CHARS));
    if (isNew) this.#hashes += 1;
    return isNew;
  }

  has(id: string): boolean {
    if (!isHash(id)) return this.#texts.has(id);
    if (this.#hashes === 0) return false;
    const slot = find(this.#slots, highOf(id), wordAt(id, WORD_CHARS));
    return this.#slots[slot] !== 0;
  }

  #addText(id: string): boolean {
    const before = this.#texts.size;
    this.#texts.add(id);
    return this.#texts.size > before;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * old.length);
    for (let slot = 0; slot < old.length; slot += 2) {
      const high = old[slot] ?? 0;
      if (high !== 0) insert(this.#slots, high, old[slot + 1] ?? 0);
    }
  }
}

/** The first word, which is never 0: it has a bit more than the characters give. */
function highOf(id: string): number {
  return wordAt(id, 0) | (1 << WORD_BITS);
}

function wordAt(id: string, start: number): number {
  let word = 0;
  for (let i = start; i < start + WORD_CHARS; i += 1) {
    word = (word << 6) | (SEXTETS[id.charCodeAt(i)] ?? 0);
  }
  return word;
}

/** Index of the slot that holds the words, or of the free one where they belong. */
function find(slots: Int32Array, high: number, low: number): number {
  const mask = slots.length / 2 - 1;
  let at = (high ^ (low << 7)) & mask;
  for (;;) {
    const slot = 2 * at;
    if (slots[slot] === 0 || (slots[slot] === high && slots[slot + 1] === low)) return slot;
    at = (at + 1) & mask;
  }
}

/** @returns whether the words are new. */
function insert(slots: Int32Array, high: number, low: number): boolean {
  const slot = find(slots, high, low);
  if (slots[slot] !== 0) return false;
  slots[slot] = high;
  slots[slot + 1] = low;
  return true;
}
