// Every stream, subject, bucket and header name in one file: nothing else spells one.

import type { EventKind, EventOp } from "./event.ts";
import { hash32, PARTITIONS_MAX } from "./partition.ts";

/** Stream of all events, subjects `atproto.firehose.>`. */
export const FIREHOSE_STREAM = "FIREHOSE";
/** Stream of what the shuffler refused, subjects `atproto.rejected.>`. */
export const REJECTED_STREAM = "REJECTED";
export const FIREHOSE_PREFIX = "atproto.firehose.";
export const FIREHOSE_SUBJECTS = `${FIREHOSE_PREFIX}>`;
export const REJECTED_SUBJECTS = "atproto.rejected.>";
/** Key of the FIREHOSE stream's metadata that holds its number of partitions. */
export const PARTITIONS_METADATA = "fpaas.partitions";
/** Key of the FIREHOSE stream's metadata that holds the number of bucket streams. */
export const BUCKETS_METADATA = "fpaas.buckets";

/** KV buckets: deployed plans, their versions so far, topic owners, live workers and their reports, cursors. */
export const PLANS_BUCKET = "fpaas_plans";
export const VERSIONS_BUCKET = "fpaas_versions";
export const TOPICS_BUCKET = "fpaas_topics";
export const WORKERS_BUCKET = "fpaas_workers";
export const REPORTS_BUCKET = "fpaas_reports";
export const CURSORS_BUCKET = "fpaas_cursors";

/** The only tenant until the multi-tenant API exists. */
export const DEFAULT_TENANT = "local";

/** Message headers. `Nats-*` are the server's own. */
export const HEADER = {
  msgId: "Nats-Msg-Id",
  expectedLastSubjectSeq: "Nats-Expected-Last-Subject-Sequence",
  contentType: "Content-Type",
  relayHost: "Fpaas-Relay",
  relaySeq: "Fpaas-Relay-Seq",
  /** Why a message stands under `atproto.rejected.>`. */
  reason: "Fpaas-Reason",
  /** What exactly was wrong with it, for people. */
  detail: "Fpaas-Detail",
  /** Watermark in milliseconds since the epoch: the producer will send no record with a lesser time. */
  watermark: "Fpaas-Watermark",
  /** On an event whose relay time is too far in the future to move a watermark: `1`. */
  untrustedTime: "Fpaas-Untrusted-Time",
  /** On an event: its place among those of its seq, which are mostly the operations of a commit; left out for the first. */
  operation: "Fpaas-Operation",
  /** On an event that arrived behind a greater seq (shuffler/arrival.ts): the seq that it is ordered under. */
  orderSeq: "Fpaas-Order-Seq",
  /** On a message of a topic: the orders of its records (runtime/eval/order-header.ts). */
  order: "Fpaas-Order",
  /** Which producer wrote a stage or topic message: see `producerName`. */
  from: "Fpaas-From",
  /** Unique id of the commit a message was written by: tells our own retry from somebody else's write. */
  commit: "Fpaas-Commit",
  /** Of a state message: its epoch, and whether it is part of the epoch's `base` or a `change`. */
  epoch: "Fpaas-Epoch",
  state: "Fpaas-State",
  /** Of a message that is too large for one: which part of it this is (`2/5`); the others stand before and behind. */
  part: "Fpaas-Part",
  /** Of a state message that was written before its commit: which commit, and its place there (`<id> 12`). */
  staged: "Fpaas-Staged",
  /** Per-message time to live; checkpoints and state say `never` and so outlive the stream's max age. */
  ttl: "Nats-TTL",
} as const;

export const CONTENT_EVENT = "application/cbor";
export const CONTENT_RECORDS = "application/cbor-seq";

/** Made once: one goes into the subject of every message. */
const PARTITION_TOKENS = Array.from({ length: PARTITIONS_MAX }, (_, partition) =>
  partition.toString().padStart(2, "0"),
);

/** Two digits, so that subjects sort and have a fixed width. */
export function partitionToken(partition: number): string {
  return PARTITION_TOKENS[partition] ?? String(partition);
}

