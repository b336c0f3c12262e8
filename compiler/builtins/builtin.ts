// What a builtin function is to the compiler: its parameters, its type rule, and how it is documented.

import type { Json } from "../../plan/expr.ts";
import type { FunctionName } from "../../plan/functions.ts";
import { describeType } from "../types/describe.ts";
import type { Type } from "../types/type.ts";

/** Everything known of one function; `docs/functions.md` is made of these, and the examples run as tests. */
export type Builtin<Name extends FunctionName = FunctionName> = {
  readonly name: Name;
  readonly group: Group;
  readonly signature: Signature;
  /** One or two sentences: what it gives, of null and nothing too. */
  readonly docs: string;
  readonly examples: readonly Example[];
};

/** What functions are about; also the sections of `docs/functions.md`, in this order. */
export const GROUPS = [
  "strings",
  "numbers",
  "lists",
  "objects",
  "values",
  "time",
  "firehose",
] as const;
export type Group = (typeof GROUPS)[number];

/** What `expression` gives for the record `given`; instants as JSON writes them. */
export type Example = {
  readonly expression: string;
  readonly given: Json;
  readonly result: Json;
};

/** The type rule of a function. */
export type Signature = {
  readonly params: readonly Param[];
  /**
   * The type of the result from those of the arguments: as many as are written, each checked before.
   * A `&expr` argument stands as the type of its body. Must take `any` for every argument.
   */
  readonly result: (args: readonly Type[]) => Type;
  /** The result as documentation says it: `int`, `list<T>`. */
  readonly returns: string;
};

/** One parameter. An argument fits when it is assignable to one of `types`; null only where one is nullable. */
export type Param = {
  readonly name: string;
  readonly types: readonly Type[];
  /** `rest`: any number of arguments, none included. */
  readonly arity: "required" | "optional" | "rest";
  /** Of a `&expr`: which parameter's elements it is applied to; `types` are those of its body. */
  readonly appliedTo: number | null;
};

/** A parameter of one of `types`. */
export function param(name: string, ...types: readonly Type[]): Param {
  return { name, types, arity: "required", appliedTo: null };
}

export function optional(name: string, ...types: readonly Type[]): Param {
  return { ...param(name, ...types), arity: "optional" };
}

export function rest(name: string, ...types: readonly Type[]): Param {
  return { ...param(name, ...types), arity: "rest" };
}

/** A `&expr` applied to the elements of parameter `appliedTo`. */
export function reference(name: string, appliedTo: number, ...types: readonly Type[]): Param {
  return { ...param(name, ...types), appliedTo };
}

/** The parameter of the argument at `index`; undefined when there is none. */
export function paramAt(signature: Signature, index: number): Param | undefined {
  const last = signature.params.at(-1);
  return signature.params[index] ?? (last?.arity === "rest" ? last : undefined);
}

/** `contains(subject: string | list<any>, search: any) -> bool` */
export function describeSignature(name: string, signature: Signature): string {
  const params = signature.params.map((one) => {
    const types = one.types.map(describeType).join(" | ");
    const shown = one.appliedTo === null ? types : `&(… -> ${types})`;
    const mark = one.arity === "optional" ? "?" : "";
    return `${one.arity === "rest" ? "…" : ""}${one.name}${mark}: ${shown}`;
  });
  return `${name}(${params.join(", ")}) -> ${signature.returns}`;
}
