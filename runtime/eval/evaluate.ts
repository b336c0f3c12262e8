// What a compiled expression is: a closure, made once per expression and called once per record.

import type { Expr } from "../../plan/expr.ts";
import type { Value } from "./values.ts";

/** A whole expression. @throws EvaluationError as the expression's semantics say. */
export type Evaluate = (record: Value) => Value;

/**
 * What the nodes of one evaluation share. An expression has one, used again for each record: evaluation
 * is synchronous and an expression never evaluates itself.
 */
export type Frame = {
  /** The value of `$`. */
  root: Value;
  /** The variables of `let … in`, each in the slot its binding was given at compile time. */
  readonly slots: Value[];
};

/** One node, compiled: from `@` and the frame to its value. */
export type Node = (current: Value, frame: Frame) => Value;

/** Compiles a part of an expression; given to the compilers of the node kinds, so that they can recurse. */
export type Compile = (expr: Expr, scope: Scope) => Node;

/** A record that is not an object: where a compiled expression finds its fields. */
export interface RecordSource {
  /** The value of a chain of names. */
  field(names: readonly string[]): Node;
  /** Whether the last of the names is there. */
  exists(names: readonly string[]): Node;
  /** The record as an object. */
  whole: Node;
  // Questions that can be answered without making the value; null when this chain has no short way.
  equalsText(names: readonly string[], text: string): Answer | null;
  /** Of a list of texts. */
  hasText(names: readonly string[], text: string): Answer | null;
  /** The object at `names` with no more of it than `part` says; what is no object, whole. */
  partial(names: readonly string[], part: RecordPart): Node | null;
}

/** What a function looks at of its argument, if that is an object. */
export type RecordPart = {
  readonly fields: readonly string[];
  /** Of an object in one of the fields it looks at nothing: any will do. */
  readonly shallow: boolean;
};

/** Answers a question about bytes; null when only the value tells. */
export type Answer = () => boolean | null;

/** Which slot a variable is in, where it is visible: resolved at compile time. */
export class Scope {
  readonly #visible: ReadonlyMap<string, number>;
  /** Slots used by the whole expression. */
  readonly #used: { count: number };
  /** Where the fields of `$` are, and of `@` too unless `moved`; null: in the object it is given. */
  readonly root: RecordSource | null;
  readonly #moved: boolean;

  constructor(
    root: RecordSource | null = null,
    visible: ReadonlyMap<string, number> = new Map(),
    used = { count: 0 },
    moved = false,
  ) {
    this.root = root;
    this.#visible = visible;
    this.#used = used;
    this.#moved = moved;
  }

  /** Where the fields of `@` are. */
  get current(): RecordSource | null {
    return this.#moved ? null : this.root;
  }

  /** Slots a frame needs. */
  get slots(): number {
    return this.#used.count;
  }

  /** The slot of the innermost binding of `name`; null when there is none. */
  slotOf(name: string): number | null {
    return this.#visible.get(name) ?? null;
  }

  /** The scope of an expression whose `@` is another value: an element, or the left side of a pipe. */
  move(): Scope {
    return new Scope(this.root, this.#visible, this.#used, true);
  }

  /** The scope inside a `let` of `names`, whose slots are `firstSlot`, `firstSlot + 1` and so on. */
  bind(names: readonly string[]): { readonly inner: Scope; readonly firstSlot: number } {
    const firstSlot = this.#used.count;
    this.#used.count += names.length;
    const visible = new Map(this.#visible);
    for (const [i, name] of names.entries()) visible.set(name, firstSlot + i);
    const inner = new Scope(this.root, visible, this.#used, this.#moved);
    return { inner, firstSlot };
  }
}

/** A chain of names on the record itself, with where its fields are; null for any other expression. */
export function chainOf(
  expr: Expr,
  scope: Scope,
): { readonly source: RecordSource; readonly names: readonly string[] } | null {
  const names: string[] = [];
  let base = expr;
  for (; base.k === "field"; base = base.of) names.unshift(base.name);
  const source = base.k === "current" ? scope.current : base.k === "root" ? scope.root : null;
  return source === null || names.length === 0 ? null : { source, names };
}
