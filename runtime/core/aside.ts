// What of a message is left out, because its task has failed at it again and again; and the dead letter that says
// so. Nothing of such a record is looked at but to show it.

import type { Input } from "../../plan/plan.ts";
import { decodeRecords, encodeRecord } from "../eval/codec.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import type { Value } from "../eval/values.ts";
import type { EventView } from "../eval/view/event-view.ts";
import type { StageContext } from "./context.ts";

/** What of a message is left out, and why. */
export type Aside = {
  /** Why all of it is; null when only some records are. */
  readonly whole: string | null;
  /** Why a record is, by its place in the message. */
  readonly records: ReadonlyMap<number, string>;
};

/** The reason of the dead letter; its `detail` is what the task threw. */
export const POISON = "poison";
/** Of what is shown of a record in a dead letter; a larger one is left out there. */
export const ASIDE_BYTES_MAX = 256 * 1024;

/** Writes the dead letter of a record that is left out, or of a whole message. @param timeMs its own; 0 without */
export function putAside(
  context: StageContext,
  detail: string,
  record: Value | undefined,
  timeMs: number,
): void {
  const shownRecord = record !== undefined && fits(record) ? record : undefined;
  context.deadLetter("read", new EvaluationError(POISON, detail), shownRecord, timeMs);
}

/** What a message is, to be shown: an event, or the list of what it holds. What cannot be read is left out. */
export function shown(
  input: Input,
  payload: Uint8Array,
  view: EventView,
): { record: Value | undefined; timeMs: number | null } {
  if (input.kind !== "firehose")
    return { record: read(() => decodeRecords(payload)), timeMs: null };
  const timeMs = read(() => {
    view.open(payload);
    return view.timeMs;
  });
  return { record: read(() => view.whole()), timeMs: timeMs ?? null };
}

/** A row of an exchange, to be shown. */
export function shownRow(row: Uint8Array): Value | undefined {
  return read(() => decodeRecords(row)[0]);
}

/** Whatever is wrong with what is left out, it is only to be shown. */
function read<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}

function fits(record: Value): boolean {
  const bytes = read(() => encodeRecord(record));
  return bytes !== undefined && bytes.length <= ASIDE_BYTES_MAX;
}
