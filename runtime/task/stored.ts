// The bytes of checkpoints and state: CBOR, checked on the way in like everything that comes from outside.

import { Decoder, Encoder } from "cbor-x";
import { z } from "zod";
import type { Progress } from "../core/stage-runner.ts";
import type { StateEpochs } from "./state-log.ts";

/** What a checkpoint message holds. */
export type Checkpoint = StateEpochs & {
  /** Whose tasks may commit on it: `deploymentId`. */
  readonly deployment: string;
  /** Last processed sequence of each input. */
  readonly inSeqs: readonly number[];
  /**
   * Of each input, by partition of its source, the first sequence that counts: what stands before it was
   * processed by another task. Empty when nothing behind `inSeqs` is to be left out.
   */
  readonly startSeqs: readonly (readonly number[])[];
  readonly progress: Progress;
};

/** One entry of a state message; null deletes the key. */
export type StoredChange = readonly [key: string, value: Uint8Array | null];

const encoder = new Encoder({ useRecords: false, tagUint8Array: false });
const decoder = new Decoder({ useRecords: false, mapsAsObjects: true });

const progressSchema = z.object({
  watermarks: z.object({
    inputs: z.array(
      z.object({
        generation: z.number(),
        expected: z.number().nullable(),
        channels: z.array(z.tuple([z.string(), z.number()])),
      }),
    ),
    leastMs: z.number().nullable(),
  }),
  counters: z.object({
    in: z.number(),
    out: z.number(),
    late: z.number(),
    deadLetters: z.number(),
    lost: z.number().default(0),
    dropped: z.record(z.string(), z.number()),
  }),
  advance: z
    .object({ reachedMs: z.number().nullable(), subject: z.string(), seq: z.number() })
    .nullable()
    .default(null),
  inHand: z
    .object({ input: z.number(), seq: z.number(), taken: z.number() })
    .nullable()
    .default(null),
  paused: z
    .array(
      z.object({
        ops: z.string(),
        record: z.instanceof(Uint8Array),
        from: z.number(),
        order: z.instanceof(Uint8Array),
      }),
    )
    .default([]),
  message: z.object({ subject: z.string(), seq: z.number() }).default({ subject: "", seq: 0 }),
});

const checkpointSchema: z.ZodType<Checkpoint> = z.object({
  deployment: z.string(),
  inSeqs: z.array(z.number()),
  startSeqs: z.array(z.array(z.number())),
  progress: progressSchema,
  epoch: z.number(),
  baseEpoch: z.number(),
});

export function encodeStored(value: Checkpoint | readonly StoredChange[]): Uint8Array {
  return Uint8Array.from(encoder.encode(value));
}

/** @throws ZodError when the bytes are not a checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  return checkpointSchema.parse(decoder.decode(bytes));
}

/** Checked by hand, since there may be a million. @throws TypeError when they are not state changes. */
export function decodeChanges(bytes: Uint8Array): StoredChange[] {
  const changes: unknown = decoder.decode(bytes);
  if (Array.isArray(changes) && changes.every(isChange)) return changes;
  throw new TypeError("not a list of state changes");
}

function isChange(one: unknown): one is StoredChange {
  if (!Array.isArray(one) || one.length !== 2) return false;
  const [key, value]: unknown[] = one;
  return typeof key === "string" && (value === null || value instanceof Uint8Array);
}
