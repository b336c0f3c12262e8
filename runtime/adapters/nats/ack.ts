// What the stream's answer to a publish means (ADR-22 of NATS for the error codes, ADR-50 for batches).

import type { Msg } from "@nats-io/transport-node";
import { z } from "zod";
import { isOutageCode } from "./retry.ts";

export type Ack =
  | { readonly kind: "stored"; readonly seq: number; readonly duplicate: boolean }
  /** An expectation did not hold; nothing was stored. */
  | { readonly kind: "fenced" }
  /** May have been stored or not. `inProcess`: the stream is well, and busy with another copy of it. */
  | { readonly kind: "unsure"; readonly reason: string; readonly inProcess?: true }
  /** Never going to be stored. */
  | { readonly kind: "refused"; readonly reason: string };

const WRONG_LAST_SEQUENCE = [10071, 10164];
/** A message of the batch was lost on its way, or the server forgot it: too many open, or restarted. */
const INCOMPLETE_BATCH = 10176;
/** Somebody's message of this id is on its way to the replicas; which of the two is stored shows later. */
const DUPLICATE_IN_PROCESS = 10158;

const Answer = z.object({
  seq: z.int().optional(),
  duplicate: z.boolean().optional(),
  error: z
    .object({ code: z.int(), err_code: z.int().optional(), description: z.string().default("") })
    .optional(),
});

/** What nearly every answer looks like. */
const STORED = /^\{"stream":"[^"\\]*",\s?"seq":(\d+)(,\s?"duplicate":\s?true)?\}$/;

/** Reads the answer to a publish or to the last message of an atomic batch. */
export function readAck(message: Msg): Ack {
  const status = message.headers?.code ?? 0;
  if (status !== 0) return { kind: "unsure", reason: `status ${status}` };
  const text = message.string();
  const stored = STORED.exec(text);
  if (stored !== null) {
    return { kind: "stored", seq: Number(stored[1]), duplicate: stored[2] !== undefined };
  }
  const { seq, duplicate, error } = Answer.parse(JSON.parse(text));
  if (error === undefined) return { kind: "stored", seq: seq ?? 0, duplicate: duplicate ?? false };
  const { code, err_code: errorCode = 0, description } = error;
  if (WRONG_LAST_SEQUENCE.includes(errorCode)) return { kind: "fenced" };
  const reason = `${description} (${errorCode})`;
  if (errorCode === DUPLICATE_IN_PROCESS) return { kind: "unsure", reason, inProcess: true };
  const passes = isOutageCode(code) || errorCode === INCOMPLETE_BATCH;
  return { kind: passes ? "unsure" : "refused", reason };
}
