// Every builtin function by its name in the language. A name of plan/functions.ts that is missing here
// does not compile.

import type { FunctionName } from "../../../plan/functions.ts";
import { endsWith, startsWith } from "./affixes.ts";
import { collectionOf, didOf, rkeyOf } from "./at-uri.ts";
import { bucket } from "./bucket.ts";
import { type Builtin, by, plain, probing, reading } from "./builtin.ts";
import { lower, upper } from "./case.ts";
import { contains } from "./contains.ts";
import { asArray, asNumber, asString } from "./conversions.ts";
import { max, maxBy, min, minBy } from "./extremes.ts";
import { findFirst, findLast } from "./find.ts";
import { groupBy } from "./group-by.ts";
import { hash } from "./hash.ts";
import { host } from "./host.ts";
import { fromItems, items } from "./items.ts";
import { join } from "./join.ts";
import { keys, values } from "./keys-values.ts";
import { langOf } from "./lang-of.ts";
import { length } from "./length.ts";
import { links } from "./links.ts";
import { map } from "./map.ts";
import { mentions } from "./mentions.ts";
import { merge } from "./merge.ts";
import { notNull } from "./not-null.ts";
import { padLeft, padRight } from "./pad.ts";
import { isQuote, isReply } from "./post-kind.ts";
import { replace } from "./replace.ts";
import { reverse } from "./reverse.ts";
import { abs, ceil, floor } from "./rounding.ts";
import { sort, sortBy } from "./sort.ts";
import { split } from "./split.ts";
import { avg, sum } from "./sums.ts";
import { tags } from "./tags.ts";
import { textOfRecord } from "./text-of.ts";
import { tidTime } from "./tid-time.ts";
import { trim, trimLeft, trimRight } from "./trim.ts";
import { type } from "./type.ts";
import { zip } from "./zip.ts";

export const BUILTINS: Readonly<Record<FunctionName, Builtin>> = {
  abs: plain(abs),
  avg: plain(avg),
  ceil: plain(ceil),
  contains: plain(contains),
  ends_with: plain(endsWith),
  find_first: plain(findFirst),
  find_last: plain(findLast),
  floor: plain(floor),
  from_items: plain(fromItems),
  group_by: by(1, groupBy),
  items: plain(items),
  join: plain(join),
  keys: plain(keys),
  length: plain(length),
  lower: plain(lower),
  map: by(0, map),
  max: plain(max),
  max_by: by(1, maxBy),
  merge: plain(merge),
  min: plain(min),
  min_by: by(1, minBy),
  not_null: plain(notNull),
  pad_left: plain(padLeft),
  pad_right: plain(padRight),
  replace: plain(replace),
  reverse: plain(reverse),
  sort: plain(sort),
  sort_by: by(1, sortBy),
  split: plain(split),
  starts_with: plain(startsWith),
  sum: plain(sum),
  to_array: plain(asArray),
  to_number: plain(asNumber),
  to_string: plain(asString),
  trim: plain(trim),
  trim_left: plain(trimLeft),
  trim_right: plain(trimRight),
  type: plain(type),
  upper: plain(upper),
  values: plain(values),
  zip: plain(zip),

  bucket: plain(bucket),
  collection_of: plain(collectionOf),
  did_of: plain(didOf),
  hash: plain(hash),
  host: plain(host),
  is_quote: reading(["embed"], isQuote),
  is_reply: probing("reply", isReply),
  lang_of: reading(["langs"], langOf),
  links: reading(["embed", "facets"], links),
  mentions: reading(["facets"], mentions),
  rkey_of: plain(rkeyOf),
  tags: reading(["facets", "tags"], tags),
  text_of: reading(["text"], textOfRecord),
  tid_time: plain(tidTime),
};
