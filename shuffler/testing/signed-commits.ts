// Signed commits of an invented account, and the DID document with its key: what verification is tested on.

import type { Keypair } from "@atproto/crypto";
import { commitFrame, identityFrame } from "../../bench/simulated-relay/frame.ts";
import {
  type SignedCommit,
  SimulatedRepo,
  type Write,
} from "../../bench/simulated-relay/simulated-repo.ts";
import { tidOf } from "../../bench/simulated-relay/tid.ts";
import type { DidResolver } from "../verify/key-cache.ts";

export const SIGNER = "did:plc:signer34567abcdefghijklm";
const STAMP = { seq: 1, time: "2026-07-04T00:00:01.250Z" };

export function didDocument(did: string, keypair: Keypair): unknown {
  const publicKeyMultibase = keypair.did().slice("did:key:".length);
  return {
    id: did,
    verificationMethod: [
      { id: `${did}#atproto`, type: "Multikey", controller: did, publicKeyMultibase },
    ],
  };
}

export function write(action: "create" | "update", name: string, text = name): Write {
  const record = { $type: "app.bsky.feed.post", text, createdAt: STAMP.time };
  return { action, path: `app.bsky.feed.post/${name}`, record };
}

/** Several commits of one account: many records, an update, a delete, and all three in one. */
export async function makeCommits(keypair: Keypair): Promise<SignedCommit[]> {
  const repo = new SimulatedRepo(SIGNER, keypair);
  const names = Array.from({ length: 40 }, (_, i) => `post${i}`);
  const writes: Write[][] = [
    names.map((name) => write("create", name)),
    [write("update", "post7", "new")],
    [{ action: "delete", path: "app.bsky.feed.post/post8" }],
    [
      write("create", "late"),
      write("update", "post9", "newer"),
      { action: "delete", path: "app.bsky.feed.post/post10" },
    ],
  ];
  const commits: SignedCommit[] = [];
  for (const [i, one] of writes.entries()) {
    commits.push(await repo.commit(one, tidOf(1_780_000_000_000_000 + i, 1)));
  }
  return commits;
}

export async function frameBytes(commit: SignedCommit): Promise<Uint8Array> {
  return (await commitFrame(commit, STAMP)).bytes;
}

export async function identityBytes(did: string): Promise<Uint8Array> {
  return (await identityFrame(did, "signer.test", STAMP)).bytes;
}

/** A resolver that tests change, and that counts. */
export class TestResolver implements DidResolver {
  readonly documents = new Map<string, unknown>();
  asked = 0;
  /** Thrown, first to last, before anything is answered. */
  readonly failures: Error[] = [];

  async resolve(did: string): Promise<unknown> {
    this.asked += 1;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    return this.documents.get(did) ?? null;
  }
}
