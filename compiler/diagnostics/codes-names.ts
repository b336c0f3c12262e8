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
    title: "Bad start",
    text: "`start at` takes `first`, `new` or an instant.",
  },
  FPL0205: {
    title: "Unknown field",
    text: "The records at this stage have no such field. After `map` and `reduce` only the fields named there remain.",
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
