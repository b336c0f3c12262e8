// A node of a repo's tree as bytes (atproto.com/specs/repository#mst-structure): read from those nobody vouches for, and
// written as the specification has it.

import { hash } from "node:crypto";
import { bufferOf, CborCursor } from "../cbor/cursor.ts";
import { endOfKnown, knownBytes, LINK } from "../cbor/known-bytes.ts";
import { CborWriter, fieldName } from "../cbor/writer.ts";
import { CID_BYTES, CID_DIGEST_AT, isCidAt } from "../decode/cid.ts";
import { eachField } from "../decode/each-field.ts";
import { TREE_KEY_BYTES_MAX } from "../decode/limits.ts";
import { Malformed } from "../decode/rejection.ts";

/** Entries of one node: four are usual, and 1024 would need more than luck. */
export const TREE_NODE_ENTRIES_MAX = 1024;

/** `S` is what stands for a subtree: its CID where the node was read. */
export type Node<S> = {
  readonly keys: Buffer[];
  readonly values: Buffer[];
  /** One more than keys: before the first, between two, behind the last. */
  readonly subtrees: (S | null)[];
};

export type ReadNode = Node<Buffer>;

/** @throws Malformed `bad_proof` */
export function readNode(block: Buffer): ReadNode {
  const cursor = new CborCursor(block, "bad_proof");
  let first: Buffer | null = null as Buffer | null; // assigned in the callback
  const node: ReadNode = { keys: [], values: [], subtrees: [null] };
  eachField(cursor, (key) => {
    if (key === "l") first = link(cursor);
    else if (key === "e") readEntries(cursor, node);
    else cursor.skip();
  });
  cursor.assertEnd();
  node.subtrees[0] = first;
  return node;
}

function readEntries(cursor: CborCursor, node: ReadNode): void {
  const size = cursor.listSize();
  if (size > TREE_NODE_ENTRIES_MAX) throw new Malformed("bad_proof", `${size} entries in a node`);
  let before: Buffer = NO_BYTES;
  for (let i = 0; i < size; i += 1) {
    const { shared, rest, value, right } = usualEntry(cursor) ?? anyEntry(cursor);
    if (shared < 0 || shared > before.length || value === null) {
      throw new Malformed("bad_proof", "an entry without a key or value");
    }
    const bytes = shared + rest.length;
    if (bytes > TREE_KEY_BYTES_MAX) throw new Malformed("bad_proof", `a key of ${bytes} bytes`);
    const key = shared === 0 ? rest : Buffer.concat([before.subarray(0, shared), rest], bytes);
    if (i > 0 && Buffer.compare(before, key) >= 0) {
      throw new Malformed("bad_proof", "keys out of order");
    }
    node.keys.push(key);
    node.values.push(value);
    node.subtrees.push(right);
    before = key;
  }
}

/** `shared` bytes of the key are those of the key before, `rest` the others. */
type Entry = {
  shared: number;
  rest: Buffer;
  value: Buffer | null;
  right: Buffer | null;
};

const NO_BYTES: Buffer = Buffer.alloc(0);
const KEY = knownBytes("\xa4\x61k");
const SHARED = knownBytes("\x61p");
const NO_RIGHT = knownBytes("\x61t\xf6");
const RIGHT = knownBytes(`\x61t${LINK}`);
const VALUE = knownBytes(`\x61v${LINK}`);

