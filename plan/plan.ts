// The plan: the one contract between compiler and runtime. Closed unions, JSON, versioned.

import type { EventKind, EventOp } from "./event.ts";
import type { Expr, Json } from "./expr.ts";

/** Raised when a reader of the previous format could misunderstand a plan. */
export const PLAN_FORMAT = 1;

/** One compiled pipeline. Stages stand in topological order: a stage reads only earlier ones. */
export type Plan = {
  readonly format: typeof PLAN_FORMAT;
  readonly pipeline: string;
  /** The values the params had when this plan was compiled, for display. */
  readonly params: Readonly<Record<string, Json>>;
  readonly stages: readonly Stage[];
  /** Every topic this pipeline owns, the dead-letter topic included. */
  readonly topics: readonly Topic[];
  readonly deadLetters: DeadLetters;
  /** What becomes of a message that a task fails at again and again; left out, it goes to dead letters. */
  readonly onPoison?: OnPoison;
};

/** `stop`: the task stays where it is until `fpaas skip` says to leave the message out. */
export type OnPoison = "stop";

/**
 * One physical stage: what a stage task runs. Reads one or more inputs, applies `ops` in order to
 * every record; the last op sends records on (an exchange or a sink).
 */
export type Stage = {
  /** `s0`, `s1` …: part of subjects and of producer names. */
  readonly id: string;
  /** Number of stage partitions: the units of ownership and of checkpoints. */
  readonly partitions: number;
  readonly inputs: readonly Input[];
  readonly ops: readonly Op[];
};

export type Input =
  | {
      readonly kind: "firehose";
      readonly kinds: readonly EventKind[];
      /** NSIDs or `app.bsky.feed.*`; empty is all. Commit events only. */
      readonly collections: readonly string[];
      /** Pushed-down operations; empty is all. Commit events only. */
      readonly ops: readonly EventOp[];
      readonly start: Start;
      /** With a name, the event stands in this field of the record, beside its `time`. */
      readonly as?: string;
    }
  | {
      readonly kind: "topic";
      readonly topic: string;
      readonly start: Start;
      readonly as?: string;
    }
  /** The exchange in front of this stage; `from` are the stages that write to it. */
  | { readonly kind: "exchange"; readonly from: readonly string[] };

/**
 * Where a stage without a checkpoint starts to read. `default`: new when deployed, first in run and test.
 * `time`: only records whose own time is not before it.
 */
export type Start =
  | { readonly at: "default" }
  | { readonly at: "first" }
  | { readonly at: "new" }
  | { readonly at: "time"; readonly ms: number };

/** Operators, applied in order. The last one of a stage is an `exchange`, a `sink` or a `branch`. */
export type Op =
  | { readonly op: "filter"; readonly expr: Expr }
  /** `expr` gives an object: the new record. It keeps the old record's `time` unless it sets its own. */
  | { readonly op: "map"; readonly expr: Expr }
  | { readonly op: "let"; readonly name: string; readonly expr: Expr }
  | { readonly op: "unnest"; readonly expr: Expr; readonly as: string }
  /** Keeps the records for which `hash(by)` / 2^53 is less than `fraction`. */
  | { readonly op: "sample"; readonly fraction: number; readonly by: Expr }
  | BranchOp
  | WindowOp
  | ExchangeOp
  | ReduceOp
  | FoldOp
  | TopOp
  | DedupOp
  | SinkOp;

/**
 * Decides lateness, once, by the watermark of the channel the record came on (so that the answer does
 * not depend on how channels interleave), and sets the instant the record counts at.
 */
export type WindowOp = {
  readonly op: "window";
  readonly window: Window;
  /** The instant the record counts at; clamped to `maxAheadMs` past the record's time. */
  readonly on: Expr;
  readonly maxAheadMs: number;
  /** Topic of late records; null: they are counted and dropped. */
  readonly late: string | null;
};

export type Window = AlignedWindow | SessionWindow;

/** Windows whose bounds do not depend on the records. */
export type AlignedWindow = HoppingWindow | CalendarWindow;

/** Tumbling is a hopping window with `everyMs` = `sizeMs`. All aligned to the epoch in UTC. */
export type HoppingWindow = {
  readonly kind: "hopping";
  readonly sizeMs: number;
  readonly everyMs: number;
  /** A window closes when the watermark reaches its end + grace. */
  readonly graceMs: number;
};

/** The same in whole days of the IANA zone `tz`, whatever their length. */
export type CalendarWindow = {
  readonly kind: "calendar";
  readonly tz: string;
  readonly sizeDays: number;
  readonly everyDays: number;
  readonly graceMs: number;
};

/**
 * Per key: from a first record to `gapMs` after the last, `maxMs` at most. A record at the end begins the
 * next one. A record is late when the watermark of its channel has passed its time + grace.
 */
export type SessionWindow = {
  readonly kind: "session";
  readonly gapMs: number;
  readonly maxMs: number;
  readonly graceMs: number;
};

/**
 * Sends rows to the partitions of stage `to`. A row is the CBOR array
 * `[timeMs, order, keys, columns]`; its partition is that of the canonical form of `keys`. In front of a tumbling
 * reduce one row may stand for several (`COMBINED_ROW_PARTS`).
 */
export type ExchangeOp = {
  readonly op: "exchange";
  readonly to: string;
  readonly keys: readonly Expr[];
  readonly columns: readonly Expr[];
  /**
   * One more column behind: the instant the row was *known* at (milliseconds), the greater of its own and
   * of the watermark that its record has seen. It does not depend on how channels interleave.
   */
  readonly known?: true;
  /** Rows have the whole order of their records, and not their seq alone. */
  readonly seen?: true;
};

