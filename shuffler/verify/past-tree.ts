// The tree as it was before a commit, worked out from the tree after it: what was written is taken out again, what was
// deleted put back (atproto.com/specs/sync, "inductive firehose"). The nodes that change are at hand, since a commit
// brings those around every key it touches; of the others only the CIDs are needed. A tree of given keys has one form
// alone, so the root that comes out is the root that was, or what the commit says of itself is not true.

import { TREE_DEPTH_MAX } from "../decode/limits.ts";
import { Malformed } from "../decode/rejection.ts";
import type { Tree } from "./tree.ts";
import { cidOfNode, isAtPlace, levelOfKey, type Node, placeOf } from "./tree-node.ts";

/** A node that may be changed; a subtree that was not looked into is its CID. */
interface Draft extends Node<Buffer | Draft> {}
type Subtree = Buffer | Draft;

export class PastTree {
  readonly #after: Tree;
  /** Until something changes, its CID. */
  #root: Subtree;
  /** Null until a key has to be put in. */
  #level: number | null = null;

  /** @param after the tree after the commit, which stays as it is. All below throw Malformed `bad_proof` */
  constructor(after: Tree) {
    this.#after = after;
    this.#root = after.root;
  }

  /** Has another record under a key that is there. */
  replace(key: Buffer, value: Buffer): void {
    const { node, place } = this.#nodeOf(key);
    node.values[place] = value;
  }

  remove(key: Buffer): void {
    const root = this.#openRoot();
    this.#level ??= levelOf(root);
    this.#removeFrom(root, key, 0);
  }

  /** Puts in a key that is not there. */
  insert(key: Buffer, value: Buffer): void {
    const level = levelOfKey(key);
    let root = this.#openRoot();
    this.#level ??= levelOf(root);
    if (isEmpty(root)) this.#level = level;
    for (; this.#level < level; this.#level += 1) root = nodeAbove(root);
    this.#root = root;
    this.#insertInto(root, this.#level - level, key, value);
  }

  /** The CID of its root. */
  root(): Buffer {
    if (Buffer.isBuffer(this.#root)) return this.#root;
    let root = this.#root;
    // A root has entries, if there are any at all.
    while (root.keys.length === 0) {
      const below: Subtree | null = root.subtrees[0] ?? null;
      if (below === null) break;
      root = this.#opened(below);
    }
    return cidOf(root);
  }

  #openRoot(): Draft {
    const root = this.#opened(this.#root);
    this.#root = root;
    return root;
  }

  /** On the way to a key everything is opened, since all of it changes. */
  #nodeOf(key: Buffer): { node: Draft; place: number } {
    let node = this.#openRoot();
    for (let depth = 0; ; depth += 1) {
      const place = placeOf(key, node.keys);
      if (isAtPlace(key, node.keys, place)) return { node, place };
      node = this.#child(node, place, depth);
    }
  }

  #removeFrom(node: Draft, key: Buffer, depth: number): void {
    const { keys, values, subtrees } = node;
    const place = placeOf(key, keys);
    if (isAtPlace(key, keys, place)) {
      const [left = null, right = null] = subtrees.slice(place, place + 2);
      keys.splice(place, 1);
      values.splice(place, 1);
      subtrees.splice(place, 2, this.#merged(left, right, depth));
      return;
    }
    const child = this.#child(node, place, depth);
    this.#removeFrom(child, key, depth + 1);
    if (isEmpty(child)) subtrees[place] = null;
  }

  /** @param levels how far below the node the key belongs */
  #insertInto(node: Draft, levels: number, key: Buffer, value: Buffer): void {
    const { keys, values, subtrees } = node;
    const place = placeOf(key, keys);
    if (levels > 0) {
      subtrees[place] ??= emptyNode();
      this.#insertInto(this.#child(node, place, 0), levels - 1, key, value);
      return;
    }
    const { left, right } = this.#split(subtrees[place] ?? null, key, 0);
    keys.splice(place, 0, key);
    values.splice(place, 0, value);
    subtrees.splice(place, 1, left, right);
  }

  /** Two neighbours of one level made one. */
  #merged(left: Subtree | null, right: Subtree | null, depth: number): Subtree | null {
    if (left === null || right === null) return left ?? right;
    const [a, b] = [this.#opened(left, depth), this.#opened(right, depth)];
    const middle = this.#merged(a.subtrees.at(-1) ?? null, b.subtrees[0] ?? null, depth + 1);
    return {
      keys: [...a.keys, ...b.keys],
      values: [...a.values, ...b.values],
      subtrees: [...a.subtrees.slice(0, -1), middle, ...b.subtrees.slice(1)],
    };
  }

  /** What is before a key that is not there, and what is behind it. */
  #split(
    subtree: Subtree | null,
    key: Buffer,
    depth: number,
  ): { left: Subtree | null; right: Subtree | null } {
    if (subtree === null) return { left: null, right: null };
    const { keys, values, subtrees } = this.#opened(subtree, depth);
    const place = placeOf(key, keys);
    const inner = this.#split(subtrees[place] ?? null, key, depth + 1);
    const left: Draft = {
      keys: keys.slice(0, place),
      values: values.slice(0, place),
      subtrees: [...subtrees.slice(0, place), inner.left],
    };
    const right: Draft = {
      keys: keys.slice(place),
      values: values.slice(place),
      subtrees: [inner.right, ...subtrees.slice(place + 1)],
    };
    return { left: isEmpty(left) ? null : left, right: isEmpty(right) ? null : right };
  }

  /** The subtree at `place`, which is then part of the node as a draft. */
  #child(node: Draft, place: number, depth: number): Draft {
    const subtree = node.subtrees[place] ?? null;
    if (subtree === null) throw new Malformed("bad_proof", "a key that is not in the tree");
    const child = this.#opened(subtree, depth);
    node.subtrees[place] = child;
    return child;
  }

  #opened(subtree: Subtree, depth = 0): Draft {
    if (depth >= TREE_DEPTH_MAX) throw new Malformed("bad_proof", "the tree is too deep");
    if (!Buffer.isBuffer(subtree)) return subtree;
    const { keys, values, subtrees } = this.#after.node(subtree);
    return { keys: [...keys], values: [...values], subtrees: [...subtrees] };
  }
}

/** Of a root; 0 when it is empty, and has none. */
function levelOf({ keys: [key] }: Draft): number {
  return key === undefined ? 0 : levelOfKey(key);
}

function emptyNode(): Draft {
  return { keys: [], values: [], subtrees: [null] };
}

/** One of the next level, with nothing but the root that was below it. */
function nodeAbove(root: Draft): Draft {
  return { keys: [], values: [], subtrees: [isEmpty(root) ? null : root] };
}

function isEmpty({ keys, subtrees }: Draft): boolean {
  return keys.length === 0 && (subtrees[0] ?? null) === null;
}

function cidOf(subtree: Subtree): Buffer {
  if (Buffer.isBuffer(subtree)) return subtree;
  const { keys, values, subtrees } = subtree;
  return cidOfNode({
    keys,
    values,
    subtrees: subtrees.map((one) => (one === null ? null : cidOf(one))),
  });
}
