// Types that were found to be more than they said: what a condition on a path tells of what it is in.

import { narrowEvent } from "./event.ts";
import { unionOf } from "./relate.ts";
import {
  ANY,
  NEVER,
  NULL_TYPE,
  nonNull,
  nullableIf,
  type ObjectType,
  type Type,
  text,
} from "./type.ts";

/** What is known of a value when it was found to be so. */
export type Refinement = {
  readonly apply: (type: Type) => Type;
  /** Whether it says that the value is not null, and so that nothing on the way to it is. */
  readonly solid: boolean;
};

export const IS_NOT_NULL: Refinement = { apply: nonNull, solid: true };
export const IS_NULL: Refinement = {
  apply: (type) => (type.nullable && type.kind !== "any" ? NULL_TYPE : type),
  solid: false,
};

/** It equals one of `values`. */
export function isOneOf(values: readonly string[]): Refinement {
  return {
    solid: true,
    apply: (type) => {
      if (type.kind !== "text") return nonNull(type);
      const left = values.filter((value) => type.values === null || type.values.includes(value));
      if (left.length === 0) return NEVER;
      return { ...text(type.format, left), origin: type.origin };
    },
  };
}

/** It equals none of `values`; it may be null. */
export function isNoneOf(values: readonly string[]): Refinement {
  return {
    solid: false,
    apply: (type) => {
      if (type.kind !== "text" || type.values === null) return type;
      const left = type.values.filter((value) => !values.includes(value));
      if (left.length === 0) return type.nullable ? NULL_TYPE : NEVER;
      return { ...type, values: left };
    },
  };
}

/** `type` with what stands at `path` in it refined. */
export function refineAt(type: Type, path: readonly string[], refinement: Refinement): Type {
  const [name, ...rest] = path;
  if (name === undefined) return refinement.apply(type);
  if (type.kind === "object") return refineField(type, name, rest, refinement);
  if (type.kind !== "union") return type;
  const members = type.members.flatMap((member) => {
    const refined = refineField(member, name, rest, refinement);
    return refined.kind === "object" ? [refined] : [];
  });
  // Other objects than the known ones may come too: then nothing is known.
  if (members.length === 0) return ANY;
  const nullable = type.nullable && !refinement.solid;
  return { ...nullableIf(nullable, unionOf(members)), origin: type.origin };
}

/** `never` when no object of the type can be so. */
function refineField(
  type: ObjectType,
  name: string,
  rest: readonly string[],
  refinement: Refinement,
): Type {
  const known = type.fields.get(name);
  if (known === undefined) return type;
  const refined = refineAt(known, rest, refinement);
  if (refined.kind === "never") return type.event === null && name === "$type" ? NEVER : type;
  const fields = new Map([...type.fields, [name, refined]]);
  const nullable = type.nullable && !refinement.solid;
  return narrowEvent({ ...type, fields, nullable }, name, refined);
}
