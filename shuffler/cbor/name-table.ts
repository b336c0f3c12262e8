// Texts that come again and again (names of fields, collections), found by their bytes: 10 ns, where to
// decode one, hash it and compare it takes 100, and a frame has thirty.

type Name = { readonly bytes: Uint8Array; readonly text: string };

/** Each slot has room for one text: what collides is only slower, whoever chose it. */
export class NameTable {
  readonly #slots: (Name | null)[];

  /** @param slots a power of two */
  constructor(slots: number, texts: readonly string[] = []) {
    this.#slots = new Array(slots).fill(null);
    for (const text of texts) this.add(text);
  }

  /** @param text ASCII; what was in its slot is forgotten */
  add(text: string): void {
    const bytes = Buffer.from(text);
    this.#slots[this.#slotOf(bytes, 0, bytes.length)] = { bytes, text };
  }

  /** The text in `bytes` from `start` to `end`, where there are so many; null when it is not known. */
  find(bytes: Uint8Array, start: number, end: number): string | null {
    const name = this.#slots[this.#slotOf(bytes, start, end)] ?? null;
    if (name === null) return null;
    const known = name.bytes;
    if (known.length !== end - start) return null;
    for (let i = 0; i < known.length; i += 1) if (known[i] !== bytes[start + i]) return null;
    return name.text;
  }

  /** Factors that part all names of the wire in 128 slots, and most collections in 512. */
  #slotOf(bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return 0;
    const length = end - start;
    const middle = bytes[start + (length >> 1)] ?? 0;
    const sum = length * 7 + (bytes[start] ?? 0) + middle * 37 + (bytes[end - 1] ?? 0) * 61;
    return sum & (this.#slots.length - 1);
  }
}
