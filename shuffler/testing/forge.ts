// Frames of others opened up, changed in one chosen place and put together again.

import { cborToLex } from "@atproto/repo";
import { type CborValue, CidLink } from "../cbor/encode.ts";
import { cborOf, frameOf } from "./frames.ts";

export type Body = { readonly [key: string]: CborValue };
/** An operation as it stands in a body. */
export type WireOp = {
  readonly action: string;
  readonly path: string;
  readonly cid: CidLink | null;
  readonly prev?: CidLink;
};

const TYPES = ["#commit", "#sync", "#identity", "#account", "#info"];

/** Type and body of a frame that the reference server wrote; null of another. */
export function openFrame(frame: Uint8Array): { type: string; body: Body } | null {
  for (const type of TYPES) {
    const header = cborOf({ t: type, op: 1 });
    if (Buffer.compare(frame.subarray(0, header.length), header) !== 0) continue;
    return { type, body: fromLex(cborToLex(frame.subarray(header.length))) as Body }; // bodies are maps
  }
  return null;
}

/** The reference decoder's values as ours. */
function fromLex(value: unknown): CborValue {
  if (Array.isArray(value)) return value.map(fromLex);
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) {
    return value as CborValue; // a scalar of DAG-CBOR
  }
  if ("multihash" in value && "bytes" in value && value.bytes instanceof Uint8Array) {
    return new CidLink(value.bytes);
  }
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, fromLex(field)]));
}

export function opsOf(body: Body): readonly WireOp[] {
  return body.ops as unknown as readonly WireOp[]; // of a commit that was read
}

/** The commit with other operations. */
export function withOps(body: Body, ops: readonly WireOp[]): Uint8Array {
  return frameOf("#commit", { ...body, ops: ops.map((op) => ({ ...op })) });
}

/** What an operation says, in a line. */
export function opText({ action, path, cid, prev }: WireOp): string {
  const hex = (link: CidLink | null | undefined) =>
    link ? Buffer.from(link.cid).toString("hex") : "none";
  return `${action} ${path} ${hex(cid)} ${hex(prev)}`;
}
