import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Secp256k1Keypair } from "@atproto/crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { CidLink } from "./cbor/encode.ts";
import { CID_BYTES, isCidAt, isSameAt } from "./decode/cid.ts";
import { decodeFrame } from "./decode/frame.ts";
import { FrameCommit } from "./decode/frame-commit.ts";
import type { AccountMessage, SyncMessage } from "./decode/message.ts";
import { rejected } from "./decode/rejection.ts";
import { type Gap, REPOS_MAX, RepoOrder } from "./repo-order.ts";
import { openRecording } from "./sources/recording.ts";
import {
  accountFrame,
  carOf,
  cborOf,
  cidOf,
  commitFrame,
  create,
  revOf,
  syncFrame,
} from "./testing/frames.ts";
import { readAll } from "./testing/items.ts";
import { frameBytes, makeCommits } from "./testing/signed-commits.ts";

const DATA = "../shared/data/firehose";
const present = existsSync(DATA);
const OTHER = "did:plc:bob234567abcdefghijklmno";

function commit(rev: number, since: number | null, over: object = {}): FrameCommit {
  const fields = { rev: revOf(rev), since: since === null ? null : revOf(since), ...over };
  return commitIn(commitFrame([create("a")], fields));
}

function commitIn(frame: Uint8Array): FrameCommit {
  const message = decodeFrame(frame);
  if (!(message instanceof FrameCommit)) throw new Error(`a ${message.kind}`);
  return message;
}

function account(active: boolean, time: string): AccountMessage {
  return decodeFrame(accountFrame({ active, time })) as AccountMessage; // made as one
}

/** What makes a commit or sync of the tree `before` one of the tree `after`; both are just names. */
function trees(before: string | null, after: string) {
  const root = (name: string) => new CidLink(cidOf(Buffer.from(name)));
  const block = cborOf({ version: 3, data: root(after) });
  return {
    commit: new CidLink(cidOf(block)),
    blocks: carOf([block, cborOf({})]),
    ops: [],
    ...(before !== null && { prevData: root(before) }),
  };
}

let found: Gap[];
let order: RepoOrder;
beforeEach(() => {
  found = [];
  order = new RepoOrder((gap) => found.push(gap));
});
const gaps = () => found.map(({ by, rev }) => `${by} ${rev}`);

describe("RepoOrder", () => {
  it("counts a commit whose predecessor never came, once", () => {
    for (const one of [commit(1, null), commit(2, 1), commit(5, 4), commit(6, 5)]) {
      expect(order.commit(one, 1)).toBeNull();
    }
    expect(gaps()).toEqual([`since ${revOf(5)}`]);
  });

  it("refuses a revision that is not above the one before it on the same connection", () => {
    order.commit(commit(3, 2), 1);
    expect(order.commit(commit(3, 2), 1)).toMatchObject({ reason: "rev_order" });
    expect(order.commit(commit(2, 1), 1)).toMatchObject({ reason: "rev_order" });
    expect(order.commit(commit(2, 1, { repo: OTHER }), 1)).toBeNull();
    expect(gaps()).toEqual([]);
  });

  it("takes what another connection repeats, and finds no gap in it", () => {
    for (const rev of [1, 2, 3]) order.commit(commit(rev, rev - 1), 1);
    for (const rev of [2, 3, 4]) expect(order.commit(commit(rev, rev - 1), 2)).toBeNull();
    expect(gaps()).toEqual([]);
  });

  it("finds a gap between two connections", () => {
    order.commit(commit(1, null), 1);
    order.commit(commit(3, 2), 2);
    expect(gaps()).toEqual([`since ${revOf(3)}`]);
  });

  it("takes a sync as the state to follow on", () => {
    order.commit(commit(1, null), 1);
    order.sync(decodeFrame(syncFrame({ rev: revOf(7) })) as SyncMessage, 1); // made as one
    expect(order.commit(commit(8, 7), 1)).toBeNull();
    expect(gaps()).toEqual([]);
  });

  it("refuses commits of an account that is not active, but not those from before", () => {
    order.account(account(false, "2026-07-04T00:00:02.000Z"));
    expect(order.commit(commit(1, null, { time: "2026-07-04T00:00:01.000Z" }), 1)).toBeNull();
    const later = { time: "2026-07-04T00:00:03.000Z" };
    expect(order.commit(commit(2, 1, later), 1)).toMatchObject({ reason: "account_inactive" });
    order.account(account(true, "2026-07-04T00:00:04.000Z"));
    expect(order.commit(commit(2, 1, later), 1)).toBeNull();
  });

  it("remembers as many repos as its limit, and forgets the one silent for longest", () => {
    expect(REPOS_MAX).toBe(100_000);
    const order = new RepoOrder((gap) => found.push(gap), 2);
    const repo = (name: string) => ({ repo: `did:plc:${name}` });
    order.commit(commit(1, null, repo("a")), 1);
    order.commit(commit(1, null, repo("b")), 1);
    order.commit(commit(2, 1, repo("a")), 1);
    order.commit(commit(1, null, repo("c")), 1);
    expect(order.size).toBe(2);
    expect(order.commit(commit(1, null, repo("b")), 1)).toBeNull();
    expect(order.size).toBe(2);
    expect(gaps()).toEqual([]);
  });

  it("knows nothing of a repo whose memory another had", () => {
    const order = new RepoOrder((gap) => found.push(gap), 1);
    const repo = (name: string) => ({ repo: `did:plc:${name}` });
    order.commit(commit(9, null, { ...trees(null, "a"), ...repo("a") }), 1);
    expect(order.commit(commit(3, 2, { ...trees("x", "y"), ...repo("b") }), 1)).toBeNull();
    expect(order.commit(commit(4, 3, { ...trees("y", "z"), ...repo("b") }), 1)).toBeNull();
    expect(gaps()).toEqual([]);
    expect(order.commit(commit(4, 3, repo("b")), 1)).toEqual(
      rejected("rev_order", `rev ${revOf(4)} is not above ${revOf(4)}`),
    );
  });

  it("tells repos apart, however many share a piece of memory", () => {
    const repo = (number: number) => ({ repo: `did:plc:${number}` });
    const numbers = Array.from({ length: 1030 }, (_, i) => i);
    for (const n of numbers) order.commit(commit(n % 1000, null, repo(n)), 1);
    for (const n of numbers) order.commit(commit((n % 1000) + 2, n % 1000, repo(n)), 1);
    expect(gaps()).toEqual([]);
    order.commit(commit(1023, 1000, repo(1025)), 1);
    expect(gaps()).toEqual([`since ${revOf(1023)}`]);
  });

  it("counts a commit on another tree than the one before it left, though its `since` fits", () => {
    const all = [
      commit(1, null, trees(null, "a")),
      commit(2, 1, trees("a", "b")),
      commit(3, 2, trees("x", "c")),
      commit(4, 3, trees("c", "d")),
    ];
    for (const one of all) expect(order.commit(one, 1)).toBeNull();
    expect(gaps()).toEqual([`prevData ${revOf(3)}`]);
  });

  it("counts by both when a commit is missing", () => {
    order.commit(commit(1, null, trees(null, "a")), 1);
    order.commit(commit(3, 2, trees("b", "c")), 1);
    expect(gaps()).toEqual([`since ${revOf(3)}`, `prevData ${revOf(3)}`]);
  });

  it("follows on the tree of a sync, and finds no gap where a tree is not known", () => {
    order.commit(commit(1, null, trees(null, "a")), 1);
    const { blocks } = trees(null, "s");
    order.sync(decodeFrame(syncFrame({ rev: revOf(5), blocks })) as SyncMessage, 1); // made as one
    order.commit(commit(6, 5, trees("s", "b")), 1);
    order.commit(commit(7, 6, { ...trees(null, "c"), blocks: carOf([cborOf({ text: "c" })]) }), 1);
    order.commit(commit(8, 7, trees("y", "d")), 1);
    expect(gaps()).toEqual([]);
  });
});