/** As nearly all are: its fields in DAG-CBOR order. Null when it looks otherwise, and nothing was read. */
function usualEntry(cursor: CborCursor): Entry | null {
  const { bytes, at: start } = cursor;
  let at = endOfKnown(bytes, start, KEY);
  if (at < 0) return null;
  cursor.at = at;
  const rest = cursor.byteString();
  at = endOfKnown(bytes, cursor.at, SHARED);
  if (at >= 0) {
    cursor.at = at;
    const shared = cursor.integer();
    const plain = endOfKnown(bytes, cursor.at, NO_RIGHT);
    const rightAt = plain < 0 ? endOfKnown(bytes, cursor.at, RIGHT) : -1;
    const valueAt = endOfKnown(
      bytes,
      plain < 0 && rightAt >= 0 ? rightAt + CID_BYTES : plain,
      VALUE,
    );
    const areCids = isCidAt(bytes, valueAt) && (rightAt < 0 || isCidAt(bytes, rightAt));
    // Past its end the cursor finds nothing, and says so at the next item.
    if (valueAt >= 0 && areCids) {
      cursor.at = valueAt + CID_BYTES;
      const right = rightAt < 0 ? null : bytes.subarray(rightAt, rightAt + CID_BYTES);
      return { shared, rest, value: bytes.subarray(valueAt, cursor.at), right };
    }
  }
  cursor.at = start;
  return null;
}

function anyEntry(cursor: CborCursor): Entry {
  const entry: Entry = { shared: 0, rest: NO_BYTES, value: null, right: null };
  eachField(cursor, (key) => {
    if (key === "p") entry.shared = cursor.integer();
    else if (key === "k") entry.rest = cursor.byteString();
    else if (key === "v") entry.value = link(cursor);
    else if (key === "t") entry.right = link(cursor);
    else cursor.skip();
  });
  return entry;
}

function link(cursor: CborCursor): Buffer | null {
  if (cursor.tookNull()) return null;
  const cid = cursor.cidLink();
  if (cid.length !== CID_BYTES || !isCidAt(cid, 0)) {
    throw new Malformed("bad_proof", "a link of another form");
  }
  return cid;
}

const [E, L] = [fieldName("e"), fieldName("l")];
const [K, P, T, V] = [fieldName("k"), fieldName("p"), fieldName("t"), fieldName("v")];
const writer = new CborWriter();
/** Of a block that is DAG-CBOR. */
const CID_HEAD = Buffer.from([1, 0x71, 0x12, 0x20]);

/** The CID of a node. */
export function cidOfNode({ keys, values, subtrees }: ReadNode): Buffer {
  writer.map(2).known(E).list(keys.length);
  let before = NO_BYTES;
  for (const [i, key] of keys.entries()) {
    const shared = sharedBytes(before, key);
    writer.map(4).known(K).byteString(key.subarray(shared)).known(P).number(shared).known(T);
    writeLink(subtrees[i + 1] ?? null);
    writer.known(V).cidLink(values[i] ?? NO_BYTES);
    before = key;
  }
  writer.known(L);
  writeLink(subtrees[0] ?? null);
  const cid = Buffer.allocUnsafe(CID_BYTES);
  CID_HEAD.copy(cid);
  hash("sha256", bufferOf(writer.take()), "buffer").copy(cid, CID_DIGEST_AT);
  return cid;
}

function writeLink(cid: Buffer | null): void {
  if (cid === null) writer.null();
  else writer.cidLink(cid);
}

function sharedBytes(a: Buffer, b: Buffer): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < most && a[shared] === b[shared]) shared += 1;
  return shared;
}

/** Level of a key in the tree, the lowest is 0: pairs of zero bits that its hash begins with. */
export function levelOfKey(key: Buffer): number {
  const digest = hash("sha256", key, "buffer");
  let level = 0;
  for (const byte of digest) {
    const zeros = Math.clz32(byte) - 24;
    level += zeros >> 1;
    if (zeros < 8) break;
  }
  return level;
}

/** Where a key stands among those of a node, or would: the first that is not before it. */
export function placeOf(key: Buffer, keys: readonly Buffer[]): number {
  let place = 0;
  while (place < keys.length && Buffer.compare(keys[place] ?? NO_BYTES, key) < 0) place += 1;
  return place;
}

/** Whether `key` stands at `place`. */
export function isAtPlace(key: Buffer, keys: readonly Buffer[], place: number): boolean {
  const found = keys[place];
  return found !== undefined && Buffer.compare(found, key) === 0;
}
