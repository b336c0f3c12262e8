// What a task is doing, so that whatever it throws can be told with its place.

import type { StageRunner } from "../core/stage-runner.ts";
import type { LogMessage } from "../ports.ts";
import { codeOf, type Phase, type Place, reasonOf, TaskFault } from "./failure.ts";
import type { TaskSource } from "./sources.ts";

export class Doing {
  readonly #sources: readonly TaskSource[];
  readonly #runner: Pick<StageRunner, "isAdvancing" | "recordInHand">;
  #message: LogMessage | null = null;
  #input = 0;
  /** Whether its state is loaded. */
  isOpen = false;
  isCommitting = false;

  constructor(
    sources: readonly TaskSource[],
    runner: Pick<StageRunner, "isAdvancing" | "recordInHand">,
  ) {
    this.#sources = sources;
    this.#runner = runner;
  }

  /** From now on it has to do with that message of an input. */
  turnTo(input: number, message: LogMessage): void {
    this.#input = input;
    this.#message = message;
  }

  /** The message in hand. */
  place(record: number | null = null): Place | null {
    if (this.#message === null) return null;
    const { subject, seq } = this.#message;
    const input = this.#input;
    return { input, stream: this.#sources[input]?.stream ?? "", subject, seq, record };
  }

  /** An error that was thrown meanwhile, with what it was thrown of. */
  fault(error: unknown): TaskFault {
    const known = { reason: reasonOf(error), code: codeOf(error) };
    return new TaskFault({ ...this.#where(), ...known }, { cause: error });
  }

  #where(): { phase: Phase; place: Place | null } {
    if (!this.isOpen) return { phase: "start", place: null };
    if (this.isCommitting) return { phase: "commit", place: null };
    if (this.#runner.isAdvancing) return { phase: "advance", place: this.place() };
    return { phase: "message", place: this.place(this.#runner.recordInHand) };
  }
}
