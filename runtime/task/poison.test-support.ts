// Faults put in by hand, where no record is known to set one off: what tests name poison makes its stage throw.

import { vi } from "vitest";
import { Reduce } from "../core/operators/reduce.ts";
import { StageRunner } from "../core/stage-runner.ts";

/** A like of this throws in the stage that reads the firehose, one of that in the stage behind the exchange. */
export const POISON_EVENT = "poison-event";
export const POISON_ROW = "poison-row";

/** Puts the faults in, until the mocks are restored. @param when only then; always without */
export function putPoisonIn(when: () => boolean = () => true): void {
  // oxlint-disable-next-line typescript/unbound-method -- it is called on what the mock is called on
  const { push } = StageRunner.prototype;
  vi.spyOn(StageRunner.prototype, "push").mockImplementation(function (
    this: StageRunner,
    message,
    aside,
  ) {
    const isEvent = message.subject.startsWith("atproto.firehose.");
    const isTaken = aside?.whole == null;
    if (isEvent && isTaken && when() && holds(message.payload, POISON_EVENT)) {
      throw new TypeError("poison in an event");
    }
    push.call(this, message, aside);
  });
  // oxlint-disable-next-line typescript/unbound-method -- it is called on what the mock is called on
  const { addAll } = Reduce.prototype;
  vi.spyOn(Reduce.prototype, "addAll").mockImplementation(function (this: Reduce, rows) {
    if (when() && holds(rows.bytes, POISON_ROW)) throw new TypeError("poison in a row");
    addAll.call(this, rows);
  });
}

function holds(payload: Uint8Array | null, word: string): boolean {
  return payload !== null && Buffer.from(payload).includes(word);
}
