// The vocabulary: every token of the language. Keywords are also identifiers, so they carry that category.

import { createToken, Lexer, type TokenType } from "chevrotain";

/** Tokens of these groups do not reach the parser. */
export const TRIVIA_GROUP = "trivia";
export const UNKNOWN_GROUP = "unknown";

const category = (name: string, label: string) => createToken({ name, label, pattern: Lexer.NA });

/** Every token the parser sees: used to skip over what was not understood. */
export const Any = category("Any", "anything");
export const BinaryOperator = category("BinaryOperator", "an operator");
export const PrefixOperator = category("PrefixOperator", "an operator");

const all: TokenType[] = [];

function token(
  name: string,
  label: string,
  pattern: RegExp | string,
  categories: TokenType[] = [],
): TokenType {
  const type = createToken({
    name,
    label,
    pattern,
    categories: [Any, ...categories],
    line_breaks: typeof pattern !== "string",
  });
  all.push(type);
  return type;
}

export const Identifier = createToken({
  name: "Identifier",
  label: "a name",
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  categories: [Any],
});

function keyword(word: string, categories: TokenType[] = []): TokenType {
  const type = createToken({
    name: `Keyword_${word}`,
    label: `\`${word}\``,
    pattern: new RegExp(`${word}\\b`),
    categories: [Any, Identifier, ...categories],
  });
  keywords.push(type);
  return type;
}

const keywords: TokenType[] = [];

