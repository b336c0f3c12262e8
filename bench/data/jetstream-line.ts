// An event as Bluesky's JSON stream has it, one line: what the peers read. Records are decoded by
// @atproto/repo, so that nothing of ours stands between the recording and a peer. The stream has no `seq`;
// the lines do, because "the first of two at the same time" needs one.

import { cborToLexRecord } from "@atproto/repo";
import type { SingleEvent } from "./multiply.ts";

const US_PER_MS = 1000;

export function jetstreamLine(event: SingleEvent): string {
  return `${JSON.stringify(jetstreamEvent(event))}\n`;
}

function jetstreamEvent(event: SingleEvent): object {
  const { did, timeMs, seq, kind } = event;
  const common = { did, time_us: timeMs * US_PER_MS, seq, kind };
  const time = new Date(timeMs).toISOString();
  switch (event.kind) {
    case "commit": {
      const [op] = event.ops;
      if (op === undefined) throw new Error("a commit without an operation");
      const { collection, rkey, action: operation } = op;
      const commit = { rev: event.rev, operation, collection, rkey };
      if (op.action === "delete") return { ...common, commit };
      return {
        ...common,
        commit: { ...commit, record: plain(cborToLexRecord(op.record)), cid: op.cid },
      };
    }
    case "identity":
      return { ...common, identity: { did, handle: event.handle, seq, time } };
    case "account":
      return { ...common, account: { active: event.active, did, seq, time } };
    case "sync":
      throw new Error("Bluesky's JSON stream has no sync events");
  }
}

/** CIDs and bytes in atproto's JSON form. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  // A CID of the reference's own class, whose text is its base32 form.
  if ("multihash" in value) return { $link: (value as { toString(): string }).toString() };
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}
