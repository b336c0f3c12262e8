// Between a source that pushes and a reader that takes all there is: bounded, with an end and an error.

import { setImmediate } from "node:timers/promises";

export class Inbox<T> {
  readonly #max: number;
  #items: T[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | null = null;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;

  constructor(max: number) {
    this.#max = max;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves once there is room for more. One writer only. */
  async put(item: T): Promise<void> {
    if (this.#ended) return;
    this.#items.push(item);
    this.#wakeReader?.();
    if (this.#items.length < this.#max) return;
    await new Promise<void>((resolve) => {
      this.#wakeWriter = resolve;
    });
  }

  /** No more items; what is there and not taken is dropped. With an error the reader gets that. */
  end(failure: { readonly error: unknown } | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }

  /** Waits for the first item, then takes all that have arrived; null at the end. One reader only. */
  async take(): Promise<readonly T[] | null> {
    if (this.#items.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
    await setImmediate(); // Lets the writer hand over everything that is in the same packet.
    if (this.#failure !== null) throw this.#failure.error;
    if (this.#ended) return null;
    const taken = this.#items;
    this.#items = [];
    this.#wakeWriter?.();
    return taken;
  }
}
