// Watermarks, driven by the relay's time and nothing else: the same frames give the same watermarks at
// any speed. One message per partition each time the greatest relay time enters a new whole second.

import { END_OF_TIME_MS, WATERMARK_DELAY_MS } from "../plan/event.ts";
import { HEADER, watermarkSubject } from "../plan/names.ts";
import { endId, watermarkId } from "./identify.ts";
import type { Clock } from "./ports.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";

/**
 * How far a live relay's time may be ahead of the wall clock and still move the watermark. One hostile
 * or broken frame from the future would otherwise close every window; such an event is still
 * published, it only does not count as progress.
 */
export const WATERMARK_AHEAD_MS_MAX = 3_600_000;

const EMPTY = new Uint8Array();

export class WatermarkMaker {
  readonly #partitions: number;
  readonly #clock: Clock | null;
  #greatestMs = Number.NEGATIVE_INFINITY;

  /** @param clock of a live source; null for recordings, whose output must not depend on one. */
  constructor(partitions: number, clock: Clock | null) {
    this.#partitions = partitions;
    this.#clock = clock;
  }

  /** Greatest relay time believed, milliseconds; -Infinity before the first. */
  get greatestMs(): number {
    return this.#greatestMs;
  }

  /** Whether an event's relay time may move a watermark, here and in whoever reads the event. */
  believes(timeMs: number): boolean {
    if (this.#clock === null || timeMs <= this.#greatestMs) return true;
    return timeMs <= this.#clock.now() + WATERMARK_AHEAD_MS_MAX;
  }

  /** Takes the believed relay time of one event. @returns the watermark messages to send after it. */
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
