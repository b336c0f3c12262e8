// The repo's Merkle search tree (atproto.com/specs/repository#mst-structure), as far as a CAR holds it:
// what stands under a key, proved by hashes from the signed root down.

import { CborCursor } from "../cbor/cursor.ts";
import { sameCid } from "../decode/cid.ts";
import { eachField } from "../decode/each-field.ts";
import { TREE_DEPTH_MAX, TREE_KEY_BYTES_MAX } from "../decode/limits.ts";
import { Malformed } from "../decode/rejection.ts";
import { type BlockIndex, type Claim, isCid } from "./proof.ts";

/** Entries of one node: four are usual, and 1024 would need more than luck. */
export const TREE_NODE_ENTRIES_MAX = 1024;

type Node = {
  /** The subtree before the first entry. */
  readonly left: Buffer | null;
  readonly entries: readonly Entry[];
};

type Entry = {
  readonly key: Buffer;
  readonly value: Buffer;
  /** The subtree behind this entry. */
  readonly right: Buffer | null;
};

/** Nodes are read once, however many operations pass through them. */
export class Tree {
  readonly #blocks: BlockIndex;
  readonly #root: Buffer;
  readonly #nodes = new Map<string, Node>();

  constructor(blocks: BlockIndex, root: Buffer) {
    this.#blocks = blocks;
    this.#root = root;
  }

  /** That the tree holds what the operation wrote, or no longer what it deleted. @throws Malformed `bad_proof` */
  check({ path, cid }: Claim): void {
    const found = this.#find(path);
    if (cid === null) {
      if (found !== null) throw new Malformed("bad_proof", "what was deleted is still in the tree");
      return;
    }
    if (found === null || !sameCid(found, cid)) {
      throw new Malformed("bad_proof", "the tree holds another record, or none");
    }
  }

  /** The CID under `key`; null when the tree provably has none. */
  #find(key: Buffer): Buffer | null {
    let at: Buffer | null = this.#root;
    for (let depth = 0; at !== null; depth += 1) {
      if (depth === TREE_DEPTH_MAX) throw new Malformed("bad_proof", "the tree is too deep");
      const { left, entries }: Node = this.#node(at);
      let next = left;
      for (const entry of entries) {
        const order = Buffer.compare(entry.key, key);
        if (order === 0) return entry.value;
        if (order > 0) break;
        next = entry.right;
      }
      at = next;
    }
    return null;
  }

  #node(cid: Buffer): Node {
    const name = cid.toString("latin1");
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const block = this.#blocks.get(cid, "bad_proof");
    if (block === null) throw new Malformed("bad_proof", "a node of the tree is missing");
    const node = readNode(block);
    this.#nodes.set(name, node);
    return node;
  }
}

function readNode(block: Buffer): Node {
  const cursor = new CborCursor(block, "bad_proof");
  let left: Buffer | null = null as Buffer | null; // assigned in the callback
  let entries: readonly Entry[] = [];
  eachField(cursor, (key) => {
    if (key === "l") left = link(cursor);
    else if (key === "e") entries = readEntries(cursor);
    else cursor.skip();
  });
  cursor.assertEnd();
  return { left, entries };
}

function readEntries(cursor: CborCursor): Entry[] {
  const size = cursor.listSize();
  if (size > TREE_NODE_ENTRIES_MAX) throw new Malformed("bad_proof", `${size} entries in a node`);
  const entries: Entry[] = [];
  let before: Buffer = Buffer.alloc(0);
  for (let i = 0; i < size; i += 1) {
    const entry = readEntry(cursor, before);
    if (i > 0 && Buffer.compare(before, entry.key) >= 0) {
      throw new Malformed("bad_proof", "keys out of order");
    }
    entries.push(entry);
    before = entry.key;
  }
  return entries;
}

/** `p` bytes of the key are those of the key before, `k` the rest. */
function readEntry(cursor: CborCursor, before: Buffer): Entry {
  let shared = 0;
  let rest: Buffer = Buffer.alloc(0);
  let value: Buffer | null = null as Buffer | null; // these are assigned in the callback
  let right: Buffer | null = null as Buffer | null;
  eachField(cursor, (key) => {
    if (key === "p") shared = cursor.integer();
    else if (key === "k") rest = cursor.byteString();
    else if (key === "v") value = link(cursor);
    else if (key === "t") right = link(cursor);
    else cursor.skip();
  });
  if (shared < 0 || shared > before.length || value === null) {
    throw new Malformed("bad_proof", "an entry without a key or value");
  }
  const bytes = shared + rest.length;
  if (bytes > TREE_KEY_BYTES_MAX) throw new Malformed("bad_proof", `a key of ${bytes} bytes`);
  return { key: Buffer.concat([before.subarray(0, shared), rest]), value, right };
}

function link(cursor: CborCursor): Buffer | null {
  if (cursor.tookNull()) return null;
  const cid = cursor.cidLink();
  if (!isCid(cid)) throw new Malformed("bad_proof", "a link of another form");
  return cid;
}
