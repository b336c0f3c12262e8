// Our decoder against the reference one, `@atproto/sync`, on recorded frames, field by field.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { cborToLex, cborToLexRecord } from "@atproto/repo";
import { type CommitEvt, parseAccount, parseCommitUnauthenticated, parseSync } from "@atproto/sync";
import { describe, expect, it } from "vitest";
import { fromLexJson } from "../../test/support/lex-json.ts";
import type { CborValue } from "../cbor/encode.ts";
import { cborOf, frameOf } from "../testing/frames.ts";
import { cidToString } from "./cid.ts";
import { decodeFrame } from "./frame.ts";
import type { CommitMessage, DecodedMessage } from "./message.ts";

const DATA = "../shared/data/firehose";
const RECORDING = `${DATA}/pds-a.frames.zst`;
const SAMPLE = "examples/sample.frames.zst";

function framesOf(path: string): Uint8Array[] {
  const raw = zstdDecompressSync(readFileSync(path));
  const frames: Uint8Array[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = at + 4 + raw.readUInt32LE(at);
    frames.push(raw.subarray(at + 4, end));
    at = end;
  }
  return frames;
}

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);
}

type Body = Parameters<typeof parseCommitUnauthenticated>[0];
type SyncBody = Parameters<typeof parseSync>[0];
type AccountBody = Parameters<typeof parseAccount>[0];

const TYPES = ["#commit", "#sync", "#identity", "#account", "#info"];

/** Type and body of a frame, by the reference CBOR decoder. */
function referenceBody(frame: Uint8Array): { type: string; body: unknown } {
  for (const type of TYPES) {
    const prefix = cborOf({ t: type, op: 1 });
    if (Buffer.compare(frame.subarray(0, prefix.length), prefix) !== 0) continue;
    return { type, body: cborToLex(frame.subarray(prefix.length)) };
  }
  throw new Error("a header the reference does not write");
}

/** CIDs as strings, so that two decoders' records compare. */
function normal(value: unknown): unknown {
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(normal);
  if ("multihash" in value && "bytes" in value && value.bytes instanceof Uint8Array) {
    return `cid:${cidToString(value.bytes)}`;
  }
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, normal(field)]));
}

function ours(message: CommitMessage): unknown[] {
  return message.ops.map((op) => ({
    seq: message.seq,
    timeMs: message.timeMs,
    rev: message.rev,
    did: message.did,
    collection: op.collection,
    rkey: op.rkey,
    event: op.action,
    ...(op.action === "delete" ? {} : { cid: op.cid, record: normal(cborToLexRecord(op.record)) }),
  }));
}

function theirs(event: CommitEvt): unknown {
  const { seq, rev, did, collection, rkey } = event;
  const common = { seq, timeMs: Date.parse(event.time), rev, did, collection, rkey };
  if (event.event === "delete") return { ...common, event: "delete" };
  return { ...common, event: event.event, cid: String(event.cid), record: normal(event.record) };
}

async function expectAgreement(frame: Uint8Array): Promise<DecodedMessage["kind"]> {
  const message = decodeFrame(frame);
  const { type, body } = referenceBody(frame);
  switch (message.kind) {
    case "commit": {
      // The frame came out of the reference decoder with this type.
      const events = await parseCommitUnauthenticated(body as Body);
      expect(message.rejected).toEqual([]);
      expect(ours(message)).toEqual(events.map(theirs));
      break;
    }
    case "sync": {
      const event = await parseSync(body as SyncBody);
      const { did, seq, rev, timeMs, commitCid } = message;
      expect({ did, seq, rev, timeMs, commitCid }).toEqual({
        did: event?.did,
        seq: event?.seq,
        rev: event?.rev,
        timeMs: Date.parse(event?.time ?? ""),
        commitCid: String(event?.cid),
      });
      break;
    }
    case "account": {
      const event = parseAccount(body as AccountBody);
      const { did, seq, timeMs, active, status } = message;
      expect({ did, seq, timeMs, active, status: status ?? undefined }).toEqual({
        did: event?.did,
        seq: event?.seq,
        timeMs: Date.parse(event?.time ?? ""),
        active: event?.active,
        status: event?.status,
      });
      break;
    }
    case "identity": {
      // parseIdentity resolves the DID over the network; the body itself is the reference here.
      const { kind: _, timeMs, handle, ...same } = message;
      const { time, handle: theirHandle, ...rest } = body as Record<string, unknown>;
      expect({ ...same, timeMs, handle }).toEqual({
        ...rest,
        timeMs: Date.parse(String(time)),
        handle: theirHandle ?? null,
      });
      break;
    }
    case "rejected":
      // A made-up rev with a digit that TIDs do not have: the scenario says a relay drops it.
      expect({ type, reason: message.reason }).toEqual({ type: "#commit", reason: "bad_rev" });
      break;
    case "info":
      expect(message).toEqual({ kind: "info", ...(body as object) });
      break;
    case "error":
      throw new Error(`${type} came out as an error frame`);
  }
  return message.kind;
}

async function expectAgreementOnAll(frames: readonly Uint8Array[]): Promise<Map<string, number>> {
  const kinds = new Map<string, number>();
  for (const frame of frames) {
    const kind = await expectAgreement(frame);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return kinds;
}

/** atproto's JSON form to a value: `$link` and `$bytes` (without padding). */
/** The frames of a relay scenario, or the one commit body of a fixture, made whole again. */
function framesOfJson(path: string): Uint8Array[] {
  const json = fromLexJson(JSON.parse(readFileSync(path, "utf8"))) as Record<string, CborValue>; // files are objects
  if (!Array.isArray(json.messages)) return [frameOf("#commit", json)];
  return json.messages.flatMap(
    (message: { frame: { header: { t: string }; body: Record<string, CborValue> } }) => [
      frameOf(message.frame.header.t, message.frame.body),
    ],
  );
}

describe("our decoder agrees with @atproto/sync", () => {
  it.skipIf(!existsSync(RECORDING))("on every frame of the reference PDS's recording", async () => {
    const kinds = await expectAgreementOnAll(framesOf(RECORDING));
    expect(Object.fromEntries(kinds)).toEqual({
      commit: 6023,
      identity: 42,
      account: 42,
      sync: 41,
    });
  });

  it.skipIf(!existsSync(DATA))("on real frames of the public relay", async () => {
    const files = [...filesOf(`${DATA}/frames-2026-08`, ".bin"), `${DATA}/sync-frame/sync.bin`];
    const kinds = await expectAgreementOnAll(files.map((file) => readFileSync(file)));
    expect(Object.fromEntries(kinds)).toEqual({ commit: 11, identity: 1, sync: 1 });
  });

  it.skipIf(!existsSync(DATA))("on the bodies of the relay's own test scenarios", async () => {
    const folder = `${DATA}/relay-scenarios`;
    const files = filesOf(folder, ".json").filter((file) =>
      /_firehose_commit_|relay_testing/.test(file),
    );
    const kinds = await expectAgreementOnAll(files.flatMap(framesOfJson));
    expect(kinds.get("commit")).toBeGreaterThan(20);
    expect(kinds.get("rejected")).toBe(1);
  });

  it.skipIf(!existsSync(SAMPLE))("on every frame of the bundled sample", async () => {
    const kinds = await expectAgreementOnAll(framesOf(SAMPLE));
    expect(kinds.get("commit")).toBeGreaterThan(1000);
    expect(kinds.get("rejected")).toBeUndefined();
  });
});
