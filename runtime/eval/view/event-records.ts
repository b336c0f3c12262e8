// Events as the records of a stage: what operators read of them is found in the bytes, and what they send on
// untouched is copied.

import type { Expr } from "../../../plan/expr.ts";
import { hash32OfAscii } from "../../../plan/partition.ts";
import { type CborWriter, MAJOR } from "../cbor-encode.ts";
import { compileExpr, compilePredicate, type DropReason } from "../compile-expr.ts";
import { EvaluationError } from "../eval-error.ts";
import { chainOf, Scope } from "../evaluate.ts";
import { Instant, type RecordValue, TEXT_KEY, type Value } from "../values.ts";
import { type Added, EventSource } from "./event-source.ts";
import type { EventView } from "./event-view.ts";
import type { PathNode } from "./path-tree.ts";
import { type Keying, partitionOfKey, type Records } from "./records.ts";

export class EventRecords implements Records<EventView> {
  readonly #view: EventView;
  readonly #added: readonly Added[];
  readonly #source: EventSource;
  /** The added field that has taken the place of the event's time. */
  readonly #time: Added | undefined;

  constructor(view: EventView, added: readonly Added[] = []) {
    this.#view = view;
    this.#added = added;
    this.#source = new EventSource(view, added);
    this.#time = added.findLast(({ name }) => name === "time");
  }

  compile(expr: Expr): () => Value {
    const evaluate = compileExpr(expr, this.#source);
    return () => evaluate(null);
  }

  predicate(expr: Expr): () => boolean | DropReason {
    const holds = compilePredicate(expr, this.#source);
    return () => holds(null);
  }

  writing(expr: Expr): (view: EventView, writer: CborWriter) => void {
    const names = this.#namesOf(expr);
    const copy = names === null ? null : this.#source.writing(names);
    if (copy !== null) return (_view, writer) => copy(writer);
    const evaluate = this.compile(expr);
    return (_view, writer) => writer.value(evaluate());
  }

  keying(keys: readonly Expr[], partitions: number): Keying<EventView> {
    const evaluate = keys.map((key) => this.compile(key));
    const write = keys.map((key) => this.writing(key));
    const text = keys.length === 1 ? this.#storedAt(keys[0]) : null;
    return {
      take: () => {}, // Keys are read where they stand.
      write: (writer) => {
        writer.listHeader(write.length);
        for (const one of write) one(this.#view, writer);
      },
      partition: () => {
        if (partitions === 1) return 0;
        const hash = text === null ? null : this.#hashOf(text);
        if (hash !== null) return hash % partitions;
        return partitionOfKey(
          evaluate.map((one) => one()),
          partitions,
        );
      },
    };
  }

  write(view: EventView, writer: CborWriter): void {
    writer.value(this.whole(view));
  }

  whole(_view: EventView): RecordValue {
    return this.#source.object();
  }

  timeMs(view: EventView): number {
    if (this.#time === undefined) return view.timeMs;
    if (this.#time.value instanceof Instant) return this.#time.value.ms;
    throw new EvaluationError("record without time", "`time` is not an instant");
  }

  isTime(expr: Expr): boolean {
    return this.#time === undefined && this.#namesOf(expr)?.join() === "time";
  }

  adding(name: string): {
    readonly records: EventRecords;
    readonly add: (view: EventView, value: Value) => EventView;
  } {
    const added: Added = { name, value: null };
    const add = (view: EventView, value: Value): EventView => {
      added.value = value;
      return view;
    };
    return { records: new EventRecords(this.#view, [...this.#added, added]), add };
  }

  #namesOf(expr: Expr): readonly string[] | null {
    return chainOf(expr, new Scope(this.#source))?.names ?? null;
  }

  #storedAt(expr: Expr | undefined): PathNode | null {
    const names = expr === undefined ? null : this.#namesOf(expr);
    return names === null ? null : this.#source.stored(names);
  }

  /** The hash of the canonical key that is the text at `path` alone; null when it is no ASCII text. */
  #hashOf(path: PathNode): number | null {
    const view = this.#view;
    if (!view.isThere(path) || view.head(path) >> 5 !== MAJOR.text) return null;
    const { bytes, start, end } = view.textSpan(path);
    const base = bytes.byteOffset;
    return hash32OfAscii(TEXT_KEY, view.words, base + start, base + end);
  }
}
