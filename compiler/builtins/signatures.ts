// The type rules of the builtin functions: what each takes and gives, as its implementation does.

import type { FunctionName } from "../../plan/functions.ts";
import { membersOf } from "../types/relate.ts";
import {
  ANY,
  BOOL,
  BYTES,
  DID,
  DURATION,
  INSTANT,
  INT,
  list,
  NSID,
  NUMBER,
  nullable,
  OBJECT,
  object,
  STRING,
  type Type,
  text,
} from "../types/type.ts";
import { optional, param, reference, rest, type Signature } from "./builtin.ts";
import {
  ANY_LIST,
  anElement,
  elementOf,
  firstNotNull,
  gives,
  NUMBERS,
  ORDERED,
  ORDERED_LISTS,
  sameList,
  sameNumber,
  sumOf,
  TEXT,
  textTest,
  valuesOf,
  zipped,
} from "./generic.ts";

const STRING_OR_NULL = nullable(STRING);
const ANYTHING = param("value", ANY);
const RECORD = param("record", nullable(OBJECT));
const URI = param("uri", STRING_OR_NULL);

const TYPE_NAMES = ["null", "boolean", "number", "string", "instant", "duration"];
const TYPE_NAME = text("string", [...TYPE_NAMES, "bytes", "array", "object"]);

const JMESPATH = {
  abs: { params: [param("number", NUMBER)], result: sameNumber, returns: "number" },
  avg: gives(nullable(NUMBER), "number?", NUMBERS),
  ceil: gives(INT, "int", param("number", NUMBER)),
  contains: textTest(param("subject", STRING, ANY_LIST), param("search", ANY)),
  ends_with: textTest(TEXT, param("suffix", STRING)),
  find_first: find(),
  find_last: find(),
  floor: gives(INT, "int", param("number", NUMBER)),
  from_items: {
    params: [param("pairs", list(ANY_LIST))],
    result: (args) => object([], { rest: elementOf(elementOf(args[0])) }),
    returns: "object",
  },
  group_by: {
    params: [param("list", ANY_LIST), reference("by", 0, STRING_OR_NULL)],
    result: (args) => object([], { rest: sameList(args) }),
    returns: "object<list<T>>",
  },
  items: gives(list(ANY_LIST), "list<[string, T]>", param("object", OBJECT)),
  join: gives(STRING, "string", param("glue", STRING), param("list", list(STRING))),
  keys: gives(list(STRING), "list<string>", param("object", OBJECT)),
  length: gives(INT, "int", param("subject", STRING, ANY_LIST, OBJECT, BYTES)),
  lower: gives(STRING, "string", TEXT),
  map: {
    params: [reference("by", 1, ANY), param("list", ANY_LIST)],
    result: (args) => list(args[0] ?? ANY),
    returns: "list<R>",
  },
  max: { params: [param("list", ...ORDERED_LISTS)], result: anElement, returns: "T?" },
  max_by: by(anElement, "T?"),
  merge: {
    params: [param("object", OBJECT), rest("more", OBJECT)],
    result: merged,
    returns: "object",
  },
  min: { params: [param("list", ...ORDERED_LISTS)], result: anElement, returns: "T?" },
  min_by: by(anElement, "T?"),
  not_null: { params: [ANYTHING, rest("more", ANY)], result: firstNotNull, returns: "T?" },
  pad_left: pad(),
  pad_right: pad(),
  replace: gives(
    STRING,
    "string",
    TEXT,
    param("old", STRING),
    param("new", STRING),
    optional("count", INT),
  ),
  reverse: {
    params: [param("subject", STRING, ANY_LIST)],
    result: ([subject]) => {
      if (subject?.kind === "list") return { ...subject, nullable: false };
      return subject?.kind === "text" ? STRING : ANY;
    },
    returns: "string | list<T>",
  },
  sort: { params: [param("list", ...ORDERED_LISTS)], result: sameList, returns: "list<T>" },
  sort_by: by(sameList, "list<T>"),
  split: gives(list(STRING), "list<string>", TEXT, param("search", STRING), optional("count", INT)),
  starts_with: textTest(TEXT, param("prefix", STRING)),
  sum: { params: [NUMBERS], result: sumOf, returns: "number" },
  to_array: {
    params: [ANYTHING],
    result: ([value]) => {
      if (value === undefined || value.kind === "any") return list(ANY);
      if (value.kind !== "list") return list(value);
      return value.nullable ? list(ANY) : value;
    },
    returns: "list<T>",
  },
  to_number: gives(nullable(NUMBER), "number?", ANYTHING),
  to_string: gives(STRING, "string", ANYTHING),
  trim: trim(),
  trim_left: trim(),
  trim_right: trim(),
  type: gives(TYPE_NAME, "string", ANYTHING),
  upper: gives(STRING, "string", TEXT),
  values: {
    params: [param("object", OBJECT)],
    result: ([value]) => list(valuesOf(value)),
    returns: "list<T>",
  },
  zip: {
    params: [param("list", ANY_LIST), rest("more", ANY_LIST)],
    result: zipped,
    returns: "list<list<T>>",
  },
} as const satisfies Partial<Record<FunctionName, Signature>>;

const FIREHOSE = {
  // Null too where the size is not positive, which nobody writes.
  bucket: {
    params: [param("at", nullable(INSTANT)), param("size", DURATION)],
    result: ([at]) => (at !== undefined && !at.nullable ? INSTANT : nullable(INSTANT)),
    returns: "instant?",
  },
  collection_of: gives(nullable(NSID), "nsid?", URI),
  did_of: gives(nullable(DID), "did?", URI),
  hash: gives(INT, "int", ANYTHING),
  host: gives(STRING_OR_NULL, "string?", param("url", STRING_OR_NULL)),
  is_quote: gives(BOOL, "bool", RECORD),
  is_reply: gives(BOOL, "bool", RECORD),
  lang_of: gives(STRING_OR_NULL, "string?", RECORD),
  links: gives(list(STRING), "list<string>", RECORD),
  mentions: gives(list(DID), "list<did>", RECORD),
  rkey_of: gives(STRING_OR_NULL, "string?", URI),
  tags: gives(list(STRING), "list<string>", RECORD),
  text_of: gives(STRING_OR_NULL, "string?", RECORD),
  tid_time: gives(nullable(INSTANT), "instant?", param("rkey", STRING_OR_NULL)),
} as const satisfies Partial<Record<FunctionName, Signature>>;

/** The type rule of every builtin function. */
export const SIGNATURES: Readonly<Record<FunctionName, Signature>> = { ...JMESPATH, ...FIREHOSE };

function find(): Signature {
  const range = [optional("start", INT), optional("end", INT)];
  return gives(nullable(INT), "int?", TEXT, param("part", STRING), ...range);
}

function pad(): Signature {
  return gives(STRING, "string", TEXT, param("width", INT), optional("pad", STRING));
}

function trim(): Signature {
  return gives(STRING, "string", TEXT, optional("chars", STRING));
}

function by(result: (args: readonly Type[]) => Type, returns: string): Signature {
  return { params: [param("list", ANY_LIST), reference("by", 0, ...ORDERED)], result, returns };
}

/** The fields of all; of two of one name the later's. Unknown when one is. */
function merged(args: readonly Type[]): Type {
  const objects = args.flatMap((arg) => (arg.kind === "object" ? membersOf(arg) : []));
  if (objects.length < args.length || objects.some((one) => one.rest !== null)) return OBJECT;
  return object(objects.flatMap((one) => [...one.fields]));
}
