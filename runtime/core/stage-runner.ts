// One stage partition as a deterministic machine: messages in, output and state changes out. It knows
// no clock, no I/O and no batches: how messages are grouped between two drains never changes what comes.

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { isStateful } from "../../plan/ops.ts";
import type { Plan, Stage } from "../../plan/plan.ts";
import { EventRecords } from "../eval/view/event-records.ts";
import { EventView } from "../eval/view/event-view.ts";
import { OBJECTS } from "../eval/view/records.ts";
import type { Aside } from "./aside.ts";
import { assert } from "./assert.ts";
import { buildChain, resumePaused } from "./chain.ts";
import { type CurrentMessage, type Emit, StageContext } from "./context.ts";
import { DRAIN, type DrainLimits } from "./drain-limits.ts";
import { Intake, type SavedInHand } from "./intake.ts";
import type { Counters, InputMessage, StateChange, StepOutput } from "./message.ts";
import { buildStateful } from "./operators/build.ts";
import type { EmitOrdered, StatefulOperator } from "./operators/stateful.ts";
import { loadPaused, type Paused, type SavedPaused, savePaused } from "./paused.ts";
import { type SavedWatermarks, Watermarks } from "./watermarks.ts";

/** The part of a checkpoint that is small and written whole each time. */
export type Progress = {
  readonly watermarks: SavedWatermarks;
  readonly counters: Counters;
  /** The advance that the stage is in the middle of. */
  readonly advance: SavedAdvance | null;
  /** Likewise the message, of which not all records have been taken: it is to be read again. */
  readonly inHand: SavedInHand | null;
  /** Likewise the records. */
  readonly paused: readonly SavedPaused[];
  /** The message that they are of. */
  readonly message: CurrentMessage;
};

/** Whether a stage that is restored from it is in the middle of what a message has set off. */
export function isBusy({ advance, paused }: Progress): boolean {
  return advance !== null || paused.length > 0;
}

/** Where an advance stands, and the message that set it off. */
export type SavedAdvance = {
  /** Null: before the first watermark. */
  readonly reachedMs: number | null;
  readonly subject: string;
  readonly seq: number;
};

type Advance = { reachedMs: number; readonly pieces: Iterator<number> };

export class StageRunner {
  readonly #context: StageContext;
  readonly #watermarks: Watermarks;
  readonly #stateful: StatefulOperator | null;
  readonly #intake: Intake;
  /** What the last message set off and is not through yet. */
  #advance: Advance | null = null;
  #pieces = 0;
  readonly #limits: DrainLimits;

