// A feed for outage runs: as many commits a second as asked for, dated as they are played, small to make and
// as large as real ones. Not signed: nobody checks that here, and signing takes longer than playing.

import { Shuffler } from "../../shuffler/shuffle.ts";
import { carOf, cborOf, commitFrame, type OpSpec } from "../../shuffler/testing/frames.ts";

const ACCOUNTS = 500;
const PROOF_BYTES = 3000;
const SORTABLE = "234567abcdefghijklmnopqrstuvwxyz";

export type Feed = {
  readonly frames: readonly Uint8Array[];
  /** Message ids of all events, computed by a shuffler of its own. */
  readonly ids: ReadonlySet<string>;
};

export type FeedOptions = {
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly startMs: number;
  readonly firstSeq?: number;
};

/** The same options give the same commits; only their seqs follow `firstSeq`. */
export function makeFeed(options: FeedOptions): Feed {
  const { seconds, eventsPerSecond, startMs, firstSeq = 1 } = options;
  const proof = cborOf({ proof: Buffer.alloc(PROOF_BYTES, "proof") });
  const frames = Array.from({ length: seconds * eventsPerSecond }, (_, i) => {
    const timeMs = startMs + (i * 1000) / eventsPerSecond;
    return frameAt(i, firstSeq + i, timeMs, proof);
  });
  return { frames, ids: idsOf(frames) };
}

function frameAt(i: number, seq: number, timeMs: number, proof: Uint8Array): Uint8Array {
  const account = i % ACCOUNTS;
  const turn = Math.floor(i / ACCOUNTS);
  const record = cborOf({ $type: "app.bsky.feed.like", subject: `at://someone/${i}` });
  const op: OpSpec = { action: "create", path: `app.bsky.feed.like/${revAt(turn)}`, record };
  return commitFrame([op], {
    seq,
    repo: `did:plc:${String(account).padStart(24, "a")}`,
    rev: revAt(turn),
    since: turn === 0 ? null : revAt(turn - 1),
    time: new Date(timeMs).toISOString(),
    blocks: carOf([cborOf({ version: 3 }), proof, record]),
  });
}

function revAt(turn: number): string {
  let rest = turn;
  let digits = "";
  for (let place = 0; place < 10; place += 1) {
    digits = SORTABLE.charAt(rest & 31) + digits;
    rest >>= 5;
  }
  return `3ka${digits}`;
}

/** An event's id is a hash, which may begin like one, but is longer. */
export function isWatermarkId(msgId: string): boolean {
  return /^wm-\d+-\d+$/.test(msgId);
}

/** Ids of all events, without those of watermarks. */
function idsOf(frames: readonly Uint8Array[]): Set<string> {
  const shuffler = new Shuffler({
    partitions: 8,
    maxPayloadBytes: 8_000_000,
    relay: "feed",
  });
  const ids = new Set<string>();
  frames.forEach((raw, position) => {
    const messages = shuffler.push({ kind: "frame", position, raw });
    for (const { msgId } of messages) if (!isWatermarkId(msgId)) ids.add(msgId);
  });
  return ids;
}
