// The order in which events arrive, told to those that remember them (runtime/eval/record-order.ts). It is that of
// their seqs, where these rise, as those of a relay do. They fall where a Jetstream file's clock steps back, where
// recordings of two relays are joined, and where another relay is read. Such an event is ordered under the greatest
// seq before it, behind everything else of that seq:
//
//   seq        7 7 8 9 6 9 10        (two operations of one commit; a step back; two events of one seq)
//   order seq  7 7 8 9 9 9 10
//   place      0 1 0 0 1 2 0

/**
 * A step of time after which seqs may begin anew: what comes then has seen a later instant on every partition, and the
 * seq decides only between those that have seen the same. Milliseconds.
 */
export const ARRIVAL_TURN_MS = 2000;

export class ArrivalOrder {
  #seq = Number.NEGATIVE_INFINITY;
  #place = 0;
  #count = 0;
  #greatestMs = Number.NEGATIVE_INFINITY;

  /** The seq that the message of the last `turnTo` is ordered under. */
  get seq(): number {
    return this.#seq;
  }

  /** Its place among those of that seq; the other events of the message follow. */
  get place(): number {
    return this.#place;
  }

  /** The next message has arrived. @param timeMs that it is published with @param events it holds */
  turnTo(seq: number, timeMs: number, events: number): void {
    if (seq > this.#seq || timeMs >= this.#greatestMs + ARRIVAL_TURN_MS) {
      this.#seq = seq;
      this.#count = 0;
      this.#greatestMs = Math.max(this.#greatestMs, timeMs);
    }
    this.#place = this.#count;
    this.#count += events;
  }
}
