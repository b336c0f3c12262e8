// Frames made to measure for tests: valid ones, and ones wrong in one chosen place.

import { hash } from "node:crypto";
import { type CborValue, CidLink, writeValue } from "../cbor/encode.ts";
import { CborWriter } from "../cbor/writer.ts";

export const DID = "did:plc:alice234567abcdefghijklm";
export const REV = "3kabcdefghij2";
export const TIME = "2026-07-04T00:00:01.250Z";

/** Revisions in the order of the numbers, up to 1023. */
export function revOf(number: number): string {
  const digits = "234567abcdefghijklmnopqrstuvwxyz";
  return `3kabcdefghi${digits.charAt(number >> 5)}${digits.charAt(number & 31)}`;
}

type Fields = { readonly [key: string]: CborValue };

export function cborOf(value: CborValue): Uint8Array {
  const writer = new CborWriter();
  writeValue(writer, value);
  return writer.take();
}

/** CIDv1, DAG-CBOR, SHA-256. */
export function cidOf(block: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([1, 0x71, 0x12, 32]), hash("sha256", block, "buffer")]);
}

export function frameOf(type: string, body: Fields): Uint8Array {
  return Buffer.concat([cborOf({ op: 1, t: type }), cborOf(body)]);
}

export function errorFrame(error: string, message: string): Uint8Array {
  return Buffer.concat([cborOf({ op: -1 }), cborOf({ error, message })]);
}

export function carOf(blocks: readonly Uint8Array[]): Uint8Array {
  const header = cborOf({ version: 1, roots: [new CidLink(cidOf(blocks[0] ?? new Uint8Array()))] });
  const sections = blocks.map((block) => Buffer.concat([cidOf(block), block]));
  return Buffer.concat([header, ...sections].flatMap((part) => [varint(part.length), part]));
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** One operation of a commit to make; `record` absent is a delete. */
export type OpSpec = {
  readonly action: string;
  readonly path: string;
  readonly record?: Uint8Array;
};

export const POST = cborOf({ $type: "app.bsky.feed.post", text: "hello", createdAt: TIME });

export function create(rkey: string, record: Uint8Array = POST): OpSpec {
  return { action: "create", path: `app.bsky.feed.post/${rkey}`, record };
}

/** The body of a `#commit`; `over` replaces or adds fields. */
export function commitBody(ops: readonly OpSpec[], over: Fields = {}): Fields {
  const records = ops.flatMap((op) => (op.record === undefined ? [] : [op.record]));
  const root = cborOf({ version: 3 });
  return {
    repo: DID,
    commit: new CidLink(cidOf(root)),
    rev: REV,
    seq: 7,
    time: TIME,
    since: null,
    tooBig: false,
    rebase: false,
    blobs: [],
    blocks: carOf([root, ...records]),
    ops: ops.map(({ action, path, record }) => ({
      action,
      path,
      cid: record === undefined ? null : new CidLink(cidOf(record)),
    })),
    ...over,
  };
}

export function commitFrame(ops: readonly OpSpec[], over: Fields = {}): Uint8Array {
  return frameOf("#commit", commitBody(ops, over));
}

export function syncFrame(over: Fields = {}): Uint8Array {
  const blocks = carOf([cborOf({ version: 3 })]);
  return frameOf("#sync", { did: DID, rev: REV, seq: 8, time: TIME, blocks, ...over });
}

export function identityFrame(over: Fields = {}): Uint8Array {
  return frameOf("#identity", { did: DID, seq: 9, time: TIME, handle: "alice.test", ...over });
}

export function accountFrame(over: Fields = {}): Uint8Array {
  return frameOf("#account", { did: DID, seq: 10, time: TIME, active: true, ...over });
}
