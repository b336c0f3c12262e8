// Canonical DAG-CBOR of plain values: for records that arrive as JSON, and for frames made in tests.

import type { CborWriter } from "./writer.ts";

/** A CID link inside a value. */
export class CidLink {
  /** Binary, without tag 42's leading zero byte. */
  readonly cid: Uint8Array;

  constructor(cid: Uint8Array) {
    this.cid = cid;
  }
}

/** What DAG-CBOR can say. */
export type CborValue =
  | null
  | boolean
  | number
  /** An integer past 2^53. */
  | bigint
  | string
  | Uint8Array
  | CidLink
  | readonly CborValue[]
  | { readonly [key: string]: CborValue };

/** Writes `value`; map keys in DAG-CBOR order. Recurses as deep as `value` is nested. */
export function writeValue(writer: CborWriter, value: CborValue): void {
  if (value === null) writer.null();
  else if (typeof value === "boolean") writer.boolean(value);
  else if (typeof value === "number") writer.number(value);
  else if (typeof value === "bigint") writer.integer64(value);
  else if (typeof value === "string") writer.text(value);
  else if (value instanceof Uint8Array) writer.byteString(value);
  else if (value instanceof CidLink) writer.cidLink(value.cid);
  else if (isList(value)) {
    writer.list(value.length);
    for (const item of value) writeValue(writer, item);
  } else writeMap(writer, value);
}

function writeMap(writer: CborWriter, map: { readonly [key: string]: CborValue }): void {
  const entries = Object.entries(map)
    .map(([key, value]) => ({ key, bytes: Buffer.from(key), value }))
    .sort((a, b) => a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes));
  writer.map(entries.length);
  for (const { key, value } of entries) {
    writer.text(key);
    writeValue(writer, value);
  }
}

/** `Array.isArray` does not narrow a readonly array. */
function isList(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}
