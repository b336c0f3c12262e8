// Each part of a signed commit is bent in turn; the recorded frames of the reference server all pass.

import { existsSync } from "node:fs";
import { type Keypair, P256Keypair, Secp256k1Keypair } from "@atproto/crypto";
import { BlockMap, cborToLex } from "@atproto/repo";
import { beforeAll, describe, expect, it } from "vitest";
import { syncFrame } from "../../bench/simulated-relay/frame.ts";
import type { SignedCommit } from "../../bench/simulated-relay/simulated-repo.ts";
import { openDidFile } from "../adapters/did-file.ts";
import { decodeFrame } from "../decode/frame.ts";
import { withoutOps } from "../decode/refused-ops.ts";
import type { RejectReason } from "../decode/rejection.ts";
import { openRecording } from "../sources/recording.ts";
import { SleepingClock } from "../testing/clock.ts";
import {
  didDocument,
  frameBytes,
  makeCommits,
  SIGNER,
  TestResolver,
} from "../testing/signed-commits.ts";
import { type DidResolver, KeyCache } from "./key-cache.ts";
import { SignatureVerifier, structureVerifier, type Verifier } from "./verifier.ts";

const RECORDING = "../shared/data/firehose/pds-a.frames.zst";
const DOCUMENTS = "../shared/data/firehose/pds-a.did-docs.json";
/** Every so many recorded frames: all of them are the benchmark's. */
const EVERY = 8;

function verifierOn(resolver: DidResolver): SignatureVerifier {
  const { signal } = new AbortController();
  return new SignatureVerifier(new KeyCache({ resolver, clock: new SleepingClock(), signal }));
}

/** All that keeps a frame from being published whole, by verification and then by the decoder. */
async function reasons(verifier: Verifier, frame: Uint8Array): Promise<RejectReason[]> {
  const wrong = await verifier.check(frame);
  if (wrong?.kind === "rejected") return [wrong.reason];
  const message = withoutOps(decodeFrame(frame), wrong ?? undefined);
  if (message.kind === "rejected") return [message.reason];
  return message.kind === "commit" ? message.rejected.map(({ reason }) => reason) : [];
}

/** Flips one bit of the only place where `part` stands in `frame`. */
function bent(frame: Uint8Array, part: Uint8Array, at: number): Uint8Array {
  const bytes = Buffer.from(frame);
  const start = bytes.indexOf(part);
  expect(start).toBeGreaterThan(0);
  expect(bytes.indexOf(part, start + 1)).toBe(-1);
  bytes[start + at] = (bytes[start + at] ?? 0) ^ 1;
  return bytes;
}

/** The blocks of a commit that are neither its commit block nor a record: nodes of the tree. */
function nodesOf(commit: SignedCommit): { cid: string; bytes: Uint8Array }[] {
  const others = [String(commit.cid), ...commit.ops.map(({ cid }) => String(cid))];
  return commit.blocks
    .entries()
    .filter(({ cid }) => !others.includes(String(cid)))
    .map(({ cid, bytes }) => ({ cid: String(cid), bytes }));
}

/** Curve orders, for the twin signature with the greater `s`. */
const ORDERS = {
  k256: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  p256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};

