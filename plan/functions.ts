// The names and arities of the builtin functions: what the compiler checks and the runtime implements.

/** How many arguments a function takes; `max` null is any number. */
export type Arity = { readonly min: number; readonly max: number | null };

const exactly = (count: number): Arity => ({ min: count, max: count });
const between = (min: number, max: number | null): Arity => ({ min, max });

/** JMESPath (specification 2015 and community edition 1.x). */
const JMESPATH_FUNCTIONS = {
  abs: exactly(1),
  avg: exactly(1),
  ceil: exactly(1),
  contains: exactly(2),
  ends_with: exactly(2),
  find_first: between(2, 4),
  find_last: between(2, 4),
  floor: exactly(1),
  from_items: exactly(1),
  group_by: exactly(2),
  items: exactly(1),
  join: exactly(2),
  keys: exactly(1),
  length: exactly(1),
  lower: exactly(1),
  map: exactly(2),
  max: exactly(1),
  max_by: exactly(2),
  merge: between(1, null),
  min: exactly(1),
  min_by: exactly(2),
  not_null: between(1, null),
  pad_left: between(2, 3),
  pad_right: between(2, 3),
  replace: between(3, 4),
  reverse: exactly(1),
  sort: exactly(1),
  sort_by: exactly(2),
  split: between(2, 3),
  starts_with: exactly(2),
  sum: exactly(1),
  to_array: exactly(1),
  to_number: exactly(1),
  to_string: exactly(1),
  trim: between(1, 2),
  trim_left: between(1, 2),
  trim_right: between(1, 2),
  type: exactly(1),
  upper: exactly(1),
  values: exactly(1),
  zip: between(1, null),
} as const;

/** Ours, about the firehose. */
const FIREHOSE_FUNCTIONS = {
  bucket: exactly(2),
  collection_of: exactly(1),
  did_of: exactly(1),
  hash: exactly(1),
  host: exactly(1),
  is_quote: exactly(1),
  is_reply: exactly(1),
  lang_of: exactly(1),
  links: exactly(1),
  mentions: exactly(1),
  rkey_of: exactly(1),
  tags: exactly(1),
  text_of: exactly(1),
  tid_time: exactly(1),
} as const;

/** `exists` is a node of its own (`Expr` kind `exists`) and so not listed. */
export const FUNCTIONS: Readonly<Record<FunctionName, Arity>> = {
  ...JMESPATH_FUNCTIONS,
  ...FIREHOSE_FUNCTIONS,
};

export type FunctionName = keyof typeof JMESPATH_FUNCTIONS | keyof typeof FIREHOSE_FUNCTIONS;
