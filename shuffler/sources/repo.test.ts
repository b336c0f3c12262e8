import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Secp256k1Keypair } from "@atproto/crypto";
import {
  blocksToCarFile,
  MemoryBlockstore,
  type RecordCreateOp,
  Repo,
  verifyRepoCar,
  WriteOpAction,
} from "@atproto/repo";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DecodedMessage } from "../decode/message.ts";
import { carOf, cborOf, DID, POST } from "../testing/frames.ts";
import { readAll } from "../testing/items.ts";
import { openRepo } from "./repo.ts";
import { SourceError, type SourceItem } from "./source.ts";
import { tidMicros } from "./tid.ts";

const EXPORT = "../shared/data/firehose/repo/calabro.car";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-repo-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

function messagesOf(items: readonly SourceItem[]): DecodedMessage[] {
  return items.map((item) => {
    if (item.kind !== "message") throw new Error("a frame in a repo");
    return item.message;
  });
}

const COLLECTION = "app.bsky.feed.post";
const EARLY = "3kabcdefghij2";
const LATE = "3lzzzzzzzzzz2";

/** A repo of the reference implementation, as it would be exported. */
async function exportOf(
  paths: readonly Pick<RecordCreateOp, "collection" | "rkey">[],
): Promise<string> {
  const keypair = await Secp256k1Keypair.create();
  const storage = new MemoryBlockstore();
  const writes = paths.map((path) => ({
    action: WriteOpAction.Create as const,
    ...path,
    record: { $type: path.collection, text: path.rkey },
  }));
  const repo = await Repo.create(storage, DID, keypair, writes);
  const path = join(folder, `${paths.length}.car`);
  await writeFile(path, await blocksToCarFile(repo.cid, storage.blocks));
  return path;
}

describe("openRepo", () => {
  it("gives creates in the order of their TIDs, records without one first", async () => {
    const path = await exportOf([
      { collection: COLLECTION, rkey: LATE },
      { collection: "app.bsky.actor.profile", rkey: "self" },
      { collection: "app.bsky.feed.like", rkey: EARLY },
    ]);
    const { items, error } = await readAll(openRepo(path, null));
    expect(error).toBeNull();
    const early = Math.floor((tidMicros(EARLY) ?? 0) / 1000);
    const late = Math.floor((tidMicros(LATE) ?? 0) / 1000);
    expect(messagesOf(items)).toMatchObject([
      { did: DID, seq: 0, timeMs: early, ops: [{ action: "create", rkey: "self" }] },
      { did: DID, seq: 1, timeMs: early, ops: [{ rkey: EARLY }] },
      { did: DID, seq: 2, timeMs: late, ops: [{ rkey: LATE }] },
    ]);
    expect((await readAll(openRepo(path, 1))).items.map((item) => item.position)).toEqual([2]);
  });

  it("takes the time of the commit where no record key is a TID", async () => {
    const path = await exportOf([{ collection: "app.bsky.actor.profile", rkey: "self" }]);
    const [message] = messagesOf((await readAll(openRepo(path, null))).items);
    if (message?.kind !== "commit") throw new Error("no commit");
    expect(message.timeMs).toBe(Math.floor((tidMicros(message.rev) ?? 0) / 1000));
  });

  it.skipIf(!existsSync(EXPORT))(
    "finds every record of a real export that @atproto/repo finds",
    async () => {
      const { items } = await readAll(openRepo(EXPORT, null));
      const { creates } = await verifyRepoCar(await readFile(EXPORT));
      const theirs = creates.map((one) => `${one.collection}/${one.rkey} ${String(one.cid)}`);
      const ours = messagesOf(items).flatMap((message) => {
        if (message.kind !== "commit") throw new Error("not a commit");
        return message.ops.map((op) => `${op.collection}/${op.rkey} ${"cid" in op ? op.cid : ""}`);
      });
      expect(ours).toHaveLength(4347);
      expect(ours.toSorted()).toEqual(theirs.toSorted());
      const times = messagesOf(items).map((message) => ("timeMs" in message ? message.timeMs : 0));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    },
  );

  it.each<[string, Uint8Array]>([
    ["nothing", new Uint8Array()],
    ["no CAR", Buffer.from("hello")],
    ["a root that is no commit", carOf([POST])],
    ["a tree that is missing", carOf([cborOf({ did: DID, rev: EARLY, data: 3 })])],
  ])("says so when a file holds %s", async (_, bytes) => {
    const path = join(folder, "bad.car");
    await writeFile(path, bytes);
    const { error } = await readAll(openRepo(path, null));
    expect(error).toBeInstanceOf(SourceError);
    expect(error).toMatchObject({ code: "source_corrupt" });
  });
});

describe("tidMicros", () => {
  it("reads the time of a TID, and null of anything else", () => {
    expect(tidMicros("2222222222222")).toBe(0);
    expect(tidMicros("3jzfcijpj2z2a")).toBe(1_688_137_381_887_007);
    expect(tidMicros("self")).toBeNull();
    expect(tidMicros("zzzzzzzzzzzzz")).toBeNull();
  });
});