  /**
   * @param plan the plan `stage` is of; it must be valid (`validatePlan`).
   * @param limits which tests make small
   */
  constructor(plan: Plan, stage: Stage, limits = DRAIN) {
    this.#limits = limits;
    this.#context = new StageContext(plan, stage, limits);
    this.#watermarks = new Watermarks(stage.inputs.length);
    const [first, ...rest] = stage.ops;
    assert(first !== undefined, `stage ${stage.id} has no operators`);
    const ops = isStateful(first) ? rest : stage.ops;
    const chain = buildChain(ops, this.#context, OBJECTS);
    const view = new EventView();
    const emitEvent = buildChain(ops, this.#context, new EventRecords(view));
    this.#stateful = isStateful(first)
      ? buildStateful(first, this.#context, ordered(this.#context, chain))
      : null;
    const { inputs } = stage;
    const stateful = this.#stateful;
    this.#intake = new Intake(this.#context, { inputs, emit: chain, view, emitEvent, stateful });
  }

  get counters(): Readonly<Counters> {
    return this.#context.counters;
  }

  /** Entries of keyed state. */
  get keys(): number {
    return this.#stateful?.keys ?? 0;
  }

  /** Counts messages that were deleted before they could be pushed. */
  lose(messages: number): void {
    this.#context.counters.lost += messages;
  }

  /** Bytes of output waiting to be drained. */
  get outputBytes(): number {
    return this.#context.output.bytes;
  }

  /** Whether the last message is not through yet: drain, store if need be, and `goOn`. */
  get busy(): boolean {
    const { paused } = this.#context;
    return this.#advance !== null || this.#intake.inHand !== null || paused.length > 0;
  }

  /** The message that is to be read again when the stage is restored as it is now; null when none is. */
  get unfinished(): { readonly input: number; readonly seq: number } | null {
    return this.#intake.save();
  }

  /** Which record of the last message was in hand last; null when that is not told. */
  get recordInHand(): number | null {
    return this.#intake.item;
  }

  /** Whether what is under way is an advance, and not the records of a message. */
  get isAdvancing(): boolean {
    return this.#advance !== null && this.#intake.inHand === null;
  }

  /** Whether what waits to be drained is as much as should go into one commit. */
  get full(): boolean {
    const { output } = this.#context;
    const { bytes, messages, pieces } = this.#limits;
    return output.bytes >= bytes || output.messages >= messages || this.#pieces >= pieces;
  }

  /** The watermark this stage can promise now; null until it is known. */
  get watermarkMs(): number | null {
    const least = this.#advance?.reachedMs ?? this.#watermarks.least;
    const watermarkMs = this.#stateful?.outputWatermarkMs(least) ?? least;
    return Number.isFinite(watermarkMs) ? watermarkMs : null;
  }

  /**
   * Takes one message in, and is `busy` after it when what it set off is more than one commit should hold.
   * A payload that does not decode goes to dead letters, whole.
   * @param aside what of it is left out, to dead letters. Its rows are taken one by one then.
   */
  push(message: InputMessage, aside: Aside | null = null): void {
    assert(!this.busy, "a message is pushed before the last one is through");
    const context = this.#context;
    context.message.subject = message.subject;
    context.message.seq = message.seq;
    const toldMs = this.#watermarks.of(message);
    if (this.#intake.take(message, toldMs, aside)) this.#pass(message);
  }

  /** Goes on with what the last message set off, until it is through or there is enough to be drained. */
  goOn(): void {
    while (this.busy && !this.full) {
      this.#step();
      this.#pieces += 1;
    }
  }

  /** The next piece: of a record that is not through, else of the message, else of the advance. */
  #step(): void {
    const { paused } = this.#context;
    const { inHand } = this.#intake;
    const [first, ...rest] = paused.splice(0);
    if (first !== undefined) {
      this.#context.turnTo(first.order);
      first.resume();
      paused.push(...rest);
    } else if (inHand !== null) {
      if (this.#intake.goOn()) this.#pass(inHand);
    } else if (this.#advance !== null) {
      const { done, value } = this.#advance.pieces.next();
      if (done === true) this.#advance = null;
      else this.#advance.reachedMs = value;
    }
  }

  /** All records of the message have been taken: what it says of the time counts. */
  #pass(message: InputMessage): void {
    const { eventMs } = this.#intake;
    if (eventMs !== null) this.#advanceTo(message, eventMs - WATERMARK_DELAY_MS);
    if (message.watermarkMs !== null) this.#advanceTo(message, message.watermarkMs);
  }

  /** Everything produced since the last drain. */
  drain(): StepOutput {
    this.#pieces = 0;
    return { messages: this.#context.output.drain(), watermarkMs: this.watermarkMs };
  }

  /** The entries of keyed state that changed since they were last asked for, each once. */
  changes(): StateChange[] {
    return this.#stateful?.changes() ?? [];
  }

  /** As `changes`, where nobody stores them. */
  skipChanges(): void {
    if (this.#stateful?.skipChanges === undefined) this.#stateful?.changes();
    else this.#stateful.skipChanges();
  }

  progress(): Progress {
    return {
      watermarks: this.#watermarks.save(),
      counters: structuredClone(this.#context.counters),
      advance: this.#savedAdvance(),
      inHand: this.#intake.save(),
      paused: this.#context.paused.map(savePaused),
      message: { ...this.#context.message },
    };
  }

  /** The whole keyed state. */
  entries(): Iterable<StateChange> {
    return this.#stateful?.entries() ?? [];
  }

  /** Puts stored state back into a fresh runner, part by part in the order it was written. */
  load(part: Iterable<StateChange>): void {
    for (const change of part) this.#stateful?.restore(change);
  }

  /** After the last `load`: goes on from a checkpoint, and may be `busy` then. */
  resume(progress: Progress): void {
    Object.assign(this.#context.counters, structuredClone(progress.counters));
    this.#watermarks.restore(progress.watermarks);
    const { advance } = progress;
    Object.assign(this.#context.message, progress.message);
    this.#intake.restore(progress.inHand);
    for (const one of progress.paused) {
      const resume = (paused: Omit<Paused, "resume">): void => resumePaused(paused, this.#context);
      this.#context.paused.push(loadPaused(one, resume));
    }
    const { least } = this.#watermarks;
    const reachedMs = advance === null ? least : (advance.reachedMs ?? Number.NEGATIVE_INFINITY);
    this.#stateful?.resume(reachedMs);
    if (advance === null) return;
    this.#context.message.subject = advance.subject;
    this.#context.message.seq = advance.seq;
    this.#begin(reachedMs, least);
  }

  #savedAdvance(): SavedAdvance | null {
    if (this.#advance === null) return null;
    const { reachedMs } = this.#advance;
    const { subject, seq } = this.#context.message;
    return { reachedMs: Number.isFinite(reachedMs) ? reachedMs : null, subject, seq };
  }

  #advanceTo(message: InputMessage, watermarkMs: number): void {
    const before = this.#watermarks.least;
    this.#watermarks.advance(message, watermarkMs);
    const { least } = this.#watermarks;
    if (least === before) return;
    this.#begin(before, least);
    this.goOn();
  }

  #begin(fromMs: number, watermarkMs: number): void {
    const pieces = this.#stateful?.advance(fromMs, watermarkMs);
    if (pieces === undefined) return;
    this.#advance = { reachedMs: fromMs, pieces: pieces[Symbol.iterator]() };
  }
}

/** Behind a stateful operator a record has the order that it gave, not that of the message that set it off. */
function ordered(context: StageContext, next: Emit): EmitOrdered {
  return (record, order) => {
    context.turnTo(order);
    next(record);
  };
}
