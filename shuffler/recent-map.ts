// A map that holds so many entries and forgets the one that was asked for longest ago.

type Entry<V> = { readonly key: string; readonly value: V; older: Entry<V>; newer: Entry<V> };

/**
 * The order is a ring through the entries. Map's own order would need less code, but to take an entry out and
 * put it in again costs 400 ns, to find it 20.
 */
export class RecentMap<V> {
  readonly #entriesMax: number;
  readonly #make: (forgotten: V | null) => V;
  readonly #entries = new Map<string, Entry<V>>();
  #newest: Entry<V> | null = null;

  /** @param make the value of a key that is asked for first; gets the one that is forgotten for it, to be used again */
  constructor(entriesMax: number, make: (forgotten: V | null) => V) {
    this.#entriesMax = entriesMax;
    this.#make = make;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V {
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#add(key);
    if (entry !== this.#newest) {
      unlink(entry);
      this.#link(entry);
    }
    return entry.value;
  }

  #add(key: string): V {
    const oldest = this.#newest?.newer;
    let forgotten: V | null = null;
    if (oldest !== undefined && this.#entries.size >= this.#entriesMax) {
      forgotten = oldest.value;
      this.#entries.delete(oldest.key);
      if (oldest === this.#newest) this.#newest = null;
      else unlink(oldest);
    }
    const entry = { key, value: this.#make(forgotten) } as Entry<V>; // `#link` sets its neighbours
    this.#entries.set(key, entry);
    this.#link(entry);
    return entry.value;
  }

  /** Puts it between the newest and the oldest, which are neighbours in the ring. */
  #link(entry: Entry<V>): void {
    const older = this.#newest ?? entry;
    const newer = this.#newest?.newer ?? entry;
    entry.older = older;
    entry.newer = newer;
    older.newer = entry;
    newer.older = entry;
    this.#newest = entry;
  }
}

function unlink({ older, newer }: Entry<unknown>): void {
  older.newer = newer;
  newer.older = older;
}