const Whitespace = createToken({
  name: "Whitespace",
  pattern: /[\s\uFEFF]+/,
  group: TRIVIA_GROUP,
  line_breaks: true,
});
const Comment = createToken({ name: "Comment", pattern: /#[^\n\r]*/, group: TRIVIA_GROUP });

// Prefixed strings come before identifiers: `t'…'` is not the name `t`. A string ends on its line, so
// that a missing quote is found where it is missing; only jmes'…' may span lines.
export const Instant = token("Instant", "an instant", /t'(?:[^'\\\n]|\\[^\n])*'?/);
export const Regex = token("Regex", "a regular expression", /r'(?:[^'\\\n]|\\[^\n])*'?/);
export const Jmes = token("Jmes", "a JMESPath expression", /jmes'(?:(?:[^'\\]|\\[\s\S])*'|[^\n]*)/);
export const RawString = token("RawString", "a string", /'(?:[^'\\\n]|\\[^\n])*'?/);
export const QuotedName = token("QuotedName", "a quoted name", /"(?:[^"\\\n]|\\[^\n])*"?/);
export const JsonLiteral = token(
  "JsonLiteral",
  "a JSON literal",
  /`(?:(?:[^`\\]|\\[\s\S])*`|[^\n]*)/,
);

/** Raw strings of JMESPath may span lines; used inside `jmes'…'`. */
const StrictRawString = createToken({
  name: "StrictRawString",
  label: "a string",
  pattern: /'(?:[^'\\]|\\[\s\S])*'?/,
  categories: [Any, RawString],
  line_breaks: true,
});
const StrictQuotedName = createToken({
  name: "StrictQuotedName",
  label: "a quoted name",
  pattern: /"(?:[^"\\]|\\[\s\S])*"?/,
  categories: [Any, QuotedName],
  line_breaks: true,
});

/** A number with letters after it: a duration, or a mistake the lexer reports. */
export const Duration = token(
  "Duration",
  "a duration",
  /\d+(?:\.\d+)?(?![eE][+-]?\d)[A-Za-z_][A-Za-z0-9_]*/,
);
export const NumberLiteral = token("NumberLiteral", "a number", /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/);

export const Variable = token("Variable", "a `$name`", /\$[A-Za-z_][A-Za-z0-9_]*/);
export const Dollar = token("Dollar", "`$`", "$");
export const Pipe = token("Pipe", "`|>`", "|>");
export const Arrow = token("Arrow", "`=>`", "=>");
token("Or", "`||`", "||", [BinaryOperator]);
token("Bar", "`|`", "|", [BinaryOperator]);
token("And", "`&&`", "&&", [BinaryOperator]);
export const Ampersand = token("Ampersand", "`&`", "&");
token("Equal", "`==`", "==", [BinaryOperator]);
token("NotEqual", "`!=`", "!=", [BinaryOperator]);
token("LessEqual", "`<=`", "<=", [BinaryOperator]);
token("GreaterEqual", "`>=`", ">=", [BinaryOperator]);
token("Less", "`<`", "<", [BinaryOperator]);
token("Greater", "`>`", ">", [BinaryOperator]);
export const Assign = token("Assign", "`=`", "=");
token("Not", "`!`", "!", [PrefixOperator]);
token("Coalesce", "`??`", "??", [BinaryOperator]);
export const Question = token("Question", "`?`", "?");
export const DotDot = token("DotDot", "`..`", "..");
export const Dot = token("Dot", "`.`", ".");
export const Comma = token("Comma", "`,`", ",");
export const Colon = token("Colon", "`:`", ":");
export const At = token("At", "`@`", "@");
export const LParen = token("LParen", "`(`", "(");
export const RParen = token("RParen", "`)`", ")");
export const FilterOpen = token("FilterOpen", "`[?`", "[?");
export const LBracket = token("LBracket", "`[`", "[");
export const RBracket = token("RBracket", "`]`", "]");
export const LBrace = token("LBrace", "`{`", "{");
export const RBrace = token("RBrace", "`}`", "}");
token("Plus", "`+`", "+", [BinaryOperator, PrefixOperator]);
export const Minus = token("Minus", "`-`", /-|−/, [BinaryOperator, PrefixOperator]);
export const Star = token("Star", "`*`", "*", [BinaryOperator]);
token("Times", "`×`", "×", [BinaryOperator]);
token("FloorDivide", "`//`", "//", [BinaryOperator]);
token("Divide", "`/`", /\/|÷/, [BinaryOperator]);
export const Percent = token("Percent", "`%`", "%", [BinaryOperator]);

export const Import = keyword("import");
export const Param = keyword("param");
export const Let = keyword("let");
export const Fn = keyword("fn");
export const Pipeline = keyword("pipeline");
export const Version = keyword("version");
export const Options = keyword("options");
export const On = keyword("on");
export const ErrorWord = keyword("error");
export const To = keyword("to");
export const From = keyword("from");
export const Start = keyword("start");
export const AtWord = keyword("at");
export const As = keyword("as");
export const By = keyword("by");
export const Union = keyword("union");
export const Filter = keyword("filter");
export const MapWord = keyword("map");
export const Unnest = keyword("unnest");
export const Dedup = keyword("dedup");
export const Sample = keyword("sample");
export const Window = keyword("window");
export const Reduce = keyword("reduce");
export const Top = keyword("top");
export const Emit = keyword("emit");
export const Lookup = keyword("lookup");
export const Join = keyword("join");
export const Table = keyword("table");
export const Branch = keyword("branch");
export const When = keyword("when");
export const Else = keyword("else");
export const Drop = keyword("drop");
export const Expire = keyword("expire");
export const After = keyword("after");
export const Cap = keyword("cap");
export const Key = keyword("key");
export const Latest = keyword("latest");
export const Retain = keyword("retain");
export const Within = keyword("within");
export const Test = keyword("test");
export const For = keyword("for");
export const Given = keyword("given");
export const Advance = keyword("advance");
export const Watermark = keyword("watermark");
export const Expect = keyword("expect");
export const In = keyword("in");
keyword("has", [BinaryOperator]);
keyword("matches", [BinaryOperator]);

// Tried last, so a newline never comes here. (`[\s\S]` would be missed by Chevrotain's index of first
// characters.)
const Unknown = createToken({
  name: "Unknown",
  pattern: /[\uD800-\uDBFF][\uDC00-\uDFFF]|[^\n]/,
  group: UNKNOWN_GROUP,
  line_breaks: true,
});

const categories = [Any, BinaryOperator, PrefixOperator];

/** Token types in the order they are tried. */
export const TOKENS: TokenType[] = [
  ...categories,
  Whitespace,
  Comment,
  ...all,
  ...keywords,
  Identifier,
  Unknown,
];

/** The same with JMESPath's own strings. */
export const STRICT_TOKENS: TokenType[] = [
  ...categories,
  StrictRawString,
  StrictQuotedName,
  ...TOKENS.slice(categories.length),
];
