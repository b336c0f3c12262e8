// The repo's Merkle search tree (atproto.com/specs/repository#mst-structure), as far as a CAR holds it:
// what stands under a key, proved by hashes from the signed root down.

import { latin1At } from "../cbor/latin1.ts";
import { TREE_DEPTH_MAX } from "../decode/limits.ts";
import { Malformed } from "../decode/rejection.ts";
import type { BlockIndex } from "./proof.ts";
import { isAtPlace, placeOf, type ReadNode, readNode } from "./tree-node.ts";

/** Entries of all nodes that one commit's proof reads: 200 operations in a large repo need a quarter of them. */
export const TREE_ENTRIES_MAX = 16_384;

/** Nodes are read once, however many operations pass through them. */
export class Tree {
  readonly root: Buffer;
  readonly #blocks: BlockIndex;
  readonly #nodes = new Map<string, ReadNode>();
  #entries = 0;

  constructor(blocks: BlockIndex, root: Buffer) {
    this.#blocks = blocks;
    this.root = root;
  }

  /** The CID under `key`; null when the tree provably has none. @throws Malformed `bad_proof` */
  find(key: Buffer): Buffer | null {
    let at: Buffer | null = this.root;
    for (let depth = 0; at !== null; depth += 1) {
      if (depth === TREE_DEPTH_MAX) throw new Malformed("bad_proof", "the tree is too deep");
      const { keys, values, subtrees }: ReadNode = this.node(at);
      const place = placeOf(key, keys);
      if (isAtPlace(key, keys, place)) return values[place] ?? null;
      at = subtrees[place] ?? null;
    }
    return null;
  }

  /** A node of it, which nobody changes. @throws Malformed `bad_proof` */
  node(cid: Buffer): ReadNode {
    const name = latin1At(cid, 0, cid.length);
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const block = this.#blocks.get(cid, "bad_proof");
    if (block === null) throw new Malformed("bad_proof", "a node of the tree is missing");
    const node = readNode(block);
    this.#entries += node.keys.length;
    if (this.#entries > TREE_ENTRIES_MAX) {
      throw new Malformed("bad_proof", `more than ${TREE_ENTRIES_MAX} entries`);
    }
    this.#nodes.set(name, node);
    return node;
  }
}