describe("RepoOrder, on signed commits", () => {
  it("finds the tree of each to be the one that the next was made on", async () => {
    const commits = await makeCommits(await Secp256k1Keypair.create());
    const frames = await Promise.all(commits.map(frameBytes));
    for (const frame of frames) order.commit(commitIn(frame), 1);
    expect(gaps()).toEqual([]);
    const some = new RepoOrder((gap) => found.push(gap));
    for (const frame of frames.toSpliced(1, 1)) some.commit(commitIn(frame), 1);
    const [, , third] = commits;
    expect(gaps()).toEqual([`since ${third?.rev}`, `prevData ${third?.rev}`]);
  });
});

describe.skipIf(!present)("RepoOrder, on recorded frames", () => {
  /** Commits and syncs, in order. */
  const recorded = async (): Promise<(FrameCommit | SyncMessage)[]> =>
    (await readAll(openRecording(`${DATA}/pds-a.frames.zst`, null))).items
      .map(({ raw }) => decodeFrame(raw))
      .filter((one) => one instanceof FrameCommit || one.kind === "sync");

  const play = (one: FrameCommit | SyncMessage): void => {
    if (one.kind === "sync") order.sync(one, 1);
    else expect(order.commit(one, 1)).toBeNull();
  };

  it("finds no gap in what the reference server sent, and each that is made", async () => {
    const all = await recorded();
    all.forEach(play);
    expect(all.length).toBeGreaterThan(6000);
    expect(gaps()).toEqual([]);

    order = new RepoOrder((gap) => found.push(gap));
    const expected: string[] = [];
    /** Of each repo, whether the last was played; absent before the first. */
    const wasPlayed = new Map<string, boolean>();
    all.forEach((one, i) => {
      const isLeftOut = one.kind === "commit" && i % 50 === 49 && wasPlayed.has(one.did);
      if (!isLeftOut) {
        if (one.kind === "commit" && wasPlayed.get(one.did) === false) {
          expected.push(`since ${one.rev}`, `prevData ${one.rev}`);
        }
        play(one);
      }
      wasPlayed.set(one.did, !isLeftOut);
    });
    expect(expected.length).toBeGreaterThan(100);
    expect(gaps()).toEqual(expected);
  });

  it("reads both trees out of the public relay's frames", () => {
    const folder = `${DATA}/frames-2026-08`;
    const commits = readdirSync(folder)
      .filter((name) => name.endsWith(".bin"))
      .map((name) => decodeFrame(readFileSync(`${folder}/${name}`)))
      .filter((message) => message instanceof FrameCommit);
    expect(commits).toHaveLength(11);
    for (const { frame, prevDataAt, prevDataEnd, dataAt } of commits) {
      expect(prevDataEnd - prevDataAt).toBe(CID_BYTES);
      expect(isCidAt(frame, prevDataAt)).toBe(true);
      expect(isCidAt(frame, dataAt)).toBe(true);
      expect(isSameAt(frame, prevDataAt, frame, dataAt, CID_BYTES)).toBe(false);
    }
  });
});
