// Saves the cursors beside the reading, never in its way: a store that is away for a while costs a notice
// and an older cursor, and only the last save of a run has to succeed.

import type { Mark } from "./cursor.ts";
import type { Clock, CursorStore, Place } from "./ports.ts";

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
  /** What was saved last, by host. */
  readonly #saved = new Map<string, Mark>();
  /** What others have saved, by host. */
  readonly #others = new Map<string, Place>();
  #saving: Promise<void> | null = null;
  /** Whether the last save failed, and was reported. */
  #failing = false;

  /** @param onFailed gets the first error of every row of saves that fail. */
  constructor(store: CursorStore, clock: Clock, onFailed: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onFailed = onFailed;
  }

  /** Whether another shuffler has said that everything up to this mark is stored. */
  isStoredByOthers({ host, numbering, position }: Mark): boolean {
    const place = this.#others.get(host);
    return place !== undefined && place.numbering === numbering && position <= place.position;
  }

  isSaved(marks: readonly Mark[]): boolean {
    return this.#changed(marks).length === 0;
  }

  /** Begins to save the marks, unless a save is under way: the next call saves more. */
  begin(marks: readonly Mark[]): void {
    if (this.#saving !== null) return;
    const changed = this.#changed(marks);
    if (changed.length === 0) return;
    this.#saving = this.#trySave(changed)
      .then((failure) => this.#tell(failure))
      .finally(() => {
        this.#saving = null;
      });
  }

  /** Saves the marks at the end of a run. @throws CursorNotSaved after `FINAL_SAVE_TRIES_MAX` tries */
  async finish(marks: readonly Mark[]): Promise<void> {
    await this.#saving; // An older position must not be written after this one.
    for (let tries = 1; ; tries++) {
      const changed = this.#changed(marks);
      const failure = await this.#trySave(changed);
      if (failure === null) return;
      if (tries === FINAL_SAVE_TRIES_MAX) throw this.#notSaved(changed, failure.error);
      await this.#clock.sleep(FINAL_SAVE_PAUSE_MS);
    }
  }

  #changed(marks: readonly Mark[]): Mark[] {
    return marks.filter((mark) => this.#saved.get(mark.host) !== mark);
  }

  async #trySave(marks: readonly Mark[]): Promise<Failure | null> {
    try {
      for (const mark of marks) await this.#save(mark);
      return null;
    } catch (error) {
      return { error };
    }
  }

  async #save(mark: Mark): Promise<void> {
    const { host, position, numbering } = mark;
    const place = await this.#store.save(host, position, numbering);
    this.#saved.set(host, mark);
    if (place.position !== position || place.numbering !== numbering) this.#others.set(host, place);
  }

  #tell(failure: Failure | null): void {
    if (failure !== null && !this.#failing) this.#onFailed(failure.error);
    this.#failing = failure !== null;
  }

  #notSaved(marks: readonly Mark[], cause: unknown): CursorNotSaved {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const positions = marks.map(({ position }) => position).join(", ");
    const saved = marks.map(({ host }) => this.#saved.get(host)?.position);
    const from = saved.some((one) => one === undefined)
      ? "where this one did"
      : `behind position ${saved.join(", ")}`;
    return new CursorNotSaved(
      `the cursor ${positions} could not be saved: ${reason}; everything up to it is stored, and the next run begins again ${from}`,
      { cause },
    );
  }
}

type Failure = { readonly error: unknown };
