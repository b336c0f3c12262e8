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

/** Which slot a variable is in, where it is visible: resolved at compile time. */
export class Scope {
  readonly #visible: ReadonlyMap<string, number>;
  /** Slots used by the whole expression. */
  readonly #used: { count: number };

  constructor(visible: ReadonlyMap<string, number> = new Map(), used = { count: 0 }) {
    this.#visible = visible;
    this.#used = used;
  }

  /** Slots a frame needs. */
  get slots(): number {
    return this.#used.count;
  }

  /** The slot of the innermost binding of `name`; null when there is none. */
  slotOf(name: string): number | null {
    return this.#visible.get(name) ?? null;
  }

  /** The scope inside a `let` of `names`, whose slots are `firstSlot`, `firstSlot + 1` and so on. */
  bind(names: readonly string[]): { readonly inner: Scope; readonly firstSlot: number } {
    const firstSlot = this.#used.count;
    this.#used.count += names.length;
    const visible = new Map(this.#visible);
    for (const [i, name] of names.entries()) visible.set(name, firstSlot + i);
    return { inner: new Scope(visible, this.#used), firstSlot };
  }
}
