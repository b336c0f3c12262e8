// The latest states of accounts in the stream: a shuffler that starts holds against them what a relay repeats.

import { accountSubject, FIREHOSE_STREAM } from "../plan/names.ts";
import { readNow } from "../runtime/adapters/nats/read-now.ts";
import { decodeEvent } from "../runtime/eval/codec.ts";
import { Instant, type RecordValue } from "../runtime/eval/values.ts";
import type { StateMessage } from "../shuffler/state-order.ts";
import type { Backend } from "./backend.ts";

/**
 * How far back they are read, by when they were stored. An hour of the network is about 1 GB of blocks for the server to
 * look through, some seconds; what a relay repeats of longer ago is not known for it.
 */
export const STATES_BACK_MS = 3_600_000;

export type StoredState = {
  readonly state: StateMessage;
  /** The time that it was published with. */
  readonly timeMs: number;
};

/** In the order in which they were stored. @param storedAtMs when the last message was stored */
export async function* storedStates(
  { log, layout }: Backend,
  storedAtMs: number,
  signal: AbortSignal,
): AsyncGenerator<StoredState> {
  const subjects = Array.from({ length: layout.partitions }, (_, partition) => [
    accountSubject(partition, "account"),
    accountSubject(partition, "identity"),
  ]).flat();
  const fromSeq = await log.seqAtTime(FIREHOSE_STREAM, storedAtMs - STATES_BACK_MS);
  const read = (until: AbortSignal) => log.read(FIREHOSE_STREAM, subjects, fromSeq, until);
  for await (const { payload } of readNow(log, FIREHOSE_STREAM, subjects, { read, signal })) {
    const found = storedState(payload);
    if (found !== null) yield found;
  }
}

/** @param payload of an event. @returns null for one of another kind */
export function storedState(payload: Uint8Array): StoredState | null {
  const event: RecordValue = decodeEvent(payload);
  const { kind, did, seq, time, active, status, handle, host_time: claimed } = event;
  if (typeof did !== "string" || typeof seq !== "number" || !(time instanceof Instant)) return null;
  const timeMs = claimed instanceof Instant ? claimed.ms : time.ms;
  const common = { did, seq, timeMs };
  if (kind === "identity") {
    const state = { kind, ...common, handle: textOf(handle) } as const;
    return { state, timeMs: time.ms };
  }
  if (kind !== "account" || typeof active !== "boolean") return null;
  return { state: { kind, ...common, active, status: textOf(status) }, timeMs: time.ms };
}

function textOf(value: RecordValue[string] | undefined): string | null {
  return typeof value === "string" ? value : null;
}
