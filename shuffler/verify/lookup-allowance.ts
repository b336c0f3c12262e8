// How often an account's key may be looked up for signatures that do not fit: anybody can make such, and a look-up is
// somebody else's work. Some at once, for keys that change twice in a minute; in the long run one a minute.

/** Look-ups that an account is allowed at once. */
export const LOOKUP_BURST = 5;
/** After so long it is allowed one more. */
export const REFRESH_INTERVAL_MS = 60_000;
/** Accounts whose look-ups are counted; the one that looked up longest ago is forgotten. */
export const ALLOWANCES_MAX = 100_000;

export class LookupAllowance {
  readonly #accountsMax: number;
  /** When an account will have had all it was allowed: each look-up moves that by the interval. */
  readonly #usedUntilMs = new Map<string, number>();

  constructor(accountsMax = ALLOWANCES_MAX) {
    this.#accountsMax = accountsMax;
  }

  get size(): number {
    return this.#usedUntilMs.size;
  }

  /** @returns whether the account may look up now; then it has. */
  take(did: string, nowMs: number): boolean {
    const usedUntilMs = Math.max(nowMs, this.#usedUntilMs.get(did) ?? 0);
    if (usedUntilMs - nowMs > (LOOKUP_BURST - 1) * REFRESH_INTERVAL_MS) return false;
    this.#usedUntilMs.delete(did);
    this.#usedUntilMs.set(did, usedUntilMs + REFRESH_INTERVAL_MS);
    if (this.#usedUntilMs.size > this.#accountsMax) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    for (const oldest of this.#usedUntilMs.keys()) {
      this.#usedUntilMs.delete(oldest);
      return;
    }
  }
}
