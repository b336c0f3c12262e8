// The syntax tree: closed unions with spans. What the parser gives and every later pass reads.

import type { ArithmeticOp, CompareOp, Json } from "../../plan/expr.ts";

/** Offsets into the source in UTF-16 code units; `end` is exclusive. */
export type Span = { readonly start: number; readonly end: number };

export type Ident = { readonly name: string; readonly span: Span };
export type StringNode = { readonly value: string; readonly span: Span };

/** `|` binds loosest; see `precedence.ts`. */
export type BinaryOp = "|" | "||" | "&&" | CompareOp | "has" | "matches" | "??" | ArithmeticOp;

/** An argument: positional when `name` is null. */
export type Arg = { readonly name: Ident | null; readonly value: ExprNode; readonly span: Span };

/** `key: value`; `{ a }` is short for `{ a: a }`. */
export type EntryNode = { readonly name: Ident; readonly value: ExprNode };

/** `depth` is the nesting below this node, itself included; never over EXPR_DEPTH_MAX. */
export type ExprNode = ExprShape & { readonly span: Span; readonly depth: number };

export type ExprShape =
  /** What could not be parsed: already reported, later passes stay silent about it. */
  | { readonly kind: "error" }
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "duration"; readonly ms: number }
  | { readonly kind: "instant"; readonly ms: number }
  | { readonly kind: "regex"; readonly source: string }
  /** `1%`, as a fraction. Only as an argument of a stage. */
  | { readonly kind: "percent"; readonly fraction: number }
  | { readonly kind: "current" }
  | { readonly kind: "root" }
  | { readonly kind: "variable"; readonly name: string }
  /** `quoted`: written `"name"`. */
  | { readonly kind: "field"; readonly name: string; readonly quoted: boolean }
  /** `base` followed by everything that projections extend over. */
  | { readonly kind: "path"; readonly base: ExprNode; readonly steps: readonly Step[] }
  | {
      readonly kind: "binary";
      readonly op: BinaryOp;
      readonly left: ExprNode;
      readonly right: ExprNode;
      /** Written inside `jmes'…'`. */
      readonly strict: boolean;
    }
  | { readonly kind: "unary"; readonly op: "!" | "-" | "+"; readonly of: ExprNode }
  | {
      readonly kind: "cond";
      readonly test: ExprNode;
      readonly yes: ExprNode;
      readonly no: ExprNode;
    }
  | { readonly kind: "list"; readonly items: readonly ExprNode[] }
  | { readonly kind: "object"; readonly entries: readonly EntryNode[] }
  | CallShape
  | { readonly kind: "reference"; readonly body: ExprNode }
  /** `jmes'…'`: its errors are those of JMESPath, met when it is evaluated. */
  | { readonly kind: "jmes"; readonly expr: ExprNode }
  | {
      readonly kind: "let";
      readonly bindings: readonly EntryNode[];
      readonly body: ExprNode;
    };

export type CallShape = {
  readonly kind: "call";
  readonly name: Ident;
  readonly args: readonly Arg[];
};

/** One postfix step of a path. */
export type Step = { readonly span: Span } & (
  | { readonly kind: "field"; readonly name: string; readonly quoted: boolean }
  | { readonly kind: "index"; readonly at: number }
  | {
      readonly kind: "slice";
      readonly start: number | null;
      readonly stop: number | null;
      readonly step: number;
    }
  | { readonly kind: "project" }
  | { readonly kind: "values" }
  | { readonly kind: "flatten" }
  | { readonly kind: "select"; readonly cond: ExprNode }
  /** `.[a, b]`, `.{a: b}`, `.f(@)`: evaluated on the value so far. */
  | { readonly kind: "sub"; readonly expr: ExprNode }
);

export type ProgramNode = { readonly items: readonly ItemNode[] };

export type ItemNode =
  | ImportNode
  | ParamNode
  | ConstantNode
  | FnNode
  | PipelineNode
  | TableNode
  | TestNode;

export type ImportNode = {
  readonly kind: "import";
  readonly path: StringNode;
  /** Names of functions, or `$name` of constants and params (without the `$`). */
  readonly names: readonly Ident[];
  readonly span: Span;
};

export type ParamNode = {
  readonly kind: "param";
  readonly name: Ident;
  readonly type: Ident;
  readonly value: ExprNode | null;
  readonly span: Span;
};

