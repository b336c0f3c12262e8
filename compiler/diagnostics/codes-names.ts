// Pages of the diagnostics of types and names.

/** Codes of types (02xx). */
export const TYPE_CODES = {
  FPL0201: {
    title: "Not a regular expression",
    text: "`x matches r'…'` takes a regular expression on its right, known before any record is seen.",
  },
  FPL0202: {
    title: "Default of another type",
    text: "The default of a param has the declared type: `param size: duration = 5m`.",
  },
  FPL0203: {
    title: "Option of another type",
    text: "The option takes a value of the named type that is known before any record is seen: a literal, a `param` or a constant.",
  },
  FPL0204: {
    title: "Values of different types compared",
    text: "Values of different types are never equal and have no order, so the comparison would always give the same. Compare a string with a string, a list's `length(…)` with a number, an instant with `t'…'`, a duration with one such as `5m`; `has` asks whether a list holds a value.",
  },
  FPL0205: {
    title: "Unknown field",
    text: 'The records at this stage have no such field. After `map` and `reduce` only the fields named there remain; records of a known collection have the fields of its lexicon, and others that someone has added are read in quotes: `record."extra"`.',
  },
  FPL0206: {
    title: "Bad start",
    text: "`start at` takes `first`, `new` or an instant.",
  },
  FPL0207: {
    title: "Null where a value is needed",
    text: "The value can be null here, and what it is given to fails on null. Give it a default with `??`, leave null out with a filter before it, or use `has` and `matches`, which are false on null. Of events that may be deletes `record` is null: `filter op != 'delete'` says that none comes.",
  },
  FPL0208: {
    title: "Argument of another type",
    text: "The function takes another type at this place; the help shows what it takes and gives.",
  },
  FPL0209: {
    title: "Arithmetic without meaning",
    text: "Numbers take `+ - * / // %`. Instant − instant is a duration, instant ± duration an instant; durations add, subtract, scale by numbers, and divide to a number. Strings are put together with `join('', [a, b])`.",
  },
  FPL0210: {
    title: "Condition that is no bool",
    text: "`filter`, and `when` in a `branch`, keep a record only where the expression is `true`: what JMESPath takes for true is not enough. Say what is asked: `record.reply != null`, `length(record.langs) > 0`.",
  },
  FPL0211: {
    title: "Nothing to find there",
    text: "Fields are found in objects, indices and projections in lists. Of a value of another type they are always null.",
  },
  FPL0212: {
    title: "Window on something else than an instant",
    text: "`on:` gives the instant a record counts at: `time`, or `tid_time(rkey)`, or `bucket(time, 1h)`. A string is no instant.",
  },
  FPL0213: {
    title: "Ranked by something without an order",
    text: "`top` ranks by a number, a string, an instant or a duration.",
  },
  FPL0214: {
    title: "Map to something else than an object",
    text: "Records are objects: `map { name: EXPR }`, or an expression that gives an object and never null.",
  },
  FPL0215: {
    title: "No order",
    text: "`<`, `<=`, `>`, `>=` and the aggregates `min` and `max` need numbers, strings, instants or durations.",
  },
  FPL0216: {
    title: "Unnest of something else than a list",
    text: "`unnest` gives one record for each element of a list. Null and the empty list give none.",
  },
  FPL0217: {
    title: "Nothing to look in",
    text: "`x has y` looks for an element of a list, a part of a string or the name of a field; `x matches r'…'` looks in a string. Both are false on null.",
  },
  FPL0218: {
    title: "Aggregate of another type",
    text: "`sum`, `avg`, `stddev`, `quantile` and `quantiles` take numbers. Null does not count.",
  },
} as const;

/** Codes of names (03xx). */
export const NAME_CODES = {
  FPL0301: {
    title: "Unknown function",
    text: "No builtin and no `fn` of this file has the name.",
  },
  FPL0302: {
    title: "Unknown $name",
    text: "`$name` refers to a `param`, to a `let $name = …` at the top of the file, or to one bound by `let … in`.",
  },
  FPL0303: {
    title: "Wrong number of arguments",
    text: "The function takes another number of arguments.",
  },
  FPL0304: {
    title: "Declared twice",
    text: "Names of functions, pipelines, params and constants are unique in a file. Pipelines may not differ by case alone.",
  },
  FPL0305: {
    title: "Name of a builtin",
    text: "A `fn` cannot take the name of a builtin function.",
  },
  FPL0306: {
    title: "Unknown pipeline",
    text: "A test names a pipeline of the same file.",
  },
  FPL0307: {
    title: "Recursive function",
    text: "Functions are put in place where they are called, so none may call itself, directly or through others.",
  },
  FPL0308: {
    title: "Unknown type",
    text: "Params are `string`, `int`, `number`, `bool`, `duration` or `instant`.",
  },
  FPL0309: {
    title: "Malformed value of a param",
    text: "The text given for a param cannot be read as its type.",
  },
  FPL0310: {
    title: "Param without a value",
    text: "A param without a default must be given one: `--param name=value`.",
  },
  FPL0311: {
    title: "Not a constant",
    text: "Constants and defaults are known before any record is seen. For something computed from a record write a `fn`.",
  },
  FPL0312: {
    title: "Unknown param",
    text: "A value was given for a param that the program does not declare.",
  },
  FPL0313: {
    title: "Import cycle",
    text: "Files import each other, directly or through others, or the chain is longer than 20 files. Move what they share to a file of its own.",
  },
  FPL0314: {
    title: "Bad pipeline name",
    text: "A pipeline name is a letter or `_`, then letters, digits and `_`, 64 characters at most.",
  },
  FPL0315: {
    title: "Test without expectation",
    text: "A test says at least one thing that must hold: `expect 'topic' == […]`.",
  },
  FPL0316: {
    title: "Not in the imported file",
    text: "The imported file declares no function, constant or param of this name.",
  },
  FPL0317: {
    title: "Import not found",
    text: "The imported file cannot be read. Its path is relative to the importing file.",
  },
} as const;