/** `atproto.firehose.03.commit.create.app.bsky.feed.post` */
export function commitSubject(partition: number, op: EventOp, collection: string): string {
  return `atproto.firehose.${partitionToken(partition)}.commit.${op}.${collection}`;
}

/** `atproto.firehose.03.identity` for the kinds that are not commits. */
export function accountSubject(partition: number, kind: Exclude<EventKind, "commit">): string {
  return `atproto.firehose.${partitionToken(partition)}.${kind}`;
}

/** Whether the shuffler's message is an event: neither a watermark, which has no payload, nor a refusal. */
export function isEvent(message: {
  readonly subject: string;
  readonly payload: Uint8Array;
}): boolean {
  return message.payload.length > 0 && message.subject.startsWith(FIREHOSE_PREFIX);
}

/** Where the watermark messages of a FIREHOSE partition stand. */
export function watermarkSubject(partition: number): string {
  return `atproto.firehose.${partitionToken(partition)}.watermark`;
}

export function rejectedSubject(reason: string): string {
  return `atproto.rejected.${reason}`;
}

/**
 * The subjects of one FIREHOSE partition that a source wants, not overlapping.
 * `collections` are NSIDs or `app.bsky.feed.*` patterns; empty means all.
 */
export function firehoseFilters(
  partition: number,
  kinds: readonly EventKind[],
  ops: readonly EventOp[],
  collections: readonly string[],
): string[] {
  const filters = [watermarkSubject(partition)];
  for (const kind of kinds) {
    if (kind !== "commit") filters.push(accountSubject(partition, kind));
    else filters.push(...commitFilters(partition, ops, collections));
  }
  return filters;
}

function commitFilters(
  partition: number,
  ops: readonly EventOp[],
  collections: readonly string[],
): string[] {
  const prefix = `atproto.firehose.${partitionToken(partition)}.commit`;
  const opTokens = ops.length === 0 || ops.length === 3 ? ["*"] : ops;
  const names = collections.length === 0 ? [">"] : minimalPatterns(collections);
  return opTokens.flatMap((op) => names.map((name) => `${prefix}.${op}.${name}`));
}

/** Drops what another pattern covers (JetStream refuses overlapping filters); `.*` becomes `.>`. */
function minimalPatterns(collections: readonly string[]): string[] {
  const patterns = [...new Set(collections)];
  return patterns
    .filter((one) => !patterns.some((other) => other !== one && covers(other, one)))
    .map((one) => (one.endsWith(".*") ? `${one.slice(0, -1)}>` : one));
}

/** Whether the pattern `app.bsky.*` takes in `name` (any number of further segments). */
export function covers(pattern: string, name: string): boolean {
  if (!pattern.endsWith(".*")) return pattern === name;
  return name.startsWith(pattern.slice(0, -1));
}

/** Which bucket stream a pipeline's topics, exchanges and checkpoints live in. */
export function bucketOf(tenant: string, pipeline: string, buckets: number): number {
  return hash32(`${tenant}/${pipeline}`) % buckets;
}

export const BUCKET_STREAM_PREFIX = "FPL_";

export function bucketStream(bucket: number): string {
  return `${BUCKET_STREAM_PREFIX}${bucket}`;
}

export function bucketSubjects(bucket: number): string {
  return `fpl.${bucket}.>`;
}

/** Where a pipeline lives: every subject of it starts with its prefix. */
export type PipelineAddress = { bucket: number; tenant: string; pipeline: string };

function pipelinePrefix(at: PipelineAddress): string {
  return `fpl.${at.bucket}.${at.tenant}.${at.pipeline}`;
}

/** Everything a pipeline ever wrote, for `fpaas delete`. */
export function pipelineSubjects(at: PipelineAddress): string {
  return `${pipelinePrefix(at)}.>`;
}

/**
 * Names what a stage keeps for itself: the version it was begun in and its id there. A later version that
 * keeps its state keeps the name. `v3.s1`
 */
