// What a `#commit` or `#sync` frame proves by itself: its commit block is there, is what its CID says and
// speaks of the same repo and revision as the frame. Nothing here asks who signed it.

import { hash } from "node:crypto";
import { DID } from "../../plan/names.ts";
import { CborCursor } from "../cbor/cursor.ts";
import { CarReader } from "../decode/car.ts";
import { CID_BYTES, CID_DIGEST_AT, isCidAt, sameCid } from "../decode/cid.ts";
import { eachField } from "../decode/fields.ts";
import { BLOCKS_BYTES_MAX, COMMIT_OPS_MAX } from "../decode/limits.ts";
import { Malformed } from "../decode/rejection.ts";

/** An operation as the frame claims it; `cid` is null on delete. */
export type Claim = { readonly path: Buffer; readonly cid: Buffer | null };

export type CommitProof = {
  readonly did: string;
  readonly rev: string;
  /** The bytes that were signed: the commit block without its signature. */
  readonly signed: Buffer;
  /** 64 bytes, r and s. */
  readonly signature: Buffer;
  /** CID of the root of the repo's tree. */
  readonly tree: Buffer;
  readonly claims: readonly Claim[];
  readonly blocks: BlockIndex;
};

const SIGNATURE_BYTES = 64;
/** The repo format of the specification (atproto.com/specs/repository). */
const COMMIT_VERSION = 3;
/** Head of a CBOR map of up to 23 entries. */
const SMALL_MAP = 0xa0;

/** @param body where the frame's body begins. @throws Malformed `bad_commit`, or as the decoder */
export function readProof(frame: Uint8Array, body: number): CommitProof {
  const claimed = readBody(frame, body);
  // Before anybody is asked for its key.
  if (!DID.test(claimed.did)) throw new Malformed("bad_did", `${claimed.did.length} characters`);
  if (claimed.car === null) throw new Malformed("bad_commit", "no blocks");
  if (claimed.car.length > BLOCKS_BYTES_MAX) {
    throw new Malformed("oversize_blocks", `${claimed.car.length} bytes`);
  }
  const blocks = new BlockIndex();
  const { car } = claimed;
  const reader = new CarReader(car);
  while (reader.next()) {
    const { cidAt, start, end } = reader;
    blocks.add(car.subarray(cidAt, start), car.subarray(start, end));
  }
  const root = Buffer.from(reader.root);
  if (claimed.commit !== null && !sameCid(claimed.commit, root)) {
    throw new Malformed("bad_commit", "the root of the CAR is another commit");
  }
  const block = blocks.get(root, "bad_commit");
  if (block === null) throw new Malformed("bad_commit", "the commit block is missing");
  const commit = readCommitBlock(block);
  if (commit.did !== claimed.did) throw new Malformed("bad_commit", "of another repo");
  if (commit.rev !== claimed.rev) throw new Malformed("bad_commit", "of another revision");
  return { ...commit, claims: claimed.claims, blocks };
}

type Body = {
  did: string;
  rev: string;
  /** Absent in `#sync`. */
  commit: Buffer | null;
  car: Buffer | null;
  claims: Claim[];
};

function readBody(frame: Uint8Array, at: number): Body {
  const cursor = new CborCursor(frame, "bad_frame");
  cursor.at = at;
  const body: Body = { did: "", rev: "", commit: null, car: null, claims: [] };
  eachField(cursor, (key) => {
    if (key === "repo" || key === "did") body.did = cursor.text();
    else if (key === "rev") body.rev = cursor.text();
    else if (key === "commit") body.commit = cursor.cidLink();
    else if (key === "blocks") body.car = cursor.byteString();
    else if (key === "ops") body.claims = readClaims(cursor);
    else cursor.skip();
  });
  return body;
}

function readClaims(cursor: CborCursor): Claim[] {
  const size = cursor.listSize();
  if (size > COMMIT_OPS_MAX) throw new Malformed("too_many_ops", `${size} operations`);
  return Array.from({ length: size }, () => {
    let path = "";
    let cid: Buffer | null = null as Buffer | null; // assigned in the callback
    eachField(cursor, (key) => {
      if (key === "path") path = cursor.text();
      else if (key === "cid") cid = cursor.tookNull() ? null : cursor.cidLink();
      else cursor.skip();
    });
    return { path: Buffer.from(path), cid };
  });
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
  const size = cursor.mapSize();
  let [did, rev, version] = ["", "", 0];
  let tree: Buffer | null = null;
  let signature: { start: number; end: number; bytes: Buffer } | null = null;
  for (let left = size; left > 0; left -= 1) {
    const start = cursor.at;
    const key = cursor.text();
    if (key === "did") did = cursor.text();
    else if (key === "rev") rev = cursor.text();
    else if (key === "version") version = cursor.integer();
    else if (key === "data") tree = cursor.cidLink();
    else if (key === "sig") {
      const bytes = cursor.byteString();
      signature = { start, end: cursor.at, bytes };
    } else cursor.skip();
  }
  cursor.assertEnd();
  if (version !== COMMIT_VERSION) throw new Malformed("bad_commit", `version ${version}`);
  if (tree === null || !isCid(tree)) throw new Malformed("bad_commit", "no tree");
  if (signature?.bytes.length !== SIGNATURE_BYTES) {
    throw new Malformed("bad_commit", "no signature of 64 bytes");
  }
  const { start, end, bytes } = signature;
  // Entries keep their order without the one, so cutting it out is encoding the rest: if the block is
  // no canonical DAG-CBOR, the bytes differ from what was signed and the signature does not fit.
  const signed = Buffer.concat([block.subarray(0, start), block.subarray(end)]);
  signed[0] = SMALL_MAP | (size - 1);
  return { did, rev, signed, signature: bytes, tree };
}

/** Blocks of a CAR by the digest in their CID. */
export class BlockIndex {
  readonly #byDigest = new Map<string, Buffer>();

  /** @param cid of atproto's form, as `CarReader` finds it. */
  add(cid: Uint8Array, block: Uint8Array): void {
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
    this.#byDigest.set(digestOf(cid), bytes);
  }

  /** The block, hashed and compared; null when it is not there. @throws Malformed `reason` */
  get(cid: Buffer, reason: "bad_commit" | "bad_proof"): Buffer | null {
    const digest = digestOf(cid);
    const block = this.#byDigest.get(digest) ?? null;
    if (block !== null && hash("sha256", block, "binary") !== digest) {
      throw new Malformed(reason, "a block is not what its CID says");
    }
    return block;
  }
}

function digestOf(cid: Uint8Array): string {
  return Buffer.from(cid.buffer, cid.byteOffset, cid.length).toString("latin1", CID_DIGEST_AT);
}

/** Whether it is one whole CID of atproto's form. */
export function isCid(cid: Uint8Array): boolean {
  return cid.length === CID_BYTES && isCidAt(cid, 0);
}
