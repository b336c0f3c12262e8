// Frames to operations: our decoder and router beside the reference reader, both without verifying signatures, and
// both from frames in memory.

import { IdResolver } from "@atproto/identity";
import { type Event, Firehose, parseAccount, parseCommitUnauthenticated } from "@atproto/sync";
import { ensureChunkIsMessage } from "@atproto/xrpc-server";
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

/** As its users write it: a `Firehose` and what it calls with every event. */
export async function openFirehose(): Promise<Contestant> {
  return await theirs(async (frames, handleEvent) => {
    const firehose = new Firehose({
      unauthenticatedCommits: true,
      excludeIdentity: true, // It would look every one up on the network.
      idResolver: new IdResolver(),
      handleEvent,
      onError: (error) => {
        throw error;
      },
    });
    readInstead(firehose, frames);
    await firehose.start();
  });
}

/** The functions in it that read a frame's body, called by themselves: nothing is validated. */
export async function openParseFunctions(): Promise<Contestant> {
  return await theirs(async (frames, handleEvent) => {
    for (const frame of frames) {
      const { type, body } = readFrame(frame);
      for (const event of await parsed(type, body)) handleEvent(event);
    }
  });
}

type CommitBody = Parameters<typeof parseCommitUnauthenticated>[0];
type AccountBody = Parameters<typeof parseAccount>[0];

/** @param body what the reference decoder read, of the form that its frame's type says */
async function parsed(type: string | null, body: unknown): Promise<Event[]> {
  if (type === "#commit") return await parseCommitUnauthenticated(body as CommitBody);
  if (type !== "#account") return [];
  const event = parseAccount(body as AccountBody);
  return event === undefined ? [] : [event];
}

/** Hands every event in the frames on. */
type Pass = (frames: readonly Uint8Array[], handleEvent: (event: Event) => void) => Promise<void>;

async function theirs(pass: Pass): Promise<Contestant> {
  const { frames } = await baseFrames();
  return {
    round: async () => {
      const kept: Event[] = [];
      for (let i = 1; i <= THEIR_PASSES; i += 1) {
        await pass(frames, (event) => {
          if (i === THEIR_PASSES) kept.push(event);
        });
      }
      return { events: THEIR_PASSES * frames.length, rows: () => kept.flatMap(theirOperation) };
    },
  };
}

/** What a `Firehose` reads from, which it keeps to itself. */
type Subscription = AsyncIterable<unknown> & {
  readonly opts: { readonly method: string; validate(body: unknown): unknown };
};

/** Puts frames in the place of the WebSocket that it subscribes with: the rest is done with each that is done there. */
function readInstead(firehose: Firehose, frames: readonly Uint8Array[]): void {
  const { opts }: Subscription = Reflect.get(firehose, "sub");
  Reflect.set(firehose, "sub", { opts, [Symbol.asyncIterator]: messages });
  async function* messages() {
    for (const frame of frames) {
      const { header, body } = ensureChunkIsMessage(frame);
      const message = opts.validate(Object.assign({}, body, { $type: opts.method + header.t }));
      if (message !== undefined) yield message;
    }
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
