// Drops repeated events by their message ids, as the FIREHOSE stream does, for a run in one process, which has
// no stream. A relay repeats events after a reconnect, and joined recordings may overlap.

import { isEvent } from "../plan/names.ts";
import { IdSet, isHash } from "./id-set.ts";

/** The latest ids are remembered: at least this many (two hours at 500 events/s), at most twice as many, in 128 MiB. */
export const REPEAT_IDS_MIN = 4_194_304;

/** Initial size of a generation, 1 MiB: growing from less costs a short run measurable time. */
const SLOTS_FIRST = 1 << 17;

export class RepeatFilter {
  readonly #idsMin: number;
  /** The current generation of ids, and the one before. */
  #ids = new IdSet(SLOTS_FIRST);
  #older = new IdSet();
  /** Events dropped. */
  repeated = 0;

  /** @param idsMin ids remembered at least */
  constructor(idsMin = REPEAT_IDS_MIN) {
    this.#idsMin = idsMin;
  }

  /** @returns whether to pass the message on; always true for watermarks and refusals */
  admits(message: {
    readonly subject: string;
    readonly msgId: string;
    readonly payload: Uint8Array;
  }): boolean {
    const { msgId } = message;
    // The kind of message is checked last: checking it first would cost as much as the look-up.
    if (!isHash(msgId) || this.#add(msgId) || !isEvent(message)) return true;
    this.repeated += 1;
    return false;
  }

  /** Remembers the id as the latest. @returns whether it was unknown */
  #add(id: string): boolean {
    if (this.#ids.size >= this.#idsMin) {
      this.#older = this.#ids;
      this.#ids = new IdSet(SLOTS_FIRST);
    }
    return this.#ids.add(id) && !this.#older.has(id);
  }
}
