// An independent reading of a recording for the naive references in tests: @atproto/repo decodes, our own
// decoder and evaluator have no part in it.

import { cborToLexRecord, readCar } from "@atproto/repo";
import { z } from "zod";
import { readFrame } from "../../bench/simulated-relay/read-frame.ts";

/** One event, plainly. What a kind does not have is null. */
export type PlainEvent = {
  readonly did: string;
  readonly seq: number;
  /** The relay's time, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly kind: string;
  readonly op: string | null;
  readonly collection: string | null;
  readonly rkey: string | null;
  readonly record: Readonly<Record<string, unknown>> | null;
};

const cidSchema = z.unknown().transform(String);
const commitSchema = z.object({
  repo: z.string(),
  seq: z.number(),
  time: z.string(),
  blocks: z.instanceof(Uint8Array),
  ops: z.array(
    z.object({ action: z.string(), path: z.string(), cid: z.union([z.null(), cidSchema]) }),
  ),
});
const accountSchema = z.object({ did: z.string(), seq: z.number(), time: z.string() });

/** Every event of the frames, in their order and that of the operations in each. */
export async function readEvents(frames: readonly Uint8Array[]): Promise<PlainEvent[]> {
  const events: PlainEvent[] = [];
  for (const frame of frames) {
    const { type, body } = readFrame(frame);
    if (type === "#commit") events.push(...(await commitEvents(body)));
    else if (type === "#identity" || type === "#account" || type === "#sync") {
      events.push(accountEvent(type.slice(1), body));
    }
  }
  return events;
}

async function commitEvents(body: unknown): Promise<PlainEvent[]> {
  const { repo, seq, time, ops, blocks } = commitSchema.parse(body);
  const car = await readCar(blocks);
  const byCid = new Map([...car.blocks].map(([cid, bytes]) => [cid.toString(), bytes]));
  return ops.map(({ action, path, cid }) => {
    const [collection = "", rkey = ""] = path.split("/");
    const block = cid === null ? undefined : byCid.get(cid);
    const record = block === undefined ? null : cborToLexRecord(block);
    const timeMs = Date.parse(time);
    return { did: repo, seq, timeMs, kind: "commit", op: action, collection, rkey, record };
  });
}

function accountEvent(kind: string, body: unknown): PlainEvent {
  const { did, seq, time } = accountSchema.parse(body);
  const timeMs = Date.parse(time);
  return { did, seq, timeMs, kind, op: null, collection: null, rkey: null, record: null };
}

export function uriOf(event: PlainEvent): string {
  return `at://${event.did}/${event.collection}/${event.rkey}`;
}

/** Whether an event creates a record of `collection`. */
export function isCreateOf(collection: string): (event: PlainEvent) => boolean {
  return (event) => event.op === "create" && event.collection === collection;
}

/** What has to be a text. @throws Error when it is none */
export function text(value: unknown): string {
  if (typeof value !== "string") throw new Error("no text where one belongs");
  return value;
}

/** A field deep inside a value: `at(post, "reply", "root", "uri")`; undefined when there is none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let inner = value;
  for (const name of path) {
    if (typeof inner !== "object" || inner === null) return undefined;
    inner = Object.entries(inner).find(([key]) => key === name)?.[1];
  }
  return inner;
}
