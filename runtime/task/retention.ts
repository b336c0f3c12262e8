// Notices what a stream has deleted before a task came to read it: of the firehose the oldest messages go by
// age, and a task that was away or slow for longer goes on with what is left. Nothing can bring them back,
// so all there is to do is to say so.
//
//   processed through 500 … the stream begins at 800 … next message 812   →   501 to 799 are gone
//
// Which of them the task would have read is not known any more: it says how many there were at most.

import { FIREHOSE_STREAM } from "../../plan/names.ts";
import { type Log, LogUnavailable } from "../ports.ts";
import type { TaskSource } from "./sources.ts";

/** Messages of a stream, both ends included, that were deleted before they were read. */
export type Gap = { readonly stream: string; readonly fromSeq: number; readonly toSeq: number };

export class Retention {
  readonly #log: Log;
  readonly #sources: readonly TaskSource[];
  /** Of each input, the first sequence that its stream held when it was last looked at. */
  readonly #firstSeqs: number[];

  constructor(log: Log, sources: readonly TaskSource[]) {
    this.#log = log;
    this.#sources = sources;
    this.#firstSeqs = sources.map(() => 1);
  }

  /**
   * Asks where the streams begin now. Only the firehose is deleted from the front: what the others lack may
   * as well have been somebody else's checkpoint.
   */
  async look(): Promise<void> {
    for (const [input, { stream, subjects }] of this.#sources.entries()) {
      if (stream !== FIREHOSE_STREAM || subjects.length === 0) continue;
      try {
        this.#firstSeqs[input] = await this.#log.firstSeq(stream);
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error; // It is asked again before long.
      }
    }
  }

  /**
   * What is missing between the last message that was processed and the next; a task that has not begun
   * misses nothing: it starts with whatever is there.
   */
  gapBefore(input: number, inSeq: number, nextSeq: number): Gap | null {
    const firstSeq = this.#firstSeqs[input] ?? 1;
    if (inSeq === 0 || inSeq + 1 >= firstSeq || nextSeq < firstSeq) return null;
    const stream = this.#sources[input]?.stream ?? "";
    return { stream, fromSeq: inSeq + 1, toSeq: firstSeq - 1 };
  }
}
