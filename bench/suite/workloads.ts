// What the suite runs: races, in which peers answer the same question, and measurements of our own.

import type { DataSet } from "../data/files.ts";
import type { Query } from "./contestant.ts";

export type ContestantName =
  | "fpaas"
  | "plain script"
  | "rxjs"
  | "jmespath.js"
  | "@atproto/sync"
  | "@atproto/sync, parsing only"
  | "duckdb, 1 thread"
  | "duckdb, all threads"
  | "duckdb, loaded table";

/** Rows are the same for all; or the answer holds estimates, and is checked against the exact one. */
type Check = "same" | "trends";

export type Race = {
  readonly kind: "race";
  readonly name: string;
  readonly title: string;
  /** What one item is, in the table. */
  readonly unit: "events" | "frames";
  readonly asks: { readonly on: "frames" } | { readonly on: DataSet; readonly query: Query };
  readonly contestants: readonly ContestantName[];
  /** Whose answer is right. */
  readonly judge: ContestantName;
  readonly check: Check;
};

/** Runs in a process of its own and prints its own figures. */
export type Measurement = {
  readonly kind: "measurement";
  readonly name: "delivered" | "latency" | "many";
  readonly title: string;
};

export type Workload = Race | Measurement;

const NODE_PEERS = ["plain script", "rxjs"] as const;
const DUCKDB = ["duckdb, 1 thread", "duckdb, all threads", "duckdb, loaded table"] as const;

export const WORKLOADS: readonly Workload[] = [
  {
    kind: "race",
    name: "decode",
    title: "(a) frames to routed operations",
    unit: "frames",
    asks: { on: "frames" },
    contestants: ["fpaas", "@atproto/sync", "@atproto/sync, parsing only"],
    judge: "@atproto/sync",
    check: "same",
  },
  race("filter-map", "(b) filter + map", "events", ["jmespath.js"]),
  { ...race("hashtags", "(c) hashtag_trends", "events"), check: "trends" },
  race("likes-per-minute", "(d) likes_per_minute, 100 000 keys", "likes"),
  race("q1-collections", "(e1) top collections", "events"),
  race("q2-users", "(e2) top collections with distinct users", "events"),
  race("q3-hours", "(e3) post, repost, like by hour", "events"),
  race("q4-first-posters", "(e4) first three posters", "events"),
  race("q5-longest-activity", "(e5) longest activity, top three", "events"),
  {
    kind: "measurement",
    name: "delivered",
    title: "(f) through JetStream: events a second",
  },
  { kind: "measurement", name: "latency", title: "(f) through JetStream: latency" },
  { kind: "measurement", name: "many", title: "(g) many pipelines on one worker thread" },
];

function race(
  query: Query,
  title: string,
  on: DataSet,
  more: readonly ContestantName[] = [],
): Race {
  const contestants = ["fpaas", ...NODE_PEERS, ...more, ...DUCKDB] as const;
  const asks = { on, query };
  const common = { kind: "race", unit: "events", judge: "plain script", check: "same" } as const;
  return { ...common, name: query, title, asks, contestants };
}
