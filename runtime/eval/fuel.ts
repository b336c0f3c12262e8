// Bounds the work one expression may do on one record, so that no program can stall a stage.

import { EvaluationError } from "./eval-error.ts";
import type { Frame, Node } from "./evaluate.ts";
import type { Value } from "./values.ts";

/** Steps of one evaluation: an element visited by a projection, a function or a comparison is one. */
export const FUEL_MAX = 2_000_000;

/** Steps left; unlimited outside of an evaluation. Evaluation is synchronous and does not nest. */
let left = Number.POSITIVE_INFINITY;

/** Evaluates `node` on `record` with a full tank. */
export function withFuel(node: Node, record: Value, frame: Frame): Value {
  left = FUEL_MAX;
  try {
    return node(record, frame);
  } finally {
    left = Number.POSITIVE_INFINITY;
  }
}

/** Takes `steps` from the tank. @throws EvaluationError when it is empty. */
export function burn(steps: number): void {
  left -= steps;
  if (left < 0) {
    throw new EvaluationError(
      "out of fuel",
      `an expression may take ${FUEL_MAX} steps on a record`,
    );
  }
}
