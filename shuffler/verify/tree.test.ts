import { describe, expect, it } from "vitest";
import { type CborValue, CidLink } from "../cbor/encode.ts";
import { CID_BYTES } from "../decode/cid.ts";
import { TREE_DEPTH_MAX, TREE_KEY_BYTES_MAX } from "../decode/limits.ts";
import { catchMalformed } from "../decode/rejection.ts";
import { cborOf, cidOf } from "../testing/frames.ts";
import { BlockIndex } from "./proof.ts";
import { Tree } from "./tree.ts";
import { TREE_NODE_ENTRIES_MAX } from "./tree-node.ts";

const VALUE = Buffer.from(cidOf(cborOf({ text: "x" })));

type Entry = { p: number; k: Uint8Array; v: CborValue; t: CborValue };

function entry(key: string, shared = 0, right: Buffer | null = null): Entry {
  const t = right === null ? null : new CidLink(right);
  return { p: shared, k: Buffer.from(key), v: new CidLink(VALUE), t };
}

/** Adds a node to the blocks. @returns its CID */
function node(blocks: BlockIndex, e: readonly Entry[], left: Buffer | null = null): Buffer {
  const block = cborOf({ e: [...e], l: left === null ? null : new CidLink(left) });
  const cid = Buffer.from(cidOf(block));
  blocks.add(Buffer.concat([cid, block]), 0, CID_BYTES, CID_BYTES + block.length);
  return cid;
}

/** What stands under a path, or why that cannot be told. */
const ask = (blocks: BlockIndex, root: Buffer, path: string): Buffer | string | null => {
  const found = catchMalformed(() => new Tree(blocks, root).find(Buffer.from(path)));
  return found === null || Buffer.isBuffer(found) ? found : found.detail;
};

it("finds keys left of, among and right of a node's entries, prefixes shared", () => {
  const blocks = new BlockIndex();
  const left = node(blocks, [entry("a/1")]);
  const right = node(blocks, [entry("a/35")]);
  const root = node(blocks, [entry("a/2"), entry("3", 2, right), entry("4", 2)], left);
  for (const key of ["a/1", "a/2", "a/3", "a/35", "a/4"]) {
    expect(ask(blocks, root, key), key).toEqual(VALUE);
  }
  for (const key of ["a/0", "a/21", "a/36", "a/5"]) expect(ask(blocks, root, key), key).toBeNull();
});

describe("a node is refused", () => {
  const refusal = (entries: readonly Entry[]): Buffer | string | null => {
    const blocks = new BlockIndex();
    return ask(blocks, node(blocks, entries), "zzz");
  };

  it("with its keys out of order, or with one twice", () => {
    expect(refusal([entry("b"), entry("a")])).toBe("keys out of order");
    expect(refusal([entry("b"), entry("b")])).toBe("keys out of order");
  });

  it("with a prefix longer than the key before", () => {
    expect(refusal([entry("ab"), entry("c", 2)])).toBeNull();
    expect(refusal([entry("ab"), entry("c", 3)])).toContain("without a key");
  });

  it("with one entry too many", () => {
    const keys = Array.from({ length: TREE_NODE_ENTRIES_MAX + 1 }, (_, i) =>
      entry(String(i).padStart(5, "0")),
    );
    expect(refusal(keys.slice(1))).toBeNull();
    expect(refusal(keys)).toBe("1025 entries in a node");
  });

  it("with a key one byte too long", () => {
    expect(refusal([entry("k".repeat(TREE_KEY_BYTES_MAX))])).toBeNull();
    expect(refusal([entry("k".repeat(TREE_KEY_BYTES_MAX + 1))])).toBe("a key of 831 bytes");
  });

  it("one level too deep", () => {
    const chain = (nodes: number): Buffer | string | null => {
      const blocks = new BlockIndex();
      let at: Buffer | null = null;
      for (let i = 0; i < nodes; i += 1) at = node(blocks, [entry("z")], at);
      return ask(blocks, at ?? expect.fail("no node"), "a");
    };
    expect(chain(TREE_DEPTH_MAX)).toBeNull();
    expect(chain(TREE_DEPTH_MAX + 1)).toBe("the tree is too deep");
  });
});
