import { describe, expect, it } from "vitest";
import type { Mark } from "./cursor.ts";
import { CursorSaver } from "./cursor-saver.ts";
import type { CursorStore, Place } from "./ports.ts";
import { SleepingClock } from "./testing/clock.ts";

const markAt = (position: number, numbering = 0): Mark => ({ host: "relay", numbering, position });

/** Its first write takes until it is let go. It may be ahead. */
class SlowStore implements CursorStore {
  readonly written: number[] = [];
  ahead: Place | null = null;
  readonly #go = Promise.withResolvers<void>();
  #calls = 0;

  go(): void {
    this.#go.resolve();
  }

  async load(): Promise<null> {
    return null;
  }

  async save(_host: string, position: number, numbering: number): Promise<Place> {
    this.#calls += 1;
    if (this.#calls === 1) await this.#go.promise;
    this.written.push(position);
    return this.ahead ?? { position, numbering, savedAtMs: 0 };
  }
}

function saverOf(store: CursorStore): CursorSaver {
  return new CursorSaver(store, new SleepingClock(0), () => undefined);
}

describe("CursorSaver", () => {
  it("writes the last position behind one that is being written, never before it", async () => {
    const store = new SlowStore();
    const saver = saverOf(store);
    saver.begin([markAt(1)]);
    const finished = saver.finish([markAt(2)]);
    await new Promise(setImmediate);
    store.go();
    await finished;
    await new Promise(setImmediate);
    expect(store.written).toEqual([1, 2]);
  });

  it("believes of another shuffler only what is of the same numbering", async () => {
    const store = new SlowStore();
    const saver = saverOf(store);
    store.ahead = { position: 100, numbering: 3, savedAtMs: 0 };
    store.go();
    await saver.finish([markAt(1, 3)]);
    const stored = (position: number, numbering: number): boolean =>
      saver.isStoredByOthers(markAt(position, numbering));
    expect([stored(100, 3), stored(101, 3), stored(5, 4), stored(5, 2)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
