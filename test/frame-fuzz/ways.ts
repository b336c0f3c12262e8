// Three readers of a frame, and what each would publish of it.

import { cborToLex } from "@atproto/repo";
import { parseAccount, parseCommitUnauthenticated, parseSync } from "@atproto/sync";
import { decodeMultiple } from "cbor-x";
import { z } from "zod";
import { decodeFrame } from "../../shuffler/decode/frame.ts";
import { FrameCommit } from "../../shuffler/decode/frame-commit.ts";
import type { DecodedMessage } from "../../shuffler/decode/message.ts";
import { cborOf } from "../../shuffler/testing/frames.ts";
import { plainReading } from "./lexicon.ts";
import { line, type Reading } from "./reading.ts";

export type Readings = { readonly ours: Reading; readonly sync: Reading; readonly plain: Reading };

export async function readings(frame: Uint8Array): Promise<Readings> {
  return {
    ours: ourReading(decodeFrame(frame)),
    sync: await guarded(() => syncReading(frame)),
    plain: await guarded(async () => plainReading(decodeMultiple(frame))),
  };
}

/** Whether two readers would publish the same. */
export function agree(a: Reading, b: Reading): boolean {
  const lines = (one: Reading) => ("refused" in one ? [] : one.events);
  return JSON.stringify(lines(a)) === JSON.stringify(lines(b));
}

function ourReading(message: DecodedMessage): Reading {
  switch (message.kind) {
    case "rejected":
      return { refused: message.reason };
    case "commit": {
      if (!(message instanceof FrameCommit)) return { refused: "no frame" };
      return {
        events: message.ops.map((op) =>
          line(message.did, op.action, `${op.collection}/${op.rkey}`),
        ),
        wrong: message.rejected.map(({ reason }) => reason),
      };
    }
    case "sync":
    case "identity":
    case "account":
      return { events: [line(message.did, message.kind, "")], wrong: [] };
    case "info":
    case "error":
      return { events: [], wrong: [] };
  }
}

const TYPES = ["#commit", "#sync", "#identity", "#account", "#info"];

type CommitBody = Parameters<typeof parseCommitUnauthenticated>[0];
type SyncBody = Parameters<typeof parseSync>[0];
type AccountBody = Parameters<typeof parseAccount>[0];

async function syncReading(frame: Uint8Array): Promise<Reading> {
  const type = TYPES.find((one) => {
    const header = cborOf({ t: one, op: 1 });
    return Buffer.compare(frame.subarray(0, header.length), header) === 0;
  });
  if (type === undefined) return { refused: "header" };
  const body = cborToLex(frame.subarray(cborOf({ t: type, op: 1 }).length));
  switch (type) {
    case "#commit": {
      const commit = body as CommitBody; // Its type says so, and it throws where it is not.
      const events = await parseCommitUnauthenticated(commit);
      const lines = events.map((one) => line(one.did, one.event, `${one.collection}/${one.rkey}`));
      return { events: lines, wrong: [] };
    }
    case "#sync": {
      const event = await parseSync(body as SyncBody);
      return event === null
        ? { refused: "sync" }
        : { events: [line(event.did, "sync", "")], wrong: [] };
    }
    case "#account": {
      const event = parseAccount(body as AccountBody);
      return event === undefined
        ? { refused: "account" }
        : { events: [line(event.did, "account", "")], wrong: [] };
    }
    case "#identity": {
      // Its own parser asks the network for the handle.
      const { did } = body as { did?: unknown };
      return { events: [line(did, "identity", "")], wrong: [] };
    }
    default:
      return { events: [], wrong: [] };
  }
}

/** A reader that throws refuses. */
async function guarded(read: () => Promise<Reading>): Promise<Reading> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof z.ZodError) {
      return { refused: `lexicon: ${error.issues.map(({ path }) => path.join(".")).join(" ")}` };
    }
    return { refused: error instanceof Error ? error.message.slice(0, 80) : "thrown" };
  }
}
