// What a `#commit` or `#sync` frame proves by itself: its commit block is there, is what its CID says and
// speaks of the same repo and revision as the frame. Nothing here asks who signed it.

import { hash } from "node:crypto";
import { DID } from "../../plan/names.ts";
import { bufferOf, CborCursor } from "../cbor/cursor.ts";
import { latin1At } from "../cbor/latin1.ts";
import { CID_BYTES, CID_DIGEST_AT, isCidAt, sameCid } from "../decode/cid.ts";
import { eachField } from "../decode/each-field.ts";
import { openCar } from "../decode/fields.ts";
import { readUnchecked } from "../decode/frame.ts";
import { FrameCommit } from "../decode/frame-commit.ts";
import { Malformed } from "../decode/rejection.ts";
import { type Claim, claimOf } from "./claim.ts";

export type CommitProof = {
  readonly did: string;
  readonly rev: string;
  /** The bytes that were signed: the commit block without its signature. */
  readonly signed: Buffer;
  /** 64 bytes, r and s. */
  readonly signature: Buffer;
  /** CID of the root of the repo's tree. */
  readonly tree: Buffer;
  /** The same before the commit, as its host says; null when it does not say. */
  readonly prevData: Buffer | null;
  /** What the frame says of it. */
  readonly claims: readonly Claim[];
  readonly blocks: BlockIndex;
};

const SIGNATURE_BYTES = 64;
/** The repo format of the specification (atproto.com/specs/repository). */
const COMMIT_VERSION = 3;
/** Head of a CBOR map of up to 23 entries, which is one byte. */
const SMALL_MAP = 0xa0;
const SMALL_MAP_MAX = 23;
const HEAD_BYTES = 1;

/** Of a `#commit`, read by the lines that read it for publishing. @throws Malformed `bad_commit`, or as the decoder */
export function readCommitProof(frame: Uint8Array): CommitProof {
  const message = readUnchecked(frame);
  if (!(message instanceof FrameCommit)) throw new Malformed("bad_frame", "no commit");
  const {
    frame: bytes,
    did,
    rev,
    commitAt,
    blocksAt,
    blocksEnd,
    prevDataAt,
    prevDataEnd,
  } = message;
  const proof = proofOf({
    did,
    rev,
    commit: bytes.subarray(commitAt, commitAt + CID_BYTES),
    car: bytes.subarray(blocksAt, blocksEnd),
  });
  const prevData = prevDataAt < 0 ? null : bytes.subarray(prevDataAt, prevDataEnd);
  return { ...proof, prevData, claims: message.ops.map(claimOf) };
}

/** Of a `#sync`. @param body where the frame's body begins. @throws Malformed likewise */
export function readSyncProof(frame: Uint8Array, body: number): CommitProof {
  const cursor = new CborCursor(frame, "bad_frame");
  cursor.at = body;
  const none: Buffer = Buffer.alloc(0);
  const read = { did: "", rev: "", commit: null, car: none };
  eachField(cursor, (key) => {
    if (key === "did") read.did = cursor.text();
    else if (key === "rev") read.rev = cursor.text();
    else if (key === "blocks") read.car = cursor.byteString();
    else cursor.skip();
  });
  return { ...proofOf(read), prevData: null, claims: [] };
}

type Body = {
  readonly did: string;
  readonly rev: string;
  /** Absent in `#sync`. */
  readonly commit: Buffer | null;
  readonly car: Buffer;
};

function proofOf({ did, rev, commit, car }: Body): Omit<CommitProof, "prevData" | "claims"> {
  // Before anybody is asked for its key.
  if (!DID.test(did)) throw new Malformed("bad_did", `${did.length} characters`);
  if (car.length === 0) throw new Malformed("bad_commit", "no blocks");
  const blocks = new BlockIndex();
  const reader = openCar(car, 0, car.length);
  while (reader.next()) {
    blocks.add(car, reader.cidAt, reader.start, reader.end);
  }
  const root = bufferOf(reader.root);
  if (commit !== null && !sameCid(commit, root)) {
    throw new Malformed("bad_commit", "the root of the CAR is another commit");
  }
  const block = blocks.get(root, "bad_commit");
  if (block === null) throw new Malformed("bad_commit", "the commit block is missing");
  const signed = readCommitBlock(block);
  if (signed.did !== did) throw new Malformed("bad_commit", "of another repo");
  if (signed.rev !== rev) throw new Malformed("bad_commit", "of another revision");
  return { ...signed, blocks };
}

type CommitBlock = {
  did: string;
  rev: string;
  signed: Buffer;
  signature: Buffer;
  tree: Buffer;
};

function readCommitBlock(block: Buffer): CommitBlock {
  const cursor = new CborCursor(block, "bad_commit");
  let [did, rev, version] = ["", "", 0];
  let tree: Buffer | null = null as Buffer | null; // these are assigned in the callback
  let signature = null as { start: number; end: number; bytes: Buffer } | null;
  // The key that a callback gets was read already: an entry begins where the one before ended.
  let start = HEAD_BYTES;
  const keys = eachField(cursor, (key) => {
    if (key === "did") did = cursor.text();
    else if (key === "rev") rev = cursor.text();
    else if (key === "version") version = cursor.integer();
    else if (key === "data") tree = cursor.cidLink();
    else if (key === "sig") {
      const bytes = cursor.byteString();
      signature = { start, end: cursor.at, bytes };
    } else cursor.skip();
    start = cursor.at;
  });
  cursor.assertEnd();
  if (keys.size > SMALL_MAP_MAX) throw new Malformed("bad_commit", `${keys.size} fields`);
  if (version !== COMMIT_VERSION) throw new Malformed("bad_commit", `version ${version}`);
  if (tree === null || !isCid(tree)) throw new Malformed("bad_commit", "no tree");
  if (signature?.bytes.length !== SIGNATURE_BYTES) {
    throw new Malformed("bad_commit", "no signature of 64 bytes");
  }
  const { start: from, end, bytes } = signature;
  // Entries keep their order without the one, so cutting it out is encoding the rest: if the block is
  // no canonical DAG-CBOR, the bytes differ from what was signed and the signature does not fit.
  const signed = Buffer.concat([block.subarray(0, from), block.subarray(end)]);
  signed[0] = SMALL_MAP | (keys.size - 1);
  return { did, rev, signed, signature: bytes, tree };
}

/** Blocks of a CAR by the digest in their CID. Most are never asked for: where they stand is enough until then. */
export class BlockIndex {
  readonly #byDigest = new Map<string, { bytes: Buffer; start: number; end: number }>();

  /** Of a block from `start` to `end`, behind its CID of atproto's form. Of those with the same CID the first counts. */
  add(bytes: Buffer, cidAt: number, start: number, end: number): void {
    const digest = latin1At(bytes, cidAt + CID_DIGEST_AT, start);
    if (!this.#byDigest.has(digest)) this.#byDigest.set(digest, { bytes, start, end });
  }

  /** The block, hashed and compared; null when it is not there. @throws Malformed `reason` */
  get(cid: Buffer, reason: "bad_commit" | "bad_proof"): Buffer | null {
    const digest = latin1At(cid, CID_DIGEST_AT, cid.length);
    const place = this.#byDigest.get(digest);
    if (place === undefined) return null;
    const block = place.bytes.subarray(place.start, place.end);
    if (hash("sha256", block, "binary") !== digest) {
      throw new Malformed(reason, "a block is not what its CID says");
    }
    return block;
  }
}

/** Whether it is one whole CID of atproto's form. */
export function isCid(cid: Uint8Array): boolean {
  return cid.length === CID_BYTES && isCidAt(cid, 0);
}
