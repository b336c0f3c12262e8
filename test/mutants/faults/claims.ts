// Faults of what a frame's claims are held against, and of what a frame may cost.

import type { Mutant } from "../mutant.ts";

const CLAIMS = ["shuffler/verify/claims.test.ts"];
const FRAME = ["shuffler/decode/frame.test.ts"];
const COST = ["shuffler/decode/amplification.test.ts"];

export const CLAIM_FAULTS: readonly Mutant[] = [
  {
    file: "shuffler/verify/claim.ts",
    find: 'return after === null ? null : wrong("what was deleted is still in the tree");',
    replace: "return null;",
    suite: CLAIMS,
    why: "a delete of a record that is there is published",
  },
  {
    file: "shuffler/verify/claim.ts",
    find: 'if (prev !== null) return wrong("what is created has a record before");',
    replace: "",
    suite: CLAIMS,
    why: "a create with a record before is published",
  },
  {
    file: "shuffler/verify/claim.ts",
    find: 'if (isBeforeKnown && prev === null) return wrong("what is deleted has no record before");',
    replace: "",
    suite: CLAIMS,
    why: "a delete of what was never there is published",
  },
  {
    file: "shuffler/verify/claims.ts",
    find: "if (good !== undefined && another === undefined) {",
    replace: "if (good !== undefined) {",
    suite: CLAIMS,
    why: "two operations of one path that contradict each other are published",
  },
  {
    file: "shuffler/verify/claims.ts",
    find: "return sameCid(root, this.#before) ? null : NOT_FROM_THERE;",
    replace: "return root.length === this.#before.length ? null : NOT_FROM_THERE;",
    suite: CLAIMS,
    why: "nobody asks whether the operations lead from the tree before",
  },
  {
    file: "shuffler/verify/claims.ts",
    find: "if (this.#left === 0) break;",
    replace: "",
    suite: CLAIMS,
    why: "a frame of lies is turned back for as long as there are guesses",
  },
  {
    file: "shuffler/verify/past-tree.ts",
    find: "if (isEmpty(child)) subtrees[place] = null;",
    replace: "",
    suite: CLAIMS,
    why: "a good commit is refused whose create made a node of its own",
  },
  {
    file: "shuffler/verify/past-tree.ts",
    find: "for (; this.#level < level; this.#level += 1) root = nodeAbove(root);",
    replace: "if (this.#level < level) root = nodeAbove(root);",
    suite: CLAIMS,
    why: "a good commit is refused that deleted the topmost key",
  },
  {
    file: "shuffler/verify/tree-node.ts",
    find: "level += zeros >> 1;",
    replace: "level += zeros >> 2;",
    suite: CLAIMS,
    why: "what was deleted is put back in another place",
  },
  {
    file: "shuffler/decode/refused-ops.ts",
    find: "message.rejected = [...message.rejected, ...gone];",
    replace: "message.rejected = [...message.rejected];",
    suite: CLAIMS,
    why: "a lie is dropped in silence",
  },
  {
    file: "shuffler/decode/commit.ts",
    find: "if (cidAt >= 0) throw new Malformed",
    replace: "if (cidAt < -1) throw new Malformed",
    suite: FRAME,
    why: "a delete that names a record is published",
  },
  {
    file: "shuffler/decode/each-field.ts",
    find: 'if (keys.size === keys.add(key).size) throw cursor.malformed("a field that is there twice");',
    replace: "keys.add(key);",
    suite: FRAME,
    why: "two readers of a frame take two values of one field",
  },
  {
    file: "shuffler/decode/fields.ts",
    find: "const name = this.#names.find((one) => one === key);",
    replace: "const name = COMMON_NAMES.find((one) => one === key);",
    suite: FRAME,
    why: "an identity is published for the account in a field of another message",
  },
  {
    file: "shuffler/decode/commit-blocks.ts",
    find: "if (commit.tooBig) return;",
    replace: "if (commit.commitAt >= 0) return;",
    suite: FRAME,
    why: "a commit without blocks passes that is not too big",
  },
  {
    file: "shuffler/decode/commit-records.ts",
    find: "if (bytes > COMMIT_RECORDS_BYTES_MAX) {",
    replace: "if (found.record.length > COMMIT_RECORDS_BYTES_MAX) {",
    suite: COST,
    why: "one frame gives 200 MB of events",
  },
  {
    file: "shuffler/decode/car.ts",
    find: "if (this.#blocksLeft < 0) throw",
    replace: "if (Number.isNaN(this.#blocksLeft)) throw",
    suite: COST,
    why: "50 000 blocks of a commit are looked at",
  },
  {
    file: "shuffler/cbor/cursor.ts",
    find: 'if (this.#skipsLeft === 0) throw this.malformed("too much that nobody reads");',
    replace: "",
    suite: COST,
    why: "five million items that nobody reads are stepped over",
  },
  {
    file: "shuffler/decode/known-records.ts",
    find: "if (isCidAt(cursor.bytes, cidAt)) bits.fill(0, cidAt + CID_DIGEST_AT, cursor.at);",
    replace: "bits.fill(0, cidAt, cursor.at);",
    suite: ["shuffler/decode/known-records.test.ts"],
    why: "a link that is no CID passes in a record that is like one before",
  },
];
