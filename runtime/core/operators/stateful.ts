// What an operator with state looks like to the stage runner.

import type { Row } from "../../eval/codec.ts";
import type { StateChange } from "../message.ts";

/**
 * First operator of a stage behind an exchange. All effects go downstream or into its own state.
 *
 * *Invariant*: what it emits is not before the watermark it promised, and the instant it emits at (the
 * third argument of `EmitAt`) is the same for every interleaving of channels: what follows judges
 * lateness by it.
 */
export interface StatefulOperator {
  /** Takes in one row. */
  add(row: Row): void;
  /** The least watermark of the stage has advanced to `watermarkMs`: emits what is complete. */
  advance(watermarkMs: number): void;
  /** From the watermark of the input to the one this operator can promise downstream. */
  outputWatermarkMs(watermarkMs: number): number;
  /** The keys changed since the last call, for the checkpoint. */
  changes(): StateChange[];
  /** The whole state, for a snapshot. */
  entries(): Iterable<StateChange>;
  /** Puts back one entry (null deletes), in the order they were written. */
  restore(change: StateChange): void;
  /** After the last `restore`: the watermark up to which everything has been emitted already. */
  resume(watermarkMs: number): void;
}
