// Random expressions over posts and likes, as text. Operands have the type that is asked for, but may be
// null where it is not allowed, or a number where an integer is: the type checker is to find out.

import fc, { type Arbitrary } from "fast-check";

type Kinds = {
  any: string;
  text: string;
  number: string;
  bool: string;
  texts: string;
  instant: string;
  duration: string;
};

/** What an expression of each kind can be; names in braces are expressions of that kind. */
const FORMS: Readonly<Record<keyof Kinds, readonly string[]>> = {
  any: [
    "{text}",
    "{number}",
    "{bool}",
    "{texts}",
    "{instant}",
    "{duration}",
    "{ a: {text}, b: {any} }",
  ],
  text: [
    "record.text",
    "record.langs[0]",
    "record.reply.parent.uri",
    "record.embed.external.title",
    "did",
    "'a'",
    "{texts}[0]",
    "lower({text})",
    "trim({text}, {text})",
    "replace({text}, {text}, {text})",
    "pad_left({text}, {number})",
    "join({text}, {texts})",
    "to_string({any})",
    "type({any})",
    "({text} ?? {text})",
    "({text} || {text})",
    "({text} && {text})",
    "({bool} ? {text} : {text})",
    "({text})[0:2]",
    "max({texts})",
    "not_null({text}, {text})",
    "did_of({text})",
    "host({text})",
    "lang_of(record)",
    "text_of(record)",
    "reverse({text})",
    "({texts} | @[1])",
    "from_items([['a', {text}]]).a",
    "max_by({texts}, &length(@))",
  ],
  number: [
    "seq",
    "1",
    "0",
    "2.5",
    "record.embed.images[0].aspectRatio.width",
    "record.facets[0].index.byteStart",
    "({number} + {number})",
    "({number} - {number})",
    "({number} * {number})",
    "({number} / {number})",
    "({number} // {number})",
    "({number} % {number})",
    "(-{number})",
    "({number} ?? {number})",
    "({bool} ? {number} : {number})",
    "length({text})",
    "length({texts})",
    "abs({number})",
    "floor({number})",
    "sum([{number}, {number}])",
    "avg([{number}, {number}])",
    "min([{number}, {number}])",
    "sum(record.facets[*].index.byteStart)",
    "to_number({any})",
    "find_first({text}, {text})",
    "find_last({text}, {text}, {number})",
    "hash({any})",
    "({duration} / {duration})",
    "let $n = {number} in ($n ?? 1) + 1",
    "(record.langs != null ? length(record.langs) : {number})",
    "(record.reply == null ? {number} : length(record.reply.root.uri))",
    "length(record)",
  ],
  bool: [
    "true",
    "({number} < {number})",
    "({number} == {number})",
    "({text} == {text})",
    "({text} >= {text})",
    "({instant} < {instant})",
    "({duration} > {duration})",
    "({texts} has {text})",
    "({text} has {text})",
    "({text} matches r'a+')",
    "(!{any})",
    "({bool} && {bool})",
    "({bool} || {bool})",
    "({bool} ?? {bool})",
    "exists(record.reply)",
    "is_reply(record)",
    "is_quote(record)",
    "starts_with({text}, {text})",
    "contains({text}, {text})",
    "contains({texts}, {text})",
    "(record.langs != null && length(record.langs) > {number})",
    "(record.langs == null || length(record.langs) > {number})",
    "(!record.langs || length(record.langs) > {number})",
    "(exists(record.reply) && length(record.reply.root.uri) > {number})",
    "(record.reply && length(record.reply.root.uri) > 2) == true",
    `(record.embed."$type" == 'app.bsky.embed.images' && length(record.embed.images) > {number})`,
  ],
  texts: [
    "record.langs",
    "record.tags",
    "['en', 'de']",
    "[{text}, {text}]",
    "tags(record)",
    "mentions(record)",
    "links(record)",
    "keys(record)",
    "record.facets[].features[].tag",
    `record.facets[].features[?"$type" == 'app.bsky.richtext.facet#link'].uri[]`,
    "record.embed.images[*].alt",
    "split({text}, {text})",
    "split({text}, {text}, {number})",
    "sort({texts})",
    "sort_by({texts}, &length(@))",
    "reverse({texts})",
    "({texts} ?? {texts})",
    "({texts})[*]",
    "({texts})[?@ == {text}]",
    "({texts})[:1]",
    "map(&lower(@), {texts})",
    "[{texts}, {texts}][]",
    "to_array({text})",
    "values(group_by({texts}, &@))[0]",
    "zip({texts}, {texts})[0]",
  ],
  instant: [
    "time",
    "t'2026-07-04'",
    "({instant} + {duration})",
    "({instant} - {duration})",
    "bucket({instant}, 1h)",
    "tid_time({text})",
    "({instant} ?? {instant})",
  ],
  duration: [
    "5m",
    "({instant} - {instant})",
    "({duration} + {duration})",
    "({duration} * {number})",
    "({duration} / {number})",
    "(-{duration})",
    "({bool} ? {duration} : 1h)",
  ],
};

/** Text of an expression, a few levels deep. */
export function expression(): Arbitrary<string> {
  return fc.letrec<Kinds>((tie) => ({
    any: kindOf("any", tie),
    text: kindOf("text", tie),
    number: kindOf("number", tie),
    bool: kindOf("bool", tie),
    texts: kindOf("texts", tie),
    instant: kindOf("instant", tie),
    duration: kindOf("duration", tie),
  })).any;
}

type Tie = (kind: keyof Kinds) => Arbitrary<string>;

function kindOf(kind: keyof Kinds, tie: Tie): Arbitrary<string> {
  const forms = FORMS[kind];
  const leaves = forms.filter((form) => !HOLE.test(form));
  const [first = fc.constant("null")] = leaves.length === 0 ? [] : [fc.constantFrom(...leaves)];
  const filled = forms.filter((form) => HOLE.test(form)).map((form) => fill(form, tie));
  return fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    { weight: filled.length, arbitrary: first },
    ...filled,
  );
}

const HOLE = /\{(any|text|number|bool|texts|instant|duration)\}/;

function fill(form: string, tie: Tie): Arbitrary<string> {
  const parts = form.split(HOLE);
  const holes = parts.filter((_, i) => i % 2 === 1);
  return fc.tuple(...holes.map((kind) => tie(kind as keyof Kinds))).map((texts) => {
    // `kind` is one of Kinds: HOLE takes no other name.
    return parts.map((part, i) => (i % 2 === 1 ? (texts[(i - 1) / 2] ?? "") : part)).join("");
  });
}
