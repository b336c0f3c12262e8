import { describe, expect, it } from "vitest";
import { bufferOf, CborCursor } from "../cbor/cursor.ts";
import { type CborValue, CidLink } from "../cbor/encode.ts";
import {
  carOf,
  cborOf,
  cidOf,
  commitBody,
  create,
  DID,
  frameOf,
  POST,
  REV,
} from "../testing/frames.ts";
import { CID_BYTES } from "./cid.ts";
import { checkedCommit, readCommit } from "./commit.ts";
import type { FrameCommit } from "./frame-commit.ts";
import { catchMalformed } from "./rejection.ts";
import { readUsualCommit } from "./usual-commit.ts";

const COMMIT_BLOCK = cborOf({
  did: DID,
  rev: REV,
  sig: new Uint8Array(64).fill(7),
  data: new CidLink(cidOf(POST)),
  prev: null,
  version: 3,
});
const COMMIT_CID = new CidLink(cidOf(COMMIT_BLOCK));
const RKEY = "3kabcdefghij3";

/** A commit as relays send it. */
function bodyOf(over: { readonly [key: string]: CborValue } = {}) {
  return commitBody([create(RKEY)], {
    commit: COMMIT_CID,
    prevData: new CidLink(cidOf(COMMIT_BLOCK)),
    since: REV,
    blocks: carOf([COMMIT_BLOCK, POST]),
    ...over,
  });
}

function op(fields: { readonly [key: string]: CborValue }) {
  return {
    action: "create",
    path: `app.bsky.feed.post/${RKEY}`,
    cid: new CidLink(cidOf(POST)),
    ...fields,
  };
}

const USUAL: Readonly<Record<string, Uint8Array>> = {
  create: frameOf("#commit", bodyOf()),
  "the first of a repo": frameOf("#commit", bodyOf({ since: null })),
  delete: frameOf(
    "#commit",
    bodyOf({ ops: [op({ action: "delete", cid: null, prev: COMMIT_CID })] }),
  ),
  update: frameOf("#commit", bodyOf({ ops: [op({ action: "update", prev: COMMIT_CID })] })),
  "another key": frameOf("#commit", bodyOf({ ops: [op({ path: "app.bsky.actor.profile/self" })] })),
  "several operations": frameOf("#commit", bodyOf({ ops: [op({}), op({}), op({})] })),
  "no operation": frameOf("#commit", bodyOf({ ops: [] })),
  ...Object.fromEntries(
    [23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER].map((seq) => [
      `seq ${seq}`,
      frameOf("#commit", bodyOf({ seq })),
    ]),
  ),
};

const { prevData: _, ...LEGACY } = bodyOf();

const UNUSUAL: Readonly<Record<string, Uint8Array>> = {
  "another method": frameOf("#commit", bodyOf({ repo: "did:web:alice.example.com" })),
  "a blob": frameOf("#commit", bodyOf({ blobs: [COMMIT_CID] })),
  "too big": frameOf("#commit", bodyOf({ tooBig: true })),
  "a time of another form": frameOf("#commit", bodyOf({ time: "2026-07-04T00:00:01+00:00" })),
  "a field more": frameOf("#commit", bodyOf({ zzzzzzzzzz: 1 })),
  "a collection that is none": frameOf("#commit", bodyOf({ ops: [op({ path: `posts/${RKEY}` })] })),
  "a path that is not ASCII": frameOf(
    "#commit",
    bodyOf({ ops: [op({ path: "app.bsky.feed.post/é" })] }),
  ),
  "another action": frameOf("#commit", bodyOf({ ops: [op({ action: "upsert" })] })),
  "a negative seq": frameOf("#commit", bodyOf({ seq: -7 })),
  "more behind it": Buffer.concat([frameOf("#commit", bodyOf()), Uint8Array.of(0)]),
  "another type": frameOf("#sync", bodyOf()),
};

/** What a commit says, texts and all. */
function plain(commit: FrameCommit) {
  const { frame, kind, did, seq, timeMs, rev, ops, rejected } = commit;
  const text = (start: number, end: number) =>
    start < 0 ? null : frame.toString("latin1", start, end);
  return {
    kind,
    did,
    seq,
    timeMs,
    rev,
    rejected,
    since: text(commit.sinceAt, commit.sinceEnd),
    prevData: text(commit.prevDataAt, commit.prevDataEnd),
    data: text(commit.dataAt, commit.dataAt + CID_BYTES),
    commit: text(commit.commitAt, commit.commitAt + CID_BYTES),
    ops: ops.map(({ action, collection, rkey, cidAt, cidEnd, prevAt, prevEnd, record, sorted }) => {
      const prev = text(prevAt, prevEnd);
      return { action, collection, rkey, cid: text(cidAt, cidEnd), prev, record, sorted };
    }),
  };
}

/** As the reader of any commit has it. */
function byFields(frame: Buffer) {
  return catchMalformed(() => {
    const cursor = new CborCursor(frame, "bad_frame");
    cursor.skip();
    const message = readCommit(cursor);
    cursor.assertEnd();
    return plain(checkedCommit(message));
  });
}

function byComparing(frame: Buffer) {
  const usual = readUsualCommit(frame);
  return usual === null ? null : catchMalformed(() => plain(checkedCommit(usual)));
}

describe("a commit as nearly all are", () => {
  it.each([...Object.entries(USUAL), ["without prevData", frameOf("#commit", LEGACY)] as const])(
    "is read as any commit is: %s",
    (_name, bytes) => {
      const frame = bufferOf(bytes);
      const read = byComparing(frame);
      expect(read).not.toBeNull();
      expect(read).toEqual(byFields(frame));
      expect(read).toMatchObject({ kind: "commit", did: DID, rev: REV });
    },
  );

  it.each(Object.entries(UNUSUAL))("is left to the reader of any commit: %s", (_name, bytes) => {
    expect(readUsualCommit(bufferOf(bytes))).toBeNull();
  });

  it("is never read otherwise, wherever it is damaged or cut off", () => {
    let read = 0;
    for (const name of ["create", "update", "delete"]) {
      const frame = bufferOf(USUAL[name] ?? new Uint8Array());
      for (let at = 0; at < frame.length; at += 1) {
        expect(readUsualCommit(frame.subarray(0, at)), `cut off at byte ${at}`).toBeNull();
        for (const bits of [1, 2, 8, 0x20, 0x80, 0xff]) {
          const damaged = Buffer.from(frame);
          damaged[at] = (damaged[at] ?? 0) ^ bits;
          const found = byComparing(damaged);
          if (found === null) continue;
          read += 1;
          expect(found, `byte ${at}, bits ${bits}`).toEqual(byFields(damaged));
        }
      }
    }
    expect(read).toBeGreaterThan(1000);
  });
});
