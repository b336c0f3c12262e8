// When an item may have been read before. A new connection may begin with what an earlier one gave, of minutes or
// hours ago; the stream's clock is beyond that and says nothing of it. Then what its host claims counts, until most
// items are of the present again. At any other time a single host could pretend that all is old.

/** Items of the present, less old ones, behind which a connection counts as read on. */
export const PRESENT_ITEMS = 16;

export class Reread {
  #session: number | null = null;
  #present = PRESENT_ITEMS;

  /**
   * @param session number of the connection; null for what comes on none
   * @returns when the item happened, as far as repetitions are concerned
   */
  timeMs(session: number | null, claimMs: number, trustedMs: number): number {
    if (session !== this.#session) {
      if (this.#session !== null) this.#present = 0;
      this.#session = session;
    }
    if (this.#present >= PRESENT_ITEMS) return trustedMs;
    const isOld = claimMs < trustedMs;
    this.#present = isOld ? Math.max(0, this.#present - 1) : this.#present + 1;
    return Math.min(claimMs, trustedMs);
  }
}
