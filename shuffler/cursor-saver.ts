// Saves the cursor beside the reading, never in its way: a store that is away for a while costs a notice
// and an older cursor, and only the last save of a run has to succeed.

import type { Clock, CursorStore } from "./ports.ts";

/** The last save is tried so often, with a pause in between. */
export const FINAL_SAVE_TRIES_MAX = 3;
export const FINAL_SAVE_PAUSE_MS = 1000;

/** Thrown when the position at the end of a run could not be saved. The next run repeats a little. */
export class CursorNotSaved extends Error {
  readonly code = "cursor_not_saved";
}

export class CursorSaver {
  readonly #store: CursorStore;
  readonly #clock: Clock;
  readonly #onFailed: (error: unknown) => void;
  #saved: number | null = null;
  #saving: Promise<void> | null = null;
  /** Whether the last save failed, and was reported. */
  #failing = false;

  /** @param onFailed gets the first error of every row of saves that fail. */
  constructor(store: CursorStore, clock: Clock, onFailed: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onFailed = onFailed;
  }

  /** Begins to save the position, unless a save is under way: the next call saves more. */
  begin(position: number | null): void {
    if (this.#saving !== null || position === null || position === this.#saved) return;
    this.#saving = this.#trySave(position)
      .then((failure) => this.#tell(failure))
      .finally(() => {
        this.#saving = null;
      });
  }

  /** Saves the position at the end of a run. @throws CursorNotSaved after `FINAL_SAVE_TRIES_MAX` tries */
  async finish(position: number | null): Promise<void> {
    await this.#saving; // An older position must not be written after this one.
    if (position === null || position === this.#saved) return;
    for (let tries = 1; ; tries++) {
      const failure = await this.#trySave(position);
      if (failure === null) return;
      if (tries === FINAL_SAVE_TRIES_MAX) throw notSaved(position, this.#saved, failure.error);
      await this.#clock.sleep(FINAL_SAVE_PAUSE_MS);
    }
  }

  async #trySave(position: number): Promise<Failure | null> {
    try {
      await this.#store.save(position);
      this.#saved = position;
      return null;
    } catch (error) {
      return { error };
    }
  }

  #tell(failure: Failure | null): void {
    if (failure !== null && !this.#failing) this.#onFailed(failure.error);
    this.#failing = failure !== null;
  }
}

type Failure = { readonly error: unknown };

function notSaved(position: number, saved: number | null, cause: unknown): CursorNotSaved {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const from = saved === null ? "where this one did" : `behind position ${saved}`;
  return new CursorNotSaved(
    `the cursor ${position} could not be saved: ${reason}; everything up to it is stored, and the next run begins again ${from}`,
    { cause },
  );
}
