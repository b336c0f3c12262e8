// How far everything is safely stored: the position of the last item before the first one that is not.
// Items complete in any order, the frontier moves only over a gapless run of completed ones.
//   started 1 2 3 4, done 1 3 4 → frontier 1;  then done 2 → frontier 4

/** Items begun but not behind the frontier; the reader waits when there are so many. */
export const OUTSTANDING_MAX = 65_536;

/** Where an item stands: positions of different hosts or numberings do not compare. */
export type Mark = {
  readonly host: string;
  readonly numbering: number;
  readonly position: number;
};

/** One item on its way. */
export type Ticket = { readonly mark: Mark; done: boolean };

type Waiter = {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export class CursorTracker {
  readonly #outstandingMax: number;
  /** Begun items in order; those before `#head` are behind the frontier. */
  #tickets: Ticket[] = [];
  #head = 0;
  #completed = 0;
  #frontier: Mark | null = null;
  /** The last of every host. */
  readonly #frontiers = new Map<string, Mark>();
  #failure: { readonly error: unknown } | null = null;
  #waiters: Waiter[] = [];

  constructor(outstandingMax = OUTSTANDING_MAX) {
    this.#outstandingMax = outstandingMax;
  }

  /** The last item of the gapless run; null before the first. */
  get frontier(): Mark | null {
    return this.#frontier;
  }

  /** The last item of every host within the gapless run. */
  get frontiers(): Mark[] {
    return [...this.#frontiers.values()];
  }

  /** Items behind the frontier. */
  get completed(): number {
    return this.#completed;
  }

  get outstanding(): number {
    return this.#tickets.length - this.#head;
  }

  /** Begins an item once there is room for it. @throws what `fail` was given. */
  async begin(mark: Mark): Promise<Ticket> {
    await this.#until(() => this.outstanding < this.#outstandingMax);
    const ticket = { mark, done: false };
    this.#tickets.push(ticket);
    return ticket;
  }

  complete(ticket: Ticket): void {
    ticket.done = true;
    for (let next = this.#tickets[this.#head]; next?.done; next = this.#tickets[this.#head]) {
      this.#frontier = next.mark;
      this.#frontiers.set(next.mark.host, next.mark);
      this.#head += 1;
      this.#completed += 1;
    }
    this.#compact();
    this.#wake();
  }

  /** An item will never complete: the frontier stays, and whoever waits or begins gets `error`. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure.error);
  }

  /** Resolves when nothing is outstanding. @throws what `fail` was given. */
  async idle(): Promise<void> {
    await this.#until(() => this.outstanding === 0);
  }

  async #until(isMet: () => boolean): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    if (isMet()) return;
    await new Promise<void>((resolve, reject) => this.#waiters.push({ isMet, resolve, reject }));
  }

  #wake(): void {
    if (this.#waiters.length === 0) return;
    const met = this.#waiters.filter((waiter) => waiter.isMet());
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve();
  }

  /** Forgets what is behind the frontier, seldom enough to cost nothing. */
  #compact(): void {
    if (this.#head < 1024 || this.#head * 2 < this.#tickets.length) return;
    this.#tickets = this.#tickets.slice(this.#head);
    this.#head = 0;
  }
}
