import { expect, it } from "vitest";
import { CidLink } from "../cbor/encode.ts";
import { cborOf, cidOf, DID, POST, REV } from "../testing/frames.ts";
import { CID_BYTES } from "./cid.ts";
import { treeRootAt } from "./tree-root.ts";

const ROOT = cidOf(POST);
const SIG = new Uint8Array(64).fill(7);

function blockOf(did = DID, sig = SIG): Uint8Array {
  return cborOf({ did, rev: REV, sig, data: new CidLink(ROOT), prev: null, version: 3 });
}

function rootOf(block: Uint8Array): string | null {
  const at = treeRootAt(block, 0, block.length);
  return at < 0 ? null : Buffer.from(block).toString("latin1", at, at + CID_BYTES);
}

it("finds the root in a commit block, laid out as nearly all are or otherwise", () => {
  const root = Buffer.from(ROOT).toString("latin1");
  expect(rootOf(blockOf())).toBe(root);
  expect(rootOf(blockOf("did:web:alice.example.com"))).toBe(root);
  expect(rootOf(blockOf(DID, new Uint8Array(65)))).toBe(root);
  expect(rootOf(cborOf({ did: DID, rev: REV, version: 3 }))).toBeNull();
  expect(rootOf(cborOf({ data: null, version: 3 }))).toBeNull();
  expect(rootOf(cborOf({ data: new CidLink(ROOT.subarray(1)), version: 3 }))).toBeNull();
});

it("finds nothing, or what stands where the root does, in a damaged block", () => {
  const block = blockOf();
  const rootAt = Buffer.from(block).indexOf(ROOT);
  let found = 0;
  for (let at = 0; at < block.length; at += 1) {
    expect(rootOf(block.subarray(0, at)), `cut off at byte ${at}`).toBeNull();
    for (const bits of [1, 0x20, 0x80]) {
      const damaged = Buffer.from(block);
      damaged[at] = (damaged[at] ?? 0) ^ bits;
      const root = rootOf(damaged);
      if (root === null) continue;
      found += 1;
      expect(root).toBe(damaged.toString("latin1", rootAt, rootAt + CID_BYTES));
    }
  }
  // Mostly what is damaged is a text, the signature, or the root.
  expect(found).toBeGreaterThan(block.length);
});
