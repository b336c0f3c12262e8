// What an operator with state looks like to the stage runner.

import type { Row } from "../../eval/codec.ts";
import type { RecordOrder } from "../../eval/record-order.ts";
import type { RecordValue } from "../../eval/values.ts";
import type { EncodedRows } from "../../eval/view/encoded-rows.ts";
import type { StateChange } from "../message.ts";

/** Takes a record that an operator with state hands on, with the order it has from now on. */
export type EmitOrdered = (record: RecordValue, order: RecordOrder) => void;

/**
 * First operator of a stage behind an exchange. All effects go downstream or into its own state.
 *
 * *Invariant*: what it emits has seen the watermark that it promised, and its order is the same for every
 * interleaving of channels: what follows judges lateness by it.
 */
export interface StatefulOperator {
  /** Entries of state that it keeps. */
  readonly keys: number;
  /** Takes in one row. */
  add(row: Row): void;
  /** Takes in the rows of a message, as `add` does one by one, where that can be done without decoding all. */
  addAll?(rows: EncodedRows): void;
  /**
   * The least watermark of the stage has advanced from `fromMs` to `watermarkMs`: emits what is complete, a
   * record or so at a time. Between two pieces it yields the watermark it stands at, and there the stage may
   * be stored: restored, resumed at that watermark and advanced again, it goes on with the next piece. It
   * takes in no row before it is through.
   */
  advance(fromMs: number, watermarkMs: number): Iterable<number>;
  /** From the watermark of the input to the one this operator can promise downstream. */
  outputWatermarkMs(watermarkMs: number): number;
  /** The keys changed since the last call, for the checkpoint. */
  changes(): StateChange[];
  /** As `changes`, where nobody stores them and writing them out can be spared. */
  skipChanges?(): void;
  /**
   * The whole state, for a snapshot that is written over many commits while the state changes: an entry
   * that has changed since may come as it was or as it is, or not at all.
   */
  entries(): Iterable<StateChange>;
  /** Puts back one entry (null deletes), in the order they were written. */
  restore(change: StateChange): void;
  /** After the last `restore`: the watermark up to which everything has been emitted already. */
  resume(watermarkMs: number): void;
}

/** Takes all the pieces at once: for a row that has to leave before its time. */
export function drained(pieces: Iterable<unknown>): void {
  for (const _ of pieces);
}
