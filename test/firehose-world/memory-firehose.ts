// The stream and the saved places, in memory, as a shuffler sees them: ids are refused while the server remembers them.

import { storedState } from "../../cli/stored-states.ts";
import { isEvent } from "../../plan/names.ts";
import type { CursorStore, Place, Places, Publisher, StoredIds } from "../../shuffler/ports.ts";
import type { Shuffler } from "../../shuffler/shuffle.ts";
import type { ShuffledMessage } from "../../shuffler/shuffled-message.ts";

export class MemoryFirehose implements Publisher, StoredIds, CursorStore, Places {
  readonly messages: ShuffledMessage[] = [];
  /** What the server remembers. */
  #window = new Set<string>();
  /** What the guard has learnt; null while it is off. */
  #known: Set<string> | null = null;
  readonly #places = new Map<string, Place>();

  get payloads(): Uint8Array[] {
    return this.messages.filter(isEvent).map(({ payload }) => payload);
  }

  /** Ids of events that are stored more than once. */
  get doubled(): string[] {
    const ids = this.messages.filter(isEvent).map(({ msgId }) => msgId);
    return ids.filter((id, i) => ids.indexOf(id) !== i);
  }

  async publish(message: ShuffledMessage): Promise<{ readonly stored: Promise<void> }> {
    this.store(message);
    return { stored: Promise.resolve() };
  }

  store(message: ShuffledMessage): void {
    if (this.#window.has(message.msgId)) return;
    this.#window.add(message.msgId);
    this.#known?.add(message.msgId);
    this.messages.push(message);
  }

  /** Time has passed: the server remembers no id any more. */
  forget(): void {
    this.#window = new Set();
    this.#known = null;
  }

  /** What a shuffler that starts is told of the stream. */
  recall(shuffler: Shuffler): void {
    for (const payload of this.payloads) {
      const found = storedState(payload);
      if (found !== null) shuffler.recall(found.state, found.timeMs);
    }
  }

  async follow(): Promise<void> {
    this.#known = new Set(this.messages.map(({ msgId }) => msgId));
  }

  async catchUp(): Promise<void> {
    await this.follow();
  }

  has(msgId: string): boolean {
    return this.#known?.has(msgId) === true;
  }

  stop(): void {
    this.#known = null;
  }

  async save(host: string, position: number, numbering: number): Promise<Place> {
    const before = this.#places.get(host);
    const isFurther =
      before === undefined ||
      numbering > before.numbering ||
      (numbering === before.numbering && position > before.position);
    const place = isFurther ? { position, numbering, savedAtMs: Date.now() } : before;
    this.#places.set(host, place);
    return place;
  }

  async load(host: string): Promise<Place | null> {
    return this.#places.get(host) ?? null;
  }

  async storedTimeMs(): Promise<number | null> {
    return null;
  }
}