/**
 * Aggregates rows of an exchange per key and window. First op of its stage. Yields
 * `{…keys, …aggregates, window: {start, end}, time}` when a window closes.
 */
export type ReduceOp = {
  readonly op: "reduce";
  readonly window: Window;
  /** Names of the key fields, in the order of the row's keys. */
  readonly keys: readonly string[];
  readonly aggregates: readonly Aggregate[];
  /**
   * Also yields what has changed at every multiple of this (event time since the epoch), and at the close
   * only what has changed since. The rows have a `known` column.
   */
  readonly changesEveryMs?: number;
};

/**
 * Aggregates rows per key without a window. First op of its stage; the rows have an order (`seen`). Yields
 * `{…keys, …aggregates, time}` at every multiple of `everyMs` in which a group has changed. At least one of
 * `expireMs` (of event time without a row, not less than `everyMs`) and `cap` (groups of a stage partition)
 * bounds its state.
 */
export type FoldOp = {
  readonly op: "fold";
  readonly keys: readonly string[];
  readonly aggregates: readonly Aggregate[];
  readonly everyMs: number;
  readonly expireMs: number | null;
  readonly cap: number | null;
};

/**
 * One aggregate: field `name` of the result from column `column` of the rows (null: `count()`).
 */
export type Aggregate = { readonly name: string; readonly column: number | null } & AggregateKind;

export type AggregateKind =
  | {
      readonly fn:
        | "count"
        | "sum"
        | "min"
        | "max"
        | "avg"
        | "first"
        | "last"
        | "approx_distinct"
        /** Of a sample: n − 1. */
        | "stddev"
        /** Rows, or non-null values, per second of the window. */
        | "rate";
    }
  /** Exact; saturates at `cap`. */
  | { readonly fn: "distinct"; readonly cap: number }
  /** In the order of records, the first `max`. */
  | { readonly fn: "collect"; readonly max: number }
  /** `q` in [0, 1]; within 1 % of the value. */
  | { readonly fn: "quantile"; readonly q: number }
  | { readonly fn: "quantiles"; readonly qs: readonly number[] }
  /** The `k` most frequent values, as `{ value, count, error }`. */
  | { readonly fn: "top_k"; readonly k: number };

/**
 * Of the rows of one window (equal time) and one `per` value, the `n` with the greatest `by`; ties by
 * key, then in the order of records (`seen`). First op of its stage; the rows' columns are `[record, by, per, keys]`. Yields the records,
 * greatest first, when the watermark passes their time.
 */
export type TopOp = { readonly op: "top"; readonly n: number };

/**
 * Passes the first record of each key, then none for `withinMs` of event time. First op of its stage; the
 * rows have an order (`seen`) and one column, the record. Of more than `cap` keys in a stage partition
 * the one that passed longest ago is forgotten.
 */
export type DedupOp = { readonly op: "dedup"; readonly withinMs: number; readonly cap: number };

/** A record goes to the first arm whose `when` is true (null: always); without one it is dropped. */
export type BranchOp = { readonly op: "branch"; readonly arms: readonly BranchArm[] };

/** `ops` end like those of a stage; none at all: the records of this arm are dropped. */
export type BranchArm = { readonly when: Expr | null; readonly ops: readonly Op[] };

/** Deepest nesting of `branch` in `branch`. */
export const BRANCH_DEPTH_MAX = 8;

/**
 * Publishes to an owned topic. The partition is that of `key` (null: partition 0). Only other sinks may
 * follow: they get the same records.
 */
export type SinkOp = {
  readonly op: "sink";
  readonly topic: string;
  readonly key: Expr | null;
  /** What is published gets its value as field `rank`. */
  readonly rank?: Expr;
};

export type Topic = {
  readonly name: string;
  readonly partitions: number;
  /** What the topic is for: a sink, the late side output, or dead letters. */
  readonly role: "sink" | "late" | "dead-letters";
  /** Who else is to get its records. */
  readonly delivery?: Delivery;
};

export type Delivery =
  /** POST of up to `batch` records at a time. */
  | {
      readonly kind: "webhook";
      readonly url: string;
      readonly batch: number;
      readonly timeoutMs: number;
    }
  /** A feed: the records have a field `rank`. */
  | { readonly kind: "feed"; readonly name: string };

/** Records that could not be processed: at most `max` are kept by a stage partition, the rest counted. */
export type DeadLetters = { readonly topic: string; readonly max: number };

/** Topic of `to stdout` in a pipeline. */
export function stdoutTopic(pipeline: string): string {
  return `stdout.${pipeline.toLowerCase()}`;
}

/** Topic of the `n`th `to webhook` of a pipeline, from 1. */
export function webhookTopic(pipeline: string, n: number): string {
  return `webhook.${pipeline.toLowerCase()}${n === 1 ? "" : `.${n}`}`;
}

/** Topic of `to feed('name')`. */
export function feedTopic(name: string): string {
  return `feed.${name}`;
}

/** Dead-letter topic of a pipeline that names none. */
export function defaultDeadLetterTopic(pipeline: string): string {
  return `dlq.${pipeline.toLowerCase()}`;
}

export const DEAD_LETTERS_MAX_DEFAULT = 10_000;
/** Partitions of a stage that reads the firehose or a topic, and of one behind an exchange by key. */
export const STAGE_PARTITIONS_DEFAULT = 2;
