// Events made by hand for pipeline tests: any number of accounts, any order of times.

import { encodeRecord } from "../../runtime/eval/codec.ts";
import type { RecordValue } from "../../runtime/eval/values.ts";
import type { SourceItem } from "../../shuffler/sources/source.ts";

/** One record created. The position in the list is its seq. */
export type MadeEvent = {
  readonly did: string;
  /** The relay's time, milliseconds since the epoch. */
  readonly timeMs: number;
  readonly collection?: string;
  readonly record: RecordValue;
};

/** A collection without a lexicon that we know, so that its records may have any fields. */
export const POST = "com.example.post";
const CID = "bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454";

/** The events as items of a source. */
export function madeItems(events: readonly MadeEvent[]): SourceItem[] {
  return events.map(({ did, timeMs, collection = POST, record }, seq) => {
    const raw = encodeRecord(record);
    const written = { cid: CID, record: raw, sorted: false };
    const op = { action: "create", collection, rkey: `r${seq}`, ...written } as const;
    const rev = "3jzfcijpj2z2a";
    const message = {
      kind: "commit",
      did,
      seq,
      timeMs,
      rev,
      since: null,
      ops: [op],
      rejected: [],
    } as const;
    return { kind: "message", position: seq, raw, message };
  });
}
