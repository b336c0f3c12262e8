// Frames to operations: our decoder and router beside the reference reader, both without verifying
// signatures. Its handler takes the frame as its client's own subscription hands it over.

import { type Event, parseAccount, parseCommitUnauthenticated } from "@atproto/sync";
import { FIREHOSE_PARTITIONS_DEFAULT } from "../../plan/partition.ts";
import { decodeEvent } from "../../runtime/eval/codec.ts";
import { toJson } from "../../runtime/eval/json.ts";
import { Shuffler } from "../../shuffler/shuffle.ts";
import type { ShuffledMessage } from "../../shuffler/shuffled-message.ts";
import { baseFrames } from "../data/files.ts";
import { readFrame } from "../simulated-relay/read-frame.ts";
import type { Contestant, Row } from "../suite/contestant.ts";

/**
 * A round goes through the recording so many times, to be long enough to time, and hands everything on at once as
 * who publishes it does; only the last time all of it is kept, to be compared.
 */
const OUR_PASSES = 20;
const THEIR_PASSES = 2;

export async function openOurFrames(): Promise<Contestant> {
  const { frames } = await baseFrames();
  return {
    round: () => {
      const kept: ShuffledMessage[] = [];
      for (let pass = 1; pass <= OUR_PASSES; pass += 1) {
        const isLast = pass === OUR_PASSES;
        shuffle(frames, (messages) => {
          if (isLast) kept.push(...messages);
        });
      }
      return { events: OUR_PASSES * frames.length, rows: () => kept.flatMap(operationOf) };
    },
  };
}

function shuffle(
  frames: readonly Uint8Array[],
  handle: (messages: readonly ShuffledMessage[]) => void,
): void {
  const shuffler = new Shuffler({
    partitions: FIREHOSE_PARTITIONS_DEFAULT,
    relay: "bench",
    maxPayloadBytes: Number.POSITIVE_INFINITY,
    clock: null,
  });
  for (const [position, raw] of frames.entries()) {
    handle(shuffler.push({ kind: "frame", raw, position }));
  }
}

function operationOf({ subject, payload }: ShuffledMessage): Row[] {
  if (!subject.includes(".commit.")) return [];
  const { did, seq, op, collection, rkey, cid, record } = decodeEvent(payload);
  const text = toJson(record === undefined ? null : record);
  const fields = Object.keys(typeof text === "object" && text !== null ? text : {}).length;
  return [{ did, seq: Number(seq), op, collection, rkey, cid: cid ?? null, fields }];
}

export async function openAtprotoSync(): Promise<Contestant> {
  const { frames } = await baseFrames();
  return {
    round: async () => {
      const kept: Event[] = [];
      for (let pass = 1; pass <= THEIR_PASSES; pass += 1) {
        const isLast = pass === THEIR_PASSES;
        const handleEvent = (event: Event): void => {
          if (isLast) kept.push(event);
        };
        for (const frame of frames) await handle(frame, handleEvent);
      }
      return { events: THEIR_PASSES * frames.length, rows: () => kept.flatMap(theirOperation) };
    },
  };
}

type CommitBody = Parameters<typeof parseCommitUnauthenticated>[0];
type AccountBody = Parameters<typeof parseAccount>[0];

/** As `Firehose.processEvt` with `unauthenticatedCommits`, and without looking up identities. */
async function handle(frame: Uint8Array, handleEvent: (event: Event) => void): Promise<void> {
  const { type, body } = readFrame(frame);
  // The reference decoder read these bodies, and the frame says their type.
  if (type === "#commit") {
    for (const event of await parseCommitUnauthenticated(body as CommitBody)) handleEvent(event);
  } else if (type === "#account") {
    const event = parseAccount(body as AccountBody);
    if (event !== undefined) handleEvent(event);
  }
}

function theirOperation(event: Event): Row[] {
  switch (event.event) {
    case "create":
    case "update": {
      const { did, seq, collection, rkey, cid, record } = event;
      const fields = Object.keys(record).length;
      return [{ did, seq, op: event.event, collection, rkey, cid: String(cid), fields }];
    }
    case "delete": {
      const { did, seq, collection, rkey } = event;
      return [{ did, seq, op: "delete", collection, rkey, cid: null, fields: 0 }];
    }
    case "account":
    case "identity":
    case "sync":
      return [];
  }
}
