// Pages of the diagnostics of lexer and parser.

/** Codes of the lexer (00xx). */
export const LEX_CODES = {
  FPL0001: {
    title: "Unexpected character",
    text: "The character begins nothing in the language. Stages are separated by `|>`, strings stand in straight single quotes, comments begin with `#`.",
  },
  FPL0002: {
    title: "Text that is not closed",
    text: "A string `'…'`, a quoted name `\"…\"` or a JSON literal in backticks has no closing quote on its line. Inside a string a quote is written `\\'`.",
  },
  FPL0003: {
    title: "Bad escape",
    text: 'A quoted name `"…"` is a JSON string: its escapes are `\\n`, `\\t`, `\\"`, `\\\\` and `\\uXXXX`.',
  },
  FPL0004: {
    title: "Bad duration",
    text: "Durations are a number and one unit: `250ms`, `90s`, `5m`, `1h`, `2d`. They come to whole milliseconds.",
  },
  FPL0005: {
    title: "Bad instant",
    text: "An instant is an RFC 3339 date or time: `t'2026-07-04'`, `t'2026-07-04T10:30:00Z'`.",
  },
  FPL0006: {
    title: "Bad JSON literal",
    text: "Backticks hold JSON: `[1, 2]`, `{\"a\": true}`. For a string write 'text'.",
  },
  FPL0007: {
    title: "Bad regular expression",
    text: "Regular expressions are RE2: no backreferences, no look-around. In return they take linear time on any input.",
  },
  FPL0008: {
    title: "Number out of range",
    text: "Integers are exact up to 2^53 - 1, and numbers are 64-bit floating point.",
  },
} as const;

/** Codes of the parser (01xx). */
export const SYNTAX_CODES = {
  FPL0101: {
    title: "Something else was expected",
    text: "The program stops making sense at the mark; the message says what could stand there.",
  },
  FPL0102: {
    title: "Unknown stage",
    text: "After `|>` stands a stage: `filter`, `map`, `let`, `unnest`, `window`, `reduce`, `top`, `to` and others.",
  },
  FPL0103: {
    title: "Nothing known begins like this",
    text: "At the mark a choice of things may stand, and what stands there is none of them.",
  },
  FPL0104: {
    title: "Unexpected continuation",
    text: "What came before is complete, and what follows does not belong to it. Often a `|>` or an operator is missing.",
  },
  FPL0105: {
    title: "Unknown source",
    text: "A pipeline reads `from firehose(…)`, `from events(…)` or `from topic('name')`.",
  },
  FPL0106: {
    title: "Too many sources",
    text: "A union has at most 16 sources. Several collections of the firehose are one source: `firehose('a', 'b')`.",
  },
  FPL0107: {
    title: "Not JMESPath",
    text: "`jmes'…'` holds standard JMESPath only. Write the expression outside of it to use what this language adds.",
  },
  FPL0108: {
    title: "Bad index or slice",
    text: "Indices and slices are whole numbers: `[0]`, `[-1]`, `[1:5]`, `[::2]`. The step is not 0.",
  },
  FPL0109: {
    title: "Stage outside of a table",
    text: "`key`, `latest` and `retain` describe a table and stand only in `table NAME { … }`.",
  },
  FPL0110: {
    title: "Unknown option",
    text: "The stage or function has no option of this name; the help lists those it has.",
  },
  FPL0111: {
    title: "Missing option",
    text: "The stage cannot work without the named option.",
  },
  FPL0112: {
    title: "Too many options",
    text: "An option is given twice, or more values stand without a name than the stage takes.",
  },
  FPL0113: {
    title: "Percentage out of place",
    text: "`1%` stands only as the size of a sample. For the remainder write `a % b`.",
  },
  FPL0190: {
    title: "Nested too deeply",
    text: "Expressions nest at most 200 deep, so that no program can exhaust the stack. Name parts with `let … in` or `fn`, or test membership in a list.",
  },
  FPL0191: {
    title: "Source too large",
    text: "A source file has at most 262144 characters. Split it with `import`.",
  },
  FPL0192: {
    title: "Expression too large",
    text: "After functions are put in place an expression has at most 10000 nodes.",
  },
} as const;
