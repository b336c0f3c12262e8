// Very many message ids in little memory. Ours are hashes, 43 characters of base64url, of which 60 bits are
// kept: two of eight million are taken for one with a chance of 1 in 100 000 000 000 a look.

/** Characters of 6 bits that one word takes. */
const WORD_CHARS = 5;
const HASH_CHARS = 43;
const SLOTS_MIN = 1 << 12;
const WORD_BITS = 30;

export class IdSet {
  /** Two words a slot; a free one has 0 twice, which no id is given. */
  #slots = new Int32Array(2 * SLOTS_MIN);
  #hashes = 0;
  /** Ids of another form; few. */
  readonly #texts = new Set<string>();

  get size(): number {
    return this.#hashes + this.#texts.size;
  }

  add(id: string): void {
    if (id.length !== HASH_CHARS) {
      this.#texts.add(id);
      return;
    }
    if (this.#hashes * 4 >= this.#slots.length) this.#grow();
    const [high, low] = wordsOf(id);
    if (insert(this.#slots, high, low)) this.#hashes += 1;
  }

  has(id: string): boolean {
    if (id.length !== HASH_CHARS) return this.#texts.has(id);
    const [high, low] = wordsOf(id);
    const slot = find(this.#slots, high, low);
    return this.#slots[slot] !== 0;
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

/** The first word is never 0: it has a bit more than the characters give. */
function wordsOf(id: string): [number, number] {
  return [wordAt(id, 0) | (1 << WORD_BITS), wordAt(id, WORD_CHARS)];
}

function wordAt(id: string, start: number): number {
  let word = 0;
  for (let i = start; i < start + WORD_CHARS; i += 1) {
    word = (word << 6) | sextet(id.charCodeAt(i));
  }
  return word;
}

/** Of a base64url character, 0 to 63. */
function sextet(code: number): number {
  if (code >= 0x61) return code - 0x61 + 26; // a to z
  if (code === 0x5f) return 63; // _
  if (code >= 0x41) return code - 0x41; // A to Z
  if (code >= 0x30) return code - 0x30 + 52; // 0 to 9
  return 62; // -
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
