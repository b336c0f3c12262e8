// The earlier keys of accounts that were asked for, as many as there is room for.

import type { DatedKey } from "./key-history.ts";

/** Earlier keys kept at most, some 300 bytes each; the account asked for longest ago loses its own. */
export const EARLIER_KEYS_MAX = 200_000;

export class KeyHistories {
  readonly #keysMax: number;
  readonly #byDid = new Map<string, readonly DatedKey[]>();
  #size = 0;

  constructor(keysMax = EARLIER_KEYS_MAX) {
    this.#keysMax = keysMax;
  }

  /** Keys in all; an account without any counts as one. */
  get size(): number {
    return this.#size;
  }

  get(did: string): readonly DatedKey[] {
    return this.#byDid.get(did) ?? [];
  }

  keep(did: string, keys: readonly DatedKey[]): void {
    this.#forget(did);
    this.#byDid.set(did, keys);
    this.#size += sizeOf(keys);
    for (const oldest of this.#byDid.keys()) {
      if (this.#size <= this.#keysMax) return;
      this.#forget(oldest);
    }
  }

  #forget(did: string): void {
    const known = this.#byDid.get(did);
    if (known === undefined) return;
    this.#size -= sizeOf(known);
    this.#byDid.delete(did);
  }
}

function sizeOf(keys: readonly DatedKey[]): number {
  return Math.max(1, keys.length);
}
