// From a given event to the message the shuffler takes: with a time, a key and a CID where the test names
// none.

import type { GivenEvent, JsonObject } from "../../compiler/program-tests/program-test.ts";
import { CborWriter } from "../../shuffler/cbor/writer.ts";
import type { CommitOp, DecodedMessage } from "../../shuffler/decode/message.ts";
import { catchMalformed } from "../../shuffler/decode/rejection.ts";
import { encodeJsonRecord } from "../../shuffler/sources/json-record.ts";
import { tidOf } from "../../shuffler/sources/tid.ts";
import { cidOf, collectionOf, recordOf } from "./records.ts";

/** Time of the first event that names none. */
export const FIRST_EVENT_MS = Date.parse("2026-01-01T00:00:00Z");
/** How far the next event that names no time is behind what came before. */
export const EVENT_STEP_MS = 1000;
const DEFAULT_DID = "did:plc:alice";
const CLOCK_IDS = 1024;

export class EventMaker {
  readonly #writer = new CborWriter();
  #nextMs = FIRST_EVENT_MS;
  #seq = 0;

  /** Takes note of a time: what names none comes after it. */
  pass(timeMs: number): void {
    this.#nextMs = timeMs + EVENT_STEP_MS;
  }

  /** The message of one event; `rejected` when its record is not one DAG-CBOR can hold. */
  make(event: GivenEvent): DecodedMessage {
    this.#seq += 1;
    const timeMs = event.timeMs ?? this.#nextMs;
    this.pass(timeMs);
    const at = { did: event.did ?? DEFAULT_DID, seq: this.#seq, timeMs };
    const rev = tidOf(timeMs * 1000, this.#seq % CLOCK_IDS);
    const { handle, active, status } = event.options;
    switch (event.builder) {
      case "identity":
        return { kind: "identity", ...at, handle: textOf(handle) };
      case "account":
        return { kind: "account", ...at, active: active !== false, status: textOf(status) };
      case "sync":
        return { kind: "sync", ...at, rev, commitCid: cidOf(Buffer.from(rev)), data: null };
      case "delete": {
        const [did = "", collection = "", rkey = ""] = (textOf(event.options.uri) ?? "")
          .slice(5)
          .split("/");
        const op = { action: "delete", collection, rkey } as const;
        return { kind: "commit", ...at, did, rev, ops: [op], rejected: [] };
      }
      case "post":
      case "like":
      case "repost":
      case "follow":
      case "event":
        return catchMalformed<DecodedMessage>(() => {
          const op = this.#operation(event, timeMs, event.rkey ?? rev);
          return { kind: "commit", ...at, rev, ops: [op], rejected: [] };
        });
    }
  }

  #operation(event: GivenEvent, timeMs: number, rkey: string): CommitOp {
    const collection = collectionOf(event.builder) ?? textOf(event.options.collection) ?? "";
    if (event.op === "delete") return { action: "delete", collection, rkey };
    const fields: JsonObject = recordOf(event, collection, timeMs);
    const record = encodeJsonRecord(this.#writer, fields);
    return { action: event.op, collection, rkey, cid: cidOf(record), record, sorted: true };
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
