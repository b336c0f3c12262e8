import { describe, expect, it } from "vitest";
import { Shuffler } from "./shuffle.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import { tidOf } from "./sources/tid.ts";
import { repoRevOf, STORED_REV_AHEAD_MS_MAX, StoredRevs } from "./stored-revs.ts";
import {
  accountFrame,
  commitFrame,
  create,
  DID,
  identityFrame,
  revOf,
  syncFrame,
} from "./testing/frames.ts";

const OTHER = "did:plc:bob234567abcdefghijklmno";

function eventsOf(raw: Uint8Array, relay = "relay"): ShuffledMessage[] {
  const shuffler = new Shuffler({ partitions: 2, maxPayloadBytes: 1_000_000, relay });
  return shuffler.push({ kind: "frame", position: 0, raw });
}

function eventOf(rev: string, repo = DID, relay = "relay"): ShuffledMessage {
  return eventsOf(commitFrame([create("a")], { rev, repo }), relay)[0] ?? expect.fail("none");
}

const ANY_TIME = { relay: null, nowMs: () => null } as const;

describe("repoRevOf", () => {
  it("reads repo and revision out of what the shuffler publishes of commits and syncs", () => {
    const rev = revOf(3);
    const commit = commitFrame([create("a"), { action: "delete", path: "app.bsky.feed.post/b" }], {
      rev,
    });
    const [created, deleted] = eventsOf(commit);
    for (const one of [created, deleted, eventsOf(syncFrame({ rev }))[0]]) {
      expect(repoRevOf(one ?? expect.fail("none"))).toEqual({ did: DID, rev });
    }
  });

  it("finds none in an identity, an account, a watermark, a refusal, or what is no event", () => {
    const others = [identityFrame(), accountFrame(), Buffer.from("no frame")].flatMap((raw) =>
      eventsOf(raw),
    );
    expect(others.map(repoRevOf)).toEqual(others.map(() => null));
    expect(others.some(({ subject }) => subject.endsWith(".watermark"))).toBe(true);
    for (const payload of [Buffer.from([0xff]), Buffer.from([0xa1, 0x63]), Buffer.from("text")]) {
      expect(repoRevOf({ ...eventOf(revOf(1)), payload })).toBeNull();
    }
  });
});

describe("StoredRevs", () => {
  it("knows the greatest of each repo, in whichever order they are stored", () => {
    const revs = new StoredRevs(ANY_TIME);
    for (const rev of [2, 5, 4]) revs.note(eventOf(revOf(rev)));
    revs.note(eventOf(revOf(1), OTHER));
    expect(revs.above(eventOf(revOf(4)))).toBe(revOf(5));
    expect(revs.above(eventOf(revOf(6)))).toBeNull();
    expect(revs.above(eventOf(revOf(2), OTHER))).toBeNull();
  });

  it("lets the other operations of a revision follow that is stored in part", () => {
    const revs = new StoredRevs(ANY_TIME);
    revs.note(eventOf(revOf(5)));
    expect(revs.above(eventOf(revOf(5)))).toBeNull();
  });

  it("of a file takes only what came out of that", () => {
    const revs = new StoredRevs({ ...ANY_TIME, relay: "a.frames" });
    revs.note(eventOf(revOf(9), DID, "live.relay"));
    expect(revs.above(eventOf(revOf(1)))).toBeNull();
    revs.note(eventOf(revOf(4), DID, "a.frames"));
    expect(revs.above(eventOf(revOf(1)))).toBe(revOf(4));
  });

  it("lets a revision order nothing that is further ahead of our clock than may be", () => {
    const nowMs = Date.parse("2026-07-04T00:00:00Z");
    const revs = new StoredRevs({ relay: null, nowMs: () => nowMs });
    const ahead = (ms: number) => tidOf((nowMs + STORED_REV_AHEAD_MS_MAX + ms) * 1000, 1023);
    revs.note(eventOf(ahead(1)));
    expect(revs.size).toBe(0);
    revs.note(eventOf(ahead(0)));
    expect(revs.above(eventOf(revOf(1)))).toBe(ahead(0));
  });

  it("forgets the repo that was stored longest ago, at one past the limit", () => {
    const revs = new StoredRevs({ ...ANY_TIME, reposMax: 2 });
    for (const repo of ["a", "b", "a", "c"]) revs.note(eventOf(revOf(5), `did:plc:${repo}`));
    expect(revs.size).toBe(2);
    const known = ["a", "b", "c"].map((repo) => revs.above(eventOf(revOf(1), `did:plc:${repo}`)));
    expect(known).toEqual([revOf(5), null, revOf(5)]);
    revs.clear();
    expect(revs.size).toBe(0);
  });
});
