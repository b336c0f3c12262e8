// The simulated network must be one a strict reader accepts: every signature, proof and operation
// is checked here with atproto's own libraries.
import { IdResolver, MemoryCache } from "@atproto/identity";
import { type BlockMap, cborToLex, MemoryBlockstore, MST, readCarWithRoot } from "@atproto/repo";
import { parseCommitAuthenticated, parseCommitUnauthenticated, parseSync } from "@atproto/sync";
import { beforeAll, describe, expect, it } from "vitest";
import type { DidDocument } from "./accounts.ts";
import { createSimulatedNetwork, TIME_SKEW_MS } from "./network.ts";
import { type ReadFrame, readFrame } from "./read-frame.ts";

type CommitBody = Parameters<typeof parseCommitUnauthenticated>[0];
type SyncBody = Parameters<typeof parseSync>[0];
type Cid = CommitBody["commit"];

const SMALL = { seed: 42, accounts: 60, events: 600, durationMs: 120_000 };

async function play(options: typeof SMALL) {
  const network = await createSimulatedNetwork(options);
  const frames: Uint8Array[] = [];
  for await (const { bytes } of network.frames) frames.push(bytes);
  return { frames, documents: network.didDocuments() };
}

async function resolverOf(documents: DidDocument[]): Promise<IdResolver> {
  const didCache = new MemoryCache();
  for (const document of documents) await didCache.cacheDid(document.id, document);
  return new IdResolver({ didCache });
}

/** Undoes the operations in the proof blocks alone; gives the root they started from. */
async function invertedRoot({ blocks, ops }: CommitBody): Promise<Cid> {
  const car = await readCarWithRoot(blocks);
  const storage = new MemoryBlockstore(car.blocks);
  let tree = MST.load(storage, await dataOf(car.blocks, car.root));
  for (const op of [...ops].reverse()) {
    if (op.action === "create") tree = await tree.delete(op.path);
    else if (op.prev === undefined) throw new Error(`${op.action} without prev`);
    else if (op.action === "delete") tree = await tree.add(op.path, op.prev);
    else tree = await tree.update(op.path, op.prev);
  }
  return await tree.getPointer();
}

async function dataOf(blocks: BlockMap, root: Cid): Promise<Cid> {
  const bytes = blocks.get(root) ?? new Uint8Array();
  const { data } = cborToLex(bytes) as { data: Cid }; // a commit block, by its place in the CAR
  return data;
}

/** A field that must be text. */
function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("not a text field");
  return value;
}

describe("simulated network", () => {
  let frames: Uint8Array[];
  let read: ReadFrame[];
  let commits: CommitBody[];
  let resolver: IdResolver;

  beforeAll(async () => {
    const played = await play(SMALL);
    frames = played.frames;
    read = frames.map(readFrame);
    commits = read.filter(({ type }) => type === "#commit").map(({ body }) => body as CommitBody); // the reader under test validates the fields
    resolver = await resolverOf(played.documents);
  });

  it("gives the same bytes for the same seed and others for another", async () => {
    const again = await play(SMALL);
    expect(Buffer.concat(again.frames).equals(Buffer.concat(frames))).toBe(true);
    const other = await play({ ...SMALL, seed: 43 });
    expect(Buffer.concat(other.frames).equals(Buffer.concat(frames))).toBe(false);
  });

  it("signs every commit and proves every operation", async () => {
    for (const commit of commits) {
      const events = await parseCommitAuthenticated(resolver, commit);
      expect(events).toHaveLength(commit.ops.length);
    }
  });

  it("gives every created or updated record to an unauthenticated reader", async () => {
    for (const commit of commits) {
      const events = await parseCommitUnauthenticated(commit);
      expect(events.map(({ event }) => event)).toEqual(commit.ops.map(({ action }) => action));
    }
  });

  it("carries the blocks to invert the operations to prevData", async () => {
    const followUps = commits.filter(({ prevData }) => prevData !== undefined);
    expect(followUps.length).toBeGreaterThan(500);
    for (const commit of followUps) {
      expect(String(await invertedRoot(commit))).toBe(String(commit.prevData));
    }
  });

  it("links every commit to the one before of the same repo", () => {
    const lastRevs = new Map<string, string>();
    for (const { type, body } of read) {
      if (type !== "#commit" && type !== "#sync") continue;
      const did = textOf(body.repo ?? body.did);
      const last = lastRevs.get(did);
      if (type === "#commit" && last !== undefined) expect(body.since).toBe(last);
      if (last !== undefined) expect(textOf(body.rev) > last).toBe(true);
      lastRevs.set(did, textOf(body.rev));
    }
  });

  it("numbers frames without gaps and lets time step back less than the skew", () => {
    const sequenced = read.slice(1);
    expect(sequenced).toHaveLength(SMALL.events);
    let backwards = 0;
    for (const [index, { body }] of sequenced.entries()) {
      const before = sequenced[index - 1]?.body;
      if (before === undefined) continue;
      expect(body.seq).toBe(Number(before.seq) + 1);
      const stepMs = Date.parse(textOf(body.time)) - Date.parse(textOf(before.time));
      expect(stepMs).toBeGreaterThanOrEqual(-TIME_SKEW_MS);
      if (stepMs < 0) backwards += 1;
    }
    expect(backwards / sequenced.length).toBeGreaterThan(0.35);
    expect(backwards / sequenced.length).toBeLessThan(0.55);
  });

  it("keeps deactivated accounts silent until they return", () => {
    const away = new Set<unknown>();
    for (const { type, body } of read) {
      if (type === "#commit") expect(away.has(body.repo)).toBe(false);
      if (type === "#account" && body.active === false) away.add(body.did);
      if (type === "#account" && body.active === true) away.delete(body.did);
    }
  });

  it("says at the start what it is, and sends every kind of message", async () => {
    expect(read[0]?.type).toBe("#info");
    const types = new Set(read.map(({ type }) => type));
    expect(types).toEqual(new Set(["#info", "#commit", "#identity", "#account", "#sync"]));
    const sync = read.find(({ type }) => type === "#sync");
    const parsed = await parseSync(sync?.body as SyncBody); // the reader under test validates it
    expect(parsed?.rev).toBe(sync?.body.rev);
  });
});
