// Drops events that came before, by their message ids: what the FIREHOSE stream does with them, for a run in
// this process, which has no stream. A relay repeats events after a reconnect, and recordings that are joined
// may overlap.

import { isEvent } from "../plan/names.ts";
import { IdSet, isHash } from "./id-set.ts";

/**
 * The latest ids, all of which are remembered: those of two hours at 500 events a second. Up to twice as many
 * are, in 128 MiB.
 */
export const REPEAT_IDS_MIN = 4_194_304;

/** Of a set of ids to begin with, 1 MiB: to grow from less takes a tenth of the time of a short run. */
const SLOTS_FIRST = 1 << 17;

export class RepeatFilter {
  readonly #idsMin: number;
  /** The ids since the last change of generations, and those of the generation before. */
  #ids = new IdSet(SLOTS_FIRST);
  #older = new IdSet();
  /** Events dropped. */
  repeated = 0;

  /** @param idsMin the latest ids, all of which are remembered */
  constructor(idsMin = REPEAT_IDS_MIN) {
    this.#idsMin = idsMin;
  }

  /** Whether to pass the message on. Watermarks and refusals always are. */
  admits(message: {
    readonly subject: string;
    readonly msgId: string;
    readonly payload: Uint8Array;
  }): boolean {
    const { msgId } = message;
    // What kind of message it is, is asked last: to ask it of each takes as long as to look up its id.
    if (!isHash(msgId) || this.#add(msgId) || !isEvent(message)) return true;
    this.repeated += 1;
    return false;
  }

  /** @returns whether the id is not remembered. One that comes again is remembered anew. */
  #add(id: string): boolean {
    if (this.#ids.size >= this.#idsMin) {
      this.#older = this.#ids;
      this.#ids = new IdSet(SLOTS_FIRST);
    }
    return this.#ids.add(id) && !this.#older.has(id);
  }
}
