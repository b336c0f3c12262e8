// `rate()`: how many a second.
//
//   rate = count / seconds of the window

import type { Value } from "../../eval/values.ts";
import { assert } from "../assert.ts";
import type { Loadable } from "./accumulator.ts";

export class Rate implements Loadable {
  #count = 0;

  add(): void {
    this.#count += 1;
  }

  merge(other: this): void {
    this.#count += other.#count;
  }

  result(windowMs: number): Value {
    assert(windowMs > 0, "rate stands in a window");
    return this.#count / (windowMs / 1000);
  }

  save(): Value {
    return this.#count;
  }

  restore(saved: Value): void {
    this.#count = Number(saved);
  }
}
