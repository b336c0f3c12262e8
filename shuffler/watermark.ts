// Watermarks, driven by the times of the events: the same frames give the same watermarks at any speed. One
// message per partition each time the greatest of these times enters a new whole second. Whether a time is to be
// believed was decided before (`trusted-time/`).

import { END_OF_TIME_MS, WATERMARK_DELAY_MS } from "../plan/event.ts";
import { HEADER, watermarkSubject } from "../plan/names.ts";
import { endId, watermarkId } from "./identify.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";

const EMPTY = new Uint8Array();

export class WatermarkMaker {
  readonly #partitions: number;
  #greatestMs = Number.NEGATIVE_INFINITY;

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  /** Greatest time taken, milliseconds; -Infinity before the first. */
  get greatestMs(): number {
    return this.#greatestMs;
  }

  /** Takes the time of one event. @returns the watermark messages to send after it. */
  advance(timeMs: number, relaySeq: number): ShuffledMessage[] {
    if (timeMs <= this.#greatestMs) return [];
    const second = Math.floor(timeMs / 1000);
    const isNewSecond = second > Math.floor(this.#greatestMs / 1000);
    this.#greatestMs = timeMs;
    if (!isNewSecond) return [];
    const watermarkMs = timeMs - WATERMARK_DELAY_MS;
    return this.#toAll(watermarkMs, relaySeq, (partition) => watermarkId(partition, second));
  }

  /** The watermark after a finite source: nothing more will come. */
  end(relaySeq: number): ShuffledMessage[] {
    return this.#toAll(END_OF_TIME_MS, relaySeq, endId);
  }

  #toAll(
    watermarkMs: number,
    relaySeq: number,
    msgId: (partition: number) => string,
  ): ShuffledMessage[] {
    const headers = new Map([[HEADER.watermark, String(watermarkMs)]]);
    return Array.from({ length: this.#partitions }, (_, partition) => ({
      subject: watermarkSubject(partition),
      msgId: msgId(partition),
      headers,
      payload: EMPTY,
      relaySeq,
    }));
  }
}