describe.each([
  ["k256", () => Secp256k1Keypair.create()],
  ["p256", () => P256Keypair.create()],
] as const)("commits signed with %s", (curve, createKeypair) => {
  let keypair: Keypair;
  let commits: SignedCommit[];
  let verifier: SignatureVerifier;
  const resolver = new TestResolver();

  beforeAll(async () => {
    keypair = await createKeypair();
    commits = await makeCommits(keypair);
    resolver.documents.set(SIGNER, didDocument(SIGNER, keypair));
    verifier = verifierOn(resolver);
  });

  const last = (): SignedCommit => commits.at(-1) ?? expect.fail("no commit");
  const signatureOf = (frame: Uint8Array): Buffer => {
    const key = Buffer.from("637369675840", "hex"); // "sig", then 64 bytes
    const at = Buffer.from(frame).indexOf(key) + key.length;
    return Buffer.from(frame.subarray(at, at + 64));
  };

  it("pass, creates, updates and deletes", async () => {
    for (const commit of commits) {
      const frame = await frameBytes(commit);
      expect(await reasons(structureVerifier, frame)).toEqual([]);
      expect(await reasons(verifier, frame)).toEqual([]);
    }
    const sync = await syncFrame(last(), { seq: 9, time: "2026-07-04T00:00:02.000Z" });
    expect(await reasons(verifier, sync.bytes)).toEqual([]);
    expect(resolver.asked).toBe(1);
  });

  it("fail with another signature", async () => {
    const frame = await frameBytes(last());
    const signature = signatureOf(frame);
    for (const at of [0, 31, 32, 63]) {
      const wrong = bent(frame, signature, at);
      // The commit block is then not what its CID says, which structure sees too.
      expect(await reasons(structureVerifier, wrong)).toEqual(["bad_commit"]);
    }
    const forged = await frameBytes(await resigned(last(), await createKeypair()));
    expect(await reasons(structureVerifier, forged)).toEqual([]);
    expect(await reasons(verifier, forged)).toEqual(["bad_signature"]);
  });

  it("fail with a signature of numbers that no key gives", async () => {
    for (const half of ["00", "ff"]) {
      const wrong = await withSignature(last(), () => Buffer.from(half.repeat(64), "hex"));
      expect(await reasons(verifier, await frameBytes(wrong))).toEqual(["bad_signature"]);
    }
  });

  it("fail with the twin of their signature that has the greater s", async () => {
    const twin = await withSignature(last(), (signature) => {
      const s = BigInt(`0x${signature.toString("hex", 32)}`);
      const other = (ORDERS[curve] - s).toString(16).padStart(64, "0");
      return Buffer.concat([signature.subarray(0, 32), Buffer.from(other, "hex")]);
    });
    expect(await reasons(verifier, await frameBytes(twin))).toEqual(["bad_signature"]);
  });

  it("fail with a bit flipped in the record, or in any node of the tree", async () => {
    const commit = last();
    const frame = await frameBytes(commit);
    const [created] = commit.ops;
    const record = commit.blocks.get(created?.cid ?? expect.fail("no create"));
    const wrong = bent(frame, record ?? expect.fail("no record"), 30);
    expect(await reasons(structureVerifier, wrong)).toEqual(["bad_cid"]);
    const nodes = nodesOf(commit);
    expect(nodes.length).toBeGreaterThan(1);
    for (const { bytes } of nodes) {
      const found = await reasons(verifier, bent(frame, bytes, bytes.length - 1));
      expect(found).toEqual(["bad_proof"]);
    }
  });

  it("fail when a node of the tree is missing", async () => {
    const commit = last();
    const nodes = nodesOf(commit);
    const missing = new Set<string>();
    for (const { cid } of nodes) {
      const blocks = new BlockMap();
      for (const entry of commit.blocks.entries()) {
        if (String(entry.cid) !== cid) blocks.set(entry.cid, entry.bytes);
      }
      for (const one of await reasons(verifier, await frameBytes({ ...commit, blocks }))) {
        missing.add(one);
      }
    }
    expect(missing).toEqual(new Set(["bad_proof"]));
  });

  it("fail when the relay says something else than the tree", async () => {
    const commit = last();
    const [created, updated] = commit.ops;
    if (created === undefined || updated === undefined) expect.fail("three operations");
    const lies = [
      // another record under the path, rightly hashed
      [{ ...created, cid: updated.cid }],
      // another path
      [{ ...created, path: "app.bsky.feed.post/other" }],
      // a delete of what is still there
      [{ action: "delete" as const, path: created.path, cid: null }],
    ];
    for (const ops of lies) {
      const frame = await frameBytes({ ...commit, ops });
      expect(await reasons(structureVerifier, frame)).toEqual([]);
      expect(await reasons(verifier, frame)).toEqual(["bad_proof"]);
    }
  });

  it("fail when the commit block is another repo's, another revision's, or not there", async () => {
    const commit = last();
    const [first] = commits;
    for (const over of [
      { did: "did:plc:somebody4567abcdefghijkl" },
      { rev: first?.rev ?? "" },
      { blocks: new BlockMap() },
    ]) {
      const frame = await frameBytes({ ...commit, ...over });
      expect(await reasons(structureVerifier, frame)).toEqual(["bad_commit"]);
      expect(await reasons(verifier, frame)).toEqual(["bad_commit"]);
    }
  });
});

it("asks nobody about a DID that is none", async () => {
  const resolver = new TestResolver();
  const [commit] = await makeCommits(await Secp256k1Keypair.create());
  const frame = await frameBytes({
    ...(commit ?? expect.fail("no commit")),
    did: "did:plc:a/../b",
  });
  expect(await reasons(verifierOn(resolver), frame)).toEqual(["bad_did"]);
  expect(resolver.asked).toBe(0);
});

/** The same commit, its block signed by another key. */
async function resigned(commit: SignedCommit, keypair: Keypair): Promise<SignedCommit> {
  const signed = unsignedBytes(commit);
  const signature = Buffer.from(await keypair.sign(signed));
  return await withSignature(commit, () => signature);
}

function unsignedBytes(commit: SignedCommit): Buffer {
  const block = Buffer.from(commit.blocks.get(commit.cid) ?? []);
  const { at } = signatureAt(block);
  const bytes = Buffer.concat([block.subarray(0, at - 4), block.subarray(at + 2 + 64)]);
  bytes[0] = (bytes[0] ?? 0) - 1;
  return bytes;
}

function signatureAt(block: Buffer): { at: number } {
  const at = block.indexOf(Buffer.from("637369675840", "hex")) + 4;
  expect(at).toBeGreaterThan(3);
  return { at };
}

async function withSignature(
  commit: SignedCommit,
  change: (signature: Buffer) => Buffer,
): Promise<SignedCommit> {
  const block = Buffer.from(commit.blocks.get(commit.cid) ?? []);
  const { at } = signatureAt(block);
  const start = at + 2;
  change(Buffer.from(block.subarray(start, start + 64))).copy(block, start);
  const blocks = new BlockMap();
  // `add` encodes a value: the block is read back into one, which keeps its bytes canonical.
  const cid = await blocks.add(cborToLex(block));
  for (const entry of commit.blocks.entries()) {
    if (String(entry.cid) !== String(commit.cid)) blocks.set(entry.cid, entry.bytes);
  }
  return { ...commit, cid, blocks };
}

describe.skipIf(!existsSync(RECORDING))("the recording of the reference server", () => {
  it("passes at every level", async () => {
    const verifier = verifierOn(await openDidFile(DOCUMENTS));
    const found = new Map<string, number>();
    let seen = 0;
    for await (const batch of openRecording(RECORDING, null).batches()) {
      const some = batch.filter(({ position }) => position % EVERY === 0);
      for (const { raw } of some) {
        seen += 1;
        const wrong = [
          ...(await reasons(structureVerifier, raw)),
          ...(await reasons(verifier, raw)),
        ];
        for (const one of wrong) found.set(one, (found.get(one) ?? 0) + 1);
      }
    }
    expect(seen).toBe(Math.ceil(6148 / EVERY));
    expect(Object.fromEntries(found)).toEqual({});
  });
});
