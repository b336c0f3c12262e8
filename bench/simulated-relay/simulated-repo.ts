// One account's repository: signed commits with the proof blocks a relay's reader needs. Same
// steps as `Repo.formatCommit` of `@atproto/repo`, which cannot be used itself because it takes the
// revision from the wall clock.
import type { Keypair } from "@atproto/crypto";
import {
  BlockMap,
  type CommitData,
  type cborToLexRecord,
  DataDiff,
  MemoryBlockstore,
  MST,
  signCommit,
} from "@atproto/repo";

export type Cid = CommitData["cid"];
export type LexValue = Parameters<BlockMap["add"]>[0];
export type LexRecord = ReturnType<typeof cborToLexRecord>;

/** One change of one record. `path` is `collection/rkey`. */
export type Write =
  | { readonly action: "create" | "update"; readonly path: string; readonly record: LexRecord }
  | { readonly action: "delete"; readonly path: string };

/** A change as the `#commit` message tells it: `cid` is null on delete, `prev` absent on create. */
export type CommitOp = {
  action: Write["action"];
  path: string;
  cid: Cid | null;
  prev?: Cid;
};

/** What a commit gives to the sequencer. `prevData` is null for the first commit. */
export type SignedCommit = {
  readonly did: string;
  readonly cid: Cid;
  readonly rev: string;
  readonly since: string | null;
  readonly prevData: Cid | null;
  readonly ops: readonly CommitOp[];
  /** Commit, new tree nodes, covering proofs and new records: enough to invert the operations. */
  readonly blocks: BlockMap;
};

type Head = { readonly rev: string; readonly dataCid: Cid };

/** A repository that exists in memory only. Commits must be made one after the other. */
export class SimulatedRepo {
  readonly did: string;
  readonly #keypair: Keypair;
  readonly #storage = new MemoryBlockstore();
  #tree: MST | null = null;
  #head: Head | null = null;

  constructor(did: string, keypair: Keypair) {
    this.did = did;
    this.#keypair = keypair;
  }

  /** Applies `writes` as one signed commit. Throws if a write does not fit the repo's contents. */
  async commit(writes: readonly Write[], rev: string): Promise<SignedCommit> {
    const before = this.#tree;
    const records = new BlockMap();
    let tree = before ?? (await MST.create(this.#storage));
    const ops: CommitOp[] = [];
    for (const write of writes) {
      const step = await applyWrite(tree, write, records);
      tree = step.tree;
      ops.push(step.op);
    }
    const blocks = await proofBlocks(tree, before, writes, records);
    return await this.#sign(tree, rev, ops, blocks);
  }

  /** Signs the present contents again under a new revision, as an account does on reactivation. */
  async resign(rev: string): Promise<SignedCommit> {
    if (this.#tree === null) throw new Error(`${this.did} has no commit yet`);
    return await this.#sign(this.#tree, rev, [], new BlockMap());
  }

  async #sign(
    tree: MST,
    rev: string,
    ops: readonly CommitOp[],
    blocks: BlockMap,
  ): Promise<SignedCommit> {
    const since = this.#head;
    const dataCid = await tree.getPointer();
    const unsigned = { did: this.did, version: 3, rev, prev: null, data: dataCid } as const;
    const cid = await blocks.add(await signCommit(unsigned, this.#keypair));
    await this.#storage.putMany(blocks);
    this.#tree = MST.load(this.#storage, dataCid);
    this.#head = { rev, dataCid };
    return {
      did: this.did,
      cid,
      rev,
      since: since?.rev ?? null,
      prevData: since?.dataCid ?? null,
      ops,
      blocks,
    };
  }
}

async function applyWrite(
  tree: MST,
  write: Write,
  records: BlockMap,
): Promise<{ tree: MST; op: CommitOp }> {
  const { action, path } = write;
  const prev = await tree.get(path);
  switch (write.action) {
    case "create": {
      const cid = await records.add(write.record);
      return { tree: await tree.add(path, cid), op: { action, path, cid } };
    }
    case "update": {
      const cid = await records.add(write.record);
      const updated = await tree.update(path, cid);
      return { tree: updated, op: { action, path, cid, ...(prev && { prev }) } };
    }
    case "delete": {
      const deleted = await tree.delete(path);
      return { tree: deleted, op: { action, path, cid: null, ...(prev && { prev }) } };
    }
  }
}

async function proofBlocks(
  tree: MST,
  before: MST | null,
  writes: readonly Write[],
  records: BlockMap,
): Promise<BlockMap> {
  const diff = await DataDiff.of(tree, before);
  const blocks = new BlockMap();
  blocks.addMap(diff.newMstBlocks);
  for (const write of writes) blocks.addMap(await tree.getCoveringProof(write.path));
  const fresh = records.getMany(diff.newLeafCids.toList());
  return blocks.addMap(fresh.blocks);
}
