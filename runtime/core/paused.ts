// An operator that makes many records of one stops between two of them when there is enough to be drained, and goes
// on behind that. One record may so have any number of results: they need fit neither one commit nor memory.
//
// What is paused is stored with the checkpoint, with the operators it goes on with: the next owner, whatever its
// version, goes on with the next result.

import type { Op } from "../../plan/plan.ts";
import { decodeValue, encodeState } from "../eval/codec.ts";
import { loadOrder, type RecordOrder, saveOrder } from "../eval/record-order.ts";
import { isRecord, type RecordValue } from "../eval/values.ts";
import { listOf } from "./aggregates/accumulator.ts";
import { assert } from "./assert.ts";

/** Where an operator has stopped. */
export type Paused = {
  /** What the record goes through from here: the operator that has stopped, if it makes more of it, and those behind. */
  readonly ops: readonly Op[];
  /** The record as it came to them. */
  readonly record: () => RecordValue;
  /** How many of the elements of the first operator's list are through. */
  readonly from: number;
  /** The record's order as it came to them. */
  readonly order: RecordOrder;
  readonly resume: () => void;
};

/** A stopped operator as it is stored. */
export type SavedPaused = {
  /** JSON. */
  readonly ops: string;
  /** CBOR. */
  readonly record: Uint8Array;
  readonly from: number;
  readonly order: Uint8Array;
};

export function savePaused({ ops, record, from, order }: Paused): SavedPaused {
  return {
    ops: JSON.stringify(ops),
    record: encodeState(record()),
    from,
    order: encodeState(saveOrder(order)),
  };
}

/** @param resume goes on with the record */
export function loadPaused(
  saved: SavedPaused,
  resume: (paused: Omit<Paused, "resume">) => void,
): Paused {
  const record = decodeValue(saved.record);
  assert(isRecord(record), "operators take records");
  const ops: readonly Op[] = JSON.parse(saved.ops); // Of a plan that was valid.
  const order = loadOrder(listOf(decodeValue(saved.order)));
  const paused = { ops, record: () => record, from: saved.from, order };
  return { ...paused, resume: () => resume(paused) };
}
