// Every builtin function as the compiler knows it. A name of plan/functions.ts that is missing here, or stands
// at the wrong key, does not compile.

import type { FunctionName } from "../../plan/functions.ts";
import { abs } from "./abs.ts";
import { avg } from "./avg.ts";
import { bucket } from "./bucket.ts";
import type { Builtin } from "./builtin.ts";
import { ceil } from "./ceil.ts";
import { collectionOf } from "./collection-of.ts";
import { contains } from "./contains.ts";
import { didOf } from "./did-of.ts";
import { endsWith } from "./ends-with.ts";
import { findFirst, findLast } from "./find.ts";
import { floor } from "./floor.ts";
import { fromItems } from "./from-items.ts";
import { groupBy } from "./group-by.ts";
import { hash } from "./hash.ts";
import { host } from "./host.ts";
import { isQuote } from "./is-quote.ts";
import { isReply } from "./is-reply.ts";
import { items } from "./items.ts";
import { join } from "./join.ts";
import { keys } from "./keys.ts";
import { langOf } from "./lang-of.ts";
import { length } from "./length.ts";
import { links } from "./links.ts";
import { lower } from "./lower.ts";
import { map } from "./map.ts";
import { max } from "./max.ts";
import { maxBy } from "./max-by.ts";
import { mentions } from "./mentions.ts";
import { merge } from "./merge.ts";
import { min } from "./min.ts";
import { minBy } from "./min-by.ts";
import { notNull } from "./not-null.ts";
import { padLeft, padRight } from "./pad.ts";
import { replace } from "./replace.ts";
import { reverse } from "./reverse.ts";
import { rkeyOf } from "./rkey-of.ts";
import { sort } from "./sort.ts";
import { sortBy } from "./sort-by.ts";
import { split } from "./split.ts";
import { startsWith } from "./starts-with.ts";
import { sum } from "./sum.ts";
import { tags } from "./tags.ts";
import { textOf } from "./text-of.ts";
import { tidTime } from "./tid-time.ts";
import { toArray } from "./to-array.ts";
import { toNumber } from "./to-number.ts";
import { asString } from "./to-string.ts";
import { trim, trimLeft, trimRight } from "./trim.ts";
import { type } from "./type.ts";
import { upper } from "./upper.ts";
import { values } from "./values.ts";
import { zip } from "./zip.ts";

export const BUILTINS: { readonly [Name in FunctionName]: Builtin<Name> } = {
  abs,
  avg,
  bucket,
  ceil,
  collection_of: collectionOf,
  contains,
  did_of: didOf,
  ends_with: endsWith,
  find_first: findFirst,
  find_last: findLast,
  floor,
  from_items: fromItems,
  group_by: groupBy,
  hash,
  host,
  is_quote: isQuote,
  is_reply: isReply,
  items,
  join,
  keys,
  lang_of: langOf,
  length,
  links,
  lower,
  map,
  max,
  max_by: maxBy,
  mentions,
  merge,
  min,
  min_by: minBy,
  not_null: notNull,
  pad_left: padLeft,
  pad_right: padRight,
  replace,
  reverse,
  rkey_of: rkeyOf,
  sort,
  sort_by: sortBy,
  split,
  starts_with: startsWith,
  sum,
  tags,
  text_of: textOf,
  tid_time: tidTime,
  to_array: toArray,
  to_number: toNumber,
  to_string: asString,
  trim,
  trim_left: trimLeft,
  trim_right: trimRight,
  type,
  upper,
  values,
  zip,
};