export type ConstantNode = {
  readonly kind: "constant";
  readonly name: Ident;
  readonly value: ExprNode;
  readonly span: Span;
};

export type FnNode = {
  readonly kind: "fn";
  readonly name: Ident;
  readonly params: readonly Ident[];
  readonly body: ExprNode;
  readonly span: Span;
};

export type PipelineNode = {
  readonly kind: "pipeline";
  readonly name: Ident;
  readonly version: number | null;
  readonly options: readonly EntryNode[];
  readonly onError: CallNode | null;
  readonly tables: readonly TableNode[];
  /** Null when the text has none: already reported. */
  readonly source: SourceNode | null;
  readonly stages: readonly StageNode[];
  readonly span: Span;
};

/** `table NAME { from SOURCE |> … key EXPR |> latest {…} |> retain 48h }` */
export type TableNode = {
  readonly kind: "table";
  readonly name: Ident;
  readonly source: SourceNode | null;
  readonly stages: readonly StageNode[];
  readonly span: Span;
};

export type TestNode = {
  readonly kind: "test";
  readonly title: StringNode;
  readonly pipeline: Ident;
  readonly steps: readonly TestStepNode[];
  readonly span: Span;
};

export type TestStepNode =
  /** Could not be parsed: already reported. */
  | { readonly kind: "error"; readonly span: Span }
  | { readonly kind: "given"; readonly call: CallNode; readonly span: Span }
  | { readonly kind: "fixture"; readonly path: StringNode; readonly span: Span }
  | { readonly kind: "advance"; readonly to: ExprNode; readonly span: Span }
  | { readonly kind: "expect"; readonly expr: ExprNode; readonly span: Span };

/** `name(args)` outside of an expression. */
export type CallNode = {
  readonly name: Ident;
  readonly args: readonly Arg[];
  readonly span: Span;
};

export type SourceNode =
  | {
      readonly kind: "source";
      readonly call: CallNode;
      readonly as: Ident | null;
      readonly start: StartNode | null;
      readonly span: Span;
    }
  | {
      readonly kind: "union";
      readonly sources: readonly SourceNode[];
      readonly start: StartNode | null;
      readonly span: Span;
    };

/** `start at first`, `start at new`, `start at t'…'`. */
export type StartNode = { readonly at: ExprNode; readonly span: Span };

export type StageNode = StageShape & { readonly span: Span };

export type StageShape =
  /** Could not be parsed: already reported. */
  | { readonly kind: "error" }
  | { readonly kind: "filter"; readonly expr: ExprNode }
  | { readonly kind: "map"; readonly expr: ExprNode }
  | { readonly kind: "let"; readonly name: Ident; readonly expr: ExprNode }
  | { readonly kind: "unnest"; readonly expr: ExprNode; readonly as: Ident }
  | { readonly kind: "dedup" | "sample" | "top"; readonly args: readonly Arg[] }
  | { readonly kind: "window"; readonly call: CallNode }
  | ReduceNode
  | { readonly kind: "emit"; readonly mode: Ident; readonly args: readonly Arg[] }
  | {
      readonly kind: "lookup";
      readonly table: Ident;
      readonly key: ExprNode;
      readonly as: Ident;
      readonly elseDrop: boolean;
    }
  | {
      readonly kind: "join";
      readonly source: SourceNode;
      readonly on: ExprNode;
      readonly from: ExprNode;
      readonly to: ExprNode;
      readonly cap: ExprNode | null;
    }
  | { readonly kind: "branch"; readonly arms: readonly ArmNode[] }
  | { readonly kind: "drop" }
  | { readonly kind: "key"; readonly expr: ExprNode }
  | { readonly kind: "latest"; readonly entries: readonly EntryNode[] }
  | { readonly kind: "retain"; readonly duration: ExprNode }
  | { readonly kind: "to"; readonly target: Ident; readonly args: readonly Arg[] };

export type ReduceNode = {
  readonly kind: "reduce";
  readonly keys: readonly KeyNode[];
  readonly aggregates: readonly EntryNode[];
  /** `expire after EXPR` */
  readonly expire: ExprNode | null;
  readonly cap: ExprNode | null;
};

/** A key of `reduce`; `name` null means it is to be taken from the path. */
export type KeyNode = { readonly name: Ident | null; readonly value: ExprNode };

/** One arm of `branch`; `when` null is `else`. */
export type ArmNode = {
  readonly when: ExprNode | null;
  readonly stages: readonly StageNode[];
  readonly span: Span;
};