export function newLineage(version: number, stage: string): string {
  return `v${version}.${stage}`;
}

/** Everything the stage of that lineage keeps for itself: its exchange, checkpoints, state and failures. */
export function lineageSubjects(at: PipelineAddress, lineage: string): string[] {
  return ["x", "c", "s", "f"].map((area) => `${pipelinePrefix(at)}.${area}.${lineage}.>`);
}

/** Records for one partition of a stage: the exchange in front of it. */
export function exchangeSubject(at: PipelineAddress, lineage: string, partition: number): string {
  return `${pipelinePrefix(at)}.x.${lineage}.${partitionToken(partition)}`;
}

/** The checkpoint of one stage partition. */
export function checkpointSubject(at: PipelineAddress, lineage: string, partition: number): string {
  return `${pipelinePrefix(at)}.c.${lineage}.${partitionToken(partition)}`;
}

/** What of that checkpoint is too large to stand in it. */
export function progressSubject(at: PipelineAddress, lineage: string, partition: number): string {
  return `${checkpointSubject(at, lineage, partition)}.progress`;
}

/** State changes and snapshots of one stage partition. */
export function stateSubject(at: PipelineAddress, lineage: string, partition: number): string {
  return `${pipelinePrefix(at)}.s.${lineage}.${partitionToken(partition)}`;
}

/** The last failure of one stage partition that it has not got past. */
export function failureSubject(at: PipelineAddress, lineage: string, partition: number): string {
  return `${pipelinePrefix(at)}.f.${lineage}.${partitionToken(partition)}`;
}

/** The failures of every pipeline in a bucket stream. */
export function failureSubjects(bucket: number): string {
  return `fpl.${bucket}.*.*.f.>`;
}

/** Records of a topic: what `tail`, pull consumers and other pipelines read. */
export function topicSubject(at: PipelineAddress, topic: string, partition: number): string {
  return `${pipelinePrefix(at)}.t.${topic}.${partitionToken(partition)}`;
}

/** Watermarks of a topic, apart from its records so that plain consumers never see an empty message. */
export function topicWatermarkSubject(
  at: PipelineAddress,
  topic: string,
  partition: number,
): string {
  return `${pipelinePrefix(at)}.w.${topic}.${partitionToken(partition)}`;
}

/**
 * Names the producer of a message for `Fpaas-From`: version, stage, partition, and how many producers
 * write to that target, so a reader knows how many watermarks to wait for. `v3.s1.02/4`
 */
export function producerName(
  version: number,
  stage: string,
  partition: number,
  producers: number,
): string {
  return `v${version}.${stage}.${partitionToken(partition)}/${producers}`;
}

export type Producer = { version: number; stage: string; partition: number; producers: number };

/** The inverse of `producerName`; null when the header is not one. */
export function parseProducer(header: string): Producer | null {
  const match = /^v(\d+)\.([a-z0-9_-]+)\.(\d+)\/(\d+)$/.exec(header);
  if (match === null) return null;
  const [, version, stage, partition, producers] = match;
  return {
    version: Number(version),
    stage: String(stage),
    partition: Number(partition),
    producers: Number(producers),
  };
}

/** A pipeline name: an identifier of the language. */
export const PIPELINE_NAME = /^[a-z_][a-z0-9_]{0,63}$/i;
/** A topic name: dot-separated tokens of `[a-z0-9_-]`, 128 characters at most. */
export const TOPIC_NAME = /^(?=.{1,128}$)[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;
/** NSID (atproto.com/specs/nsid): at least three segments; at most 317 characters. */
export const NSID =
  /^(?=.{5,317}$)[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+(\.[a-zA-Z][a-zA-Z0-9]{0,62})$/;
/** DID (atproto.com/specs/did): at most 2048 characters. */
export const DID = /^(?=.{7,2048}$)did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]$/;
/** Record key (atproto.com/specs/record-key). */
export const RKEY = /^(?!\.{1,2}$)[a-zA-Z0-9_~.:-]{1,512}$/;
