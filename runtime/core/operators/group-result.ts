// The result of a group, as it is put together.

import type { Aggregate } from "../../../plan/plan.ts";
import { EvaluationError } from "../../eval/eval-error.ts";
import { type RecordValue, setField, type Value } from "../../eval/values.ts";

export class GroupResult {
  readonly fields: RecordValue = {};
  #error: EvaluationError | null = null;

  /** Why it cannot be sent; null when it can. */
  get error(): EvaluationError | null {
    return this.#error;
  }

  setKey(name: string, value: Value): void {
    setField(this.fields, name, value);
  }

  /** A number beyond the doubles is no value: its field is left out. */
  setAggregate({ name, fn }: Aggregate, value: Value): void {
    if (typeof value !== "number" || Number.isFinite(value)) setField(this.fields, name, value);
    else this.#error ??= new EvaluationError("number out of range", `${fn}() in field ${name}`);
  }
}
