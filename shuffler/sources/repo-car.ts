// Reads a repo export: from the root commit down the tree (atproto.com/specs/repository#mst-structure)
// to every record, over bytes nobody vouches for.

import { CborCursor } from "../cbor/cursor.ts";
import { latin1At } from "../cbor/latin1.ts";
import { CarReader } from "../decode/car.ts";
import { eachField } from "../decode/each-field.ts";
import { TREE_DEPTH_MAX, TREE_KEY_BYTES_MAX } from "../decode/limits.ts";
import { Malformed } from "../decode/rejection.ts";

export type RepoCommit = { readonly did: string; readonly rev: string; readonly data: Uint8Array };

/** One leaf of the tree; `block` null when the export does not have it. */
export type RepoRecord = {
  readonly path: string;
  readonly cid: Uint8Array;
  readonly block: Uint8Array | null;
};

export class RepoCar {
  readonly commit: RepoCommit;
  readonly #blocks = new Map<string, Uint8Array>();

  /** @throws Malformed when it is no CAR or its root is no commit. */
  constructor(car: Uint8Array) {
    const reader = new CarReader(car);
    while (reader.next()) {
      const { cidAt, start, end } = reader;
      this.#blocks.set(keyOf(car.subarray(cidAt, start)), car.subarray(start, end));
    }
    this.commit = readCommitBlock(this.#need(reader.root, "the commit"));
  }

  /**
   * Calls `onRecord` for every record, in the order of the paths.
   * @throws Malformed when a tree node is missing, malformed, or reached a second time.
   */
  walk(onRecord: (record: RepoRecord) => void): void {
    this.#walkNode(this.commit.data, 0, new Set(), onRecord);
  }

  #walkNode(
    cid: Uint8Array,
    depth: number,
    seen: Set<string>,
    onRecord: (record: RepoRecord) => void,
  ): void {
    const key = keyOf(cid);
    if (seen.has(key) || depth > TREE_DEPTH_MAX) throw new Malformed("bad_car", "the tree loops");
    seen.add(key);
    const node = readNode(this.#need(cid, "a tree node"));
    if (node.left !== null) this.#walkNode(node.left, depth + 1, seen, onRecord);
    for (const { path, cid: value, right } of node.entries) {
      onRecord({ path, cid: value, block: this.#blocks.get(keyOf(value)) ?? null });
      if (right !== null) this.#walkNode(right, depth + 1, seen, onRecord);
    }
  }

  #need(cid: Uint8Array, what: string): Uint8Array {
    const block = this.#blocks.get(keyOf(cid));
    if (block === undefined) throw new Malformed("missing_block", `${what} is not in the export`);
    return block;
  }
}

function keyOf(cid: Uint8Array): string {
  return latin1At(cid, 0, cid.length);
}

function readCommitBlock(block: Uint8Array): RepoCommit {
  const cursor = new CborCursor(block, "bad_car");
  let did = "";
  let rev = "";
  let data: Uint8Array | null = null as Uint8Array | null; // assigned in the callback
  eachField(cursor, (key) => {
    if (key === "did") did = cursor.text();
    else if (key === "rev") rev = cursor.text();
    else if (key === "data") data = cursor.cidLink();
    else cursor.skip();
  });
  if (data === null) throw new Malformed("bad_car", "the root is no commit");
  return { did, rev, data };
}

type Node = { left: Uint8Array | null; entries: NodeEntry[] };
type NodeEntry = { path: string; cid: Uint8Array; right: Uint8Array | null };

function readNode(block: Uint8Array): Node {
  const cursor = new CborCursor(block, "bad_car");
  const node: Node = { left: null, entries: [] };
  eachField(cursor, (key) => {
    if (key === "l") node.left = optionalLink(cursor);
    else if (key === "e") node.entries = readEntries(cursor);
    else cursor.skip();
  });
  return node;
}

/** Paths are prefix-compressed: `p` bytes of the path before, then `k`. */
function readEntries(cursor: CborCursor): NodeEntry[] {
  const entries: NodeEntry[] = [];
  let before = "";
  for (let left = cursor.listSize(); left > 0; left -= 1) {
    const { prefix, suffix, cid, right } = readEntry(cursor);
    if (cid === null || prefix < 0 || prefix > before.length) {
      throw new Malformed("bad_car", "a tree entry that is none");
    }
    before = before.slice(0, prefix) + suffix;
    if (before.length > TREE_KEY_BYTES_MAX) throw new Malformed("bad_car", "a path over the limit");
    entries.push({ path: before, cid, right });
  }
  return entries;
}

type WireEntry = {
  prefix: number;
  suffix: string;
  cid: Uint8Array | null;
  right: Uint8Array | null;
};

function readEntry(cursor: CborCursor): WireEntry {
  const entry: WireEntry = { prefix: 0, suffix: "", cid: null, right: null };
  eachField(cursor, (key) => {
    if (key === "p") entry.prefix = cursor.integer();
    else if (key === "k") entry.suffix = cursor.byteString().toString("latin1");
    else if (key === "v") entry.cid = cursor.cidLink();
    else if (key === "t") entry.right = optionalLink(cursor);
    else cursor.skip();
  });
  return entry;
}

function optionalLink(cursor: CborCursor): Uint8Array | null {
  return cursor.tookNull() ? null : cursor.cidLink();
}
