// A signal that aborts some time after another one did: how long a stopping task may still commit.

export class Patience implements Disposable {
  readonly #end = new AbortController();
  readonly #signal: AbortSignal;
  readonly #ms: number;
  #timer: NodeJS.Timeout | null = null;

  constructor(signal: AbortSignal, ms: number) {
    this.#signal = signal;
    this.#ms = ms;
    signal.addEventListener("abort", this.#start, { once: true });
    if (signal.aborted) this.#start();
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  readonly #start = (): void => {
    this.#timer = setTimeout(() => this.#end.abort(), this.#ms);
  };

  [Symbol.dispose](): void {
    this.#signal.removeEventListener("abort", this.#start);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
