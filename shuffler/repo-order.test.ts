import { describe, expect, it } from "vitest";
import { decodeFrame } from "./decode/frame.ts";
import type { AccountMessage, CommitMessage, SyncMessage } from "./decode/message.ts";
import { REPOS_MAX, RepoOrder } from "./repo-order.ts";
import { accountFrame, commitFrame, create, revOf, syncFrame } from "./testing/frames.ts";

const OTHER = "did:plc:bob234567abcdefghijklmno";

function commit(rev: number, since: number | null, over: object = {}): CommitMessage {
  const fields = { rev: revOf(rev), since: since === null ? null : revOf(since), ...over };
  return decodeFrame(commitFrame([create("a")], fields)) as CommitMessage; // made as one
}

function account(active: boolean, time: string): AccountMessage {
  return decodeFrame(accountFrame({ active, time })) as AccountMessage; // made as one
}

describe("RepoOrder", () => {
  it("counts a commit whose predecessor never came, once", () => {
    const order = new RepoOrder();
    for (const one of [commit(1, null), commit(2, 1), commit(5, 4), commit(6, 5)]) {
      expect(order.commit(one, 1)).toBeNull();
    }
    expect(order.gaps).toBe(1);
  });

  it("refuses a revision that is not above the one before it on the same connection", () => {
    const order = new RepoOrder();
    order.commit(commit(3, 2), 1);
    expect(order.commit(commit(3, 2), 1)).toMatchObject({ reason: "rev_order" });
    expect(order.commit(commit(2, 1), 1)).toMatchObject({ reason: "rev_order" });
    expect(order.commit(commit(2, 1, { repo: OTHER }), 1)).toBeNull();
    expect(order.gaps).toBe(0);
  });

  it("takes what another connection repeats, and finds no gap in it", () => {
    const order = new RepoOrder();
    for (const rev of [1, 2, 3]) order.commit(commit(rev, rev - 1), 1);
    for (const rev of [2, 3, 4]) expect(order.commit(commit(rev, rev - 1), 2)).toBeNull();
    expect(order.gaps).toBe(0);
  });

  it("finds a gap between two connections", () => {
    const order = new RepoOrder();
    order.commit(commit(1, null), 1);
    order.commit(commit(3, 2), 2);
    expect(order.gaps).toBe(1);
  });

  it("takes a sync as the state to follow on", () => {
    const order = new RepoOrder();
    order.commit(commit(1, null), 1);
    order.sync(decodeFrame(syncFrame({ rev: revOf(7) })) as SyncMessage, 1); // made as one
    expect(order.commit(commit(8, 7), 1)).toBeNull();
    expect(order.gaps).toBe(0);
  });

  it("refuses commits of an account that is not active, but not those from before", () => {
    const order = new RepoOrder();
    order.account(account(false, "2026-07-04T00:00:02.000Z"));
    expect(order.commit(commit(1, null, { time: "2026-07-04T00:00:01.000Z" }), 1)).toBeNull();
    const later = { time: "2026-07-04T00:00:03.000Z" };
    expect(order.commit(commit(2, 1, later), 1)).toMatchObject({ reason: "account_inactive" });
    order.account(account(true, "2026-07-04T00:00:04.000Z"));
    expect(order.commit(commit(2, 1, later), 1)).toBeNull();
  });

  it("remembers as many repos as its limit, and forgets the one silent for longest", () => {
    expect(REPOS_MAX).toBe(100_000);
    const order = new RepoOrder(2);
    const repo = (name: string) => ({ repo: `did:plc:${name}` });
    order.commit(commit(1, null, repo("a")), 1);
    order.commit(commit(1, null, repo("b")), 1);
    order.commit(commit(2, 1, repo("a")), 1);
    order.commit(commit(1, null, repo("c")), 1);
    expect(order.size).toBe(2);
    expect(order.commit(commit(1, null, repo("b")), 1)).toBeNull();
    expect(order.size).toBe(2);
    expect(order.gaps).toBe(0);
  });
});
