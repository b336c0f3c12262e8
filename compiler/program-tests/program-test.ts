// A compiled test of the language: everything in it is known, so a runner only has to play it.

import type { EventOp } from "../../plan/event.ts";
import type { CompareOp, Json } from "../../plan/expr.ts";
import type { Span } from "../syntax/ast.ts";

export type ProgramTest = {
  readonly title: string;
  readonly pipeline: string;
  /** Of the title. */
  readonly span: Span;
  readonly steps: readonly TestStep[];
};

/** In the order they are written. */
export type TestStep = { readonly span: Span } & (
  | { readonly kind: "given"; readonly event: GivenEvent }
  /** A file of events, relative to the program's file. */
  | { readonly kind: "fixture"; readonly path: string }
  | { readonly kind: "advance"; readonly toMs: number }
  | { readonly kind: "expect"; readonly expectation: Expectation }
);

export type JsonObject = { readonly [name: string]: Json };

/** An event as a builder describes it; what is null the runner fills in. */
export type GivenEvent = {
  readonly builder: BuilderName;
  readonly did: string | null;
  readonly timeMs: number | null;
  readonly op: EventOp;
  readonly rkey: string | null;
  /** The options that only some builders have, by name. */
  readonly options: JsonObject;
  /** Fields of the record as written; what the builder makes of its options is added. */
  readonly record: JsonObject;
};

export type BuilderName =
  | "post"
  | "like"
  | "repost"
  | "follow"
  | "event"
  | "delete"
  | "identity"
  | "account"
  | "sync";

export type Expectation =
  /** The topic's records so far: these, in this order, each with at least these fields. */
  | { readonly kind: "records"; readonly topic: string; readonly records: readonly Json[] }
  /** Whether the topic has a record with these fields. */
  | {
      readonly kind: "member";
      readonly topic: string;
      readonly record: Json;
      readonly present: boolean;
    }
  | {
      readonly kind: "number";
      readonly of: NumberOf;
      readonly op: CompareOp;
      readonly value: number;
    };

/** `length('topic')`, or a counter. */
export type NumberOf =
  | { readonly kind: "length"; readonly topic: string }
  | { readonly kind: "counter"; readonly counter: CounterName };

/** What a test may compare with a number: counters of its pipeline, and events of files that were repeated. */
export const COUNTERS = ["late", "dead_letters", "dropped", "repeated"] as const;
export type CounterName = (typeof COUNTERS)[number];
