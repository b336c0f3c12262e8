import { describe, expect, it } from "vitest";
import type { CommitOp, IdentityMessage } from "./decode/message.ts";
import {
  accountId,
  commitOpId,
  endId,
  identityId,
  rejectedId,
  syncId,
  watermarkId,
} from "./identify.ts";
import { DID, REV } from "./testing/frames.ts";

const OP: CommitOp = { action: "delete", collection: "app.bsky.feed.post", rkey: "a" };
const RECORD = { record: new Uint8Array(), sorted: true };
const WRITE: CommitOp = { ...OP, ...RECORD, action: "create", cid: "bafyreia" };
const IDENTITY: IdentityMessage = {
  kind: "identity",
  did: DID,
  seq: 1,
  timeMs: 1000,
  handle: "alice.test",
};

describe("message ids", () => {
  it("never change: the server holds those of the last minutes across a release", () => {
    expect([
      commitOpId(DID, REV, OP),
      syncId(DID, REV),
      identityId(IDENTITY),
    ]).toMatchInlineSnapshot(`
      [
        "TCKzSpPaoYAgTL8sq2I5jMuzukBrLHVyktUK95eIul4",
        "2JctQbdYVxhVE44nDm6nb21-IQmYaJOTNZP_GGTh2b8",
        "4TkJIKxISKPS7Lvknb7brGMRAVe77GcNROyVEL7SdH0",
      ]
    `);
  });

  it("differ in every part of a commit operation", () => {
    const ids = [
      commitOpId(DID, REV, OP),
      commitOpId("did:plc:bob", REV, OP),
      commitOpId(DID, "3kabcdefghij3", OP),
      commitOpId(DID, REV, { ...OP, rkey: "b" }),
      commitOpId(DID, REV, { ...OP, collection: "app.bsky.feed.like" }),
      commitOpId(DID, REV, WRITE),
      commitOpId(DID, REV, { ...WRITE, action: "update" }),
      commitOpId(DID, REV, { ...WRITE, cid: "bafyreib" }),
      syncId(DID, REV),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("differ in every part of an account event", () => {
    const account = { kind: "account", did: DID, seq: 1, timeMs: 1, active: true } as const;
    const ids = [
      accountId({ ...account, status: null }),
      accountId({ ...account, active: false, status: null }),
      accountId({ ...account, timeMs: 2, status: null }),
      accountId({ ...account, did: "did:plc:bob", status: null }),
      accountId({ ...account, status: "deleted" }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("do not depend on the relay's seq", () => {
    expect(identityId({ ...IDENTITY, seq: 2 })).toBe(identityId(IDENTITY));
    const account = { kind: "account", did: DID, timeMs: 1, active: true, status: null } as const;
    expect(accountId({ ...account, seq: 1 })).toBe(accountId({ ...account, seq: 2 }));
  });

  it("have at most 64 characters", () => {
    const ids = [
      commitOpId(`did:plc:${"a".repeat(2000)}`, REV, OP),
      rejectedId("bad_frame", 0, new Uint8Array(100)),
      watermarkId(99, 253_402_300_799),
      endId(99),
    ];
    for (const id of ids) expect(id.length).toBeLessThanOrEqual(64);
  });
});
