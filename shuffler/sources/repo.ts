// A repo export (`.car`) as a source: every record a create at the time of its key, so that a repo
// replays in the order it was written.
//
// Records whose key is no TID (a profile's `self`) come first, at the time of the earliest TID: they
// have no time of their own, and a later one would hold back every window. In a repo without any TID key
// they come at the time of the commit's rev. Positions and seqs are indices in that order, from 0.

import { NSID, RKEY } from "../../plan/names.ts";
import { cidToString } from "../decode/cid.ts";
import { checkBlock } from "../decode/commit.ts";
import { CommonFields } from "../decode/fields.ts";
import type { CommitOp, DecodedMessage } from "../decode/message.ts";
import { catchMalformed, Malformed, type Rejected } from "../decode/rejection.ts";
import { fileBytes } from "./file-bytes.ts";
import { RepoCar, type RepoCommit, type RepoRecord } from "./repo-car.ts";
import { fileSourceName, type Source, SourceError, type SourceItem } from "./source.ts";
import { tidMicros } from "./tid.ts";

/** Records in one batch. */
const BATCH_RECORDS = 256;
/** Clearly over any repo export there is (the largest known are some hundred MB); it is read whole. */
export const CAR_BYTES_MAX = 1_073_741_824;

/**
 * @param after position to go on behind; null for the start.
 * @param bytes what is in it, not compressed
 */
export function openRepo(
  path: string,
  after: number | null,
  bytes: () => AsyncIterable<Buffer> = () => fileBytes(path),
): Source {
  return {
    name: fileSourceName(path),
    live: false,
    batches: () => readBatches(path, bytes(), after === null ? 0 : after + 1),
  };
}

async function* readBatches(
  path: string,
  bytes: AsyncIterable<Buffer>,
  from: number,
): AsyncGenerator<SourceItem[]> {
  const { commit, records } = recordsInTime(path, await wholeOf(path, bytes));
  for (let at = from; at < records.length; at += BATCH_RECORDS) {
    const slice = records.slice(at, at + BATCH_RECORDS);
    yield slice.map((record, i) => itemOf(commit, record, at + i));
  }
}

type TimedRecord = RepoRecord & { readonly micros: number };

/** @throws SourceError `source_corrupt` when there is more than the limit */
async function wholeOf(path: string, chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const read: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > CAR_BYTES_MAX) {
      throw new SourceError(
        "source_corrupt",
        `${path} has more bytes than the limit of ${CAR_BYTES_MAX}`,
      );
    }
    read.push(chunk);
  }
  return Buffer.concat(read);
}

/** @throws SourceError `source_corrupt` naming what is wrong with the file. */
function recordsInTime(
  path: string,
  bytes: Buffer,
): { commit: RepoCommit; records: TimedRecord[] } {
  const read = catchMalformed(() => {
    const repo = new RepoCar(bytes);
    checkCommit(repo.commit);
    const records: RepoRecord[] = [];
    repo.walk((record) => records.push(record));
    return { commit: repo.commit, records: inTime(records, repo.commit.rev) };
  });
  if (!("kind" in read)) return read;
  throw new SourceError("source_corrupt", `${path} is no repo export: ${read.detail}`);
}

function checkCommit(commit: RepoCommit): void {
  const fields = new CommonFields(["did", "rev"]);
  fields.did = commit.did;
  fields.rev = commit.rev;
  fields.checkedDid();
  fields.checkedRev();
}

/** Stable: records of equal time stay in the order of their paths. */
function inTime(records: readonly RepoRecord[], rev: string): TimedRecord[] {
  const own = records.map((record) => ({ record, micros: tidMicros(rkeyOf(record.path)) }));
  const known = own.flatMap(({ micros }) => (micros === null ? [] : [micros]));
  const first = known.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const earliest = Number.isFinite(first) ? first : (tidMicros(rev) ?? 0);
  const rank = (micros: number | null): number => micros ?? Number.NEGATIVE_INFINITY;
  return own
    .sort((a, b) => (rank(a.micros) === rank(b.micros) ? 0 : rank(a.micros) - rank(b.micros)))
    .map(({ record, micros }) => ({ ...record, micros: micros ?? earliest }));
}

function rkeyOf(path: string): string {
  return path.slice(path.indexOf("/") + 1);
}

function itemOf(commit: RepoCommit, record: TimedRecord, position: number): SourceItem {
  return {
    kind: "message",
    position,
    raw: record.block ?? new Uint8Array(),
    message: messageOf(commit, record, position),
  };
}

function opOf({ path, cid, block }: RepoRecord): CommitOp {
  const collection = path.slice(0, Math.max(path.indexOf("/"), 0));
  const rkey = rkeyOf(path);
  if (!NSID.test(collection)) throw new Malformed("bad_collection", "collection is no NSID");
  if (!RKEY.test(rkey)) throw new Malformed("bad_rkey", `in ${collection}`);
  const { record, sorted } = checkBlock(block, cid, 0, cid.length, collection);
  return { action: "create", collection, rkey, cid: cidToString(cid), record, sorted };
}

function messageOf(commit: RepoCommit, record: TimedRecord, seq: number): DecodedMessage {
  const op: CommitOp | Rejected = catchMalformed(() => opOf(record));
  if ("kind" in op) return op;
  const timeMs = Math.floor(record.micros / 1000);
  return {
    kind: "commit",
    did: commit.did,
    seq,
    timeMs,
    rev: commit.rev,
    ops: [op],
    rejected: [],
  };
}
