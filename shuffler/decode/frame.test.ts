import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CidLink } from "../cbor/encode.ts";
import {
  accountFrame,
  carOf,
  cborOf,
  cidOf,
  commitBody,
  commitFrame,
  create,
  DID,
  errorFrame,
  frameOf,
  identityFrame,
  POST,
  REV,
  syncFrame,
} from "../testing/frames.ts";
import { cidToString } from "./cid.ts";
import { decodeFrame, peekSequence } from "./frame.ts";
import {
  BLOCKS_BYTES_MAX,
  COMMIT_OPS_MAX,
  FRAME_BYTES_MAX,
  RECORD_BYTES_MAX,
  RECORD_DEPTH_MAX,
} from "./limits.ts";
import type { CommitMessage, DecodedMessage } from "./message.ts";

/** Reason of a message refused as a whole, else of its first refused operation. */
function reasonOf(message: DecodedMessage): string {
  if (message.kind === "rejected") return message.reason;
  if (message.kind === "commit") return message.rejected[0]?.reason ?? "none";
  return "none";
}

function commitOf(frame: Uint8Array): CommitMessage {
  const message = decodeFrame(frame);
  if (message.kind !== "commit") throw new Error(`not a commit: ${reasonOf(message)}`);
  return message;
}

/** A map with one list of the given size as a record, `bytes` long in all. */
function recordOfBytes(bytes: number): Uint8Array {
  return cborOf({ b: new Uint8Array(bytes - 8) });
}

describe("decodeFrame", () => {
  it("gives a commit's operations with their records as views into the frame", () => {
    const frame = commitFrame([create("a"), { action: "delete", path: "app.bsky.feed.like/b" }]);
    const commit = commitOf(frame);
    expect(commit).toMatchObject({ kind: "commit", did: DID, seq: 7, rev: REV, rejected: [] });
    expect(commit.timeMs).toBe(Date.parse("2026-07-04T00:00:01.250Z"));
    const [first, second] = commit.ops;
    expect(first).toMatchObject({ action: "create", collection: "app.bsky.feed.post", rkey: "a" });
    expect(second).toMatchObject({ action: "delete", collection: "app.bsky.feed.like", rkey: "b" });
    expect(second).toMatchObject({ cidAt: -1, record: new Uint8Array() });
    if (first?.action !== "create") throw new Error("not a create");
    expect(first.cid).toBe(cidToString(cidOf(POST)));
    expect(Buffer.compare(first.record, POST)).toBe(0);
    expect(first.record.buffer).toBe(frame.buffer);
    expect(first.sorted).toBe(true);
  });

  it("takes a record whose keys are out of order, and says so", () => {
    const record = Buffer.from("\xa2\x62bb\x01\x61a\x01", "latin1");
    expect(commitOf(commitFrame([create("a", record)])).ops).toMatchObject([
      { record, sorted: false },
    ]);
  });

  it("reads sync, identity and account messages", () => {
    expect(decodeFrame(syncFrame())).toMatchObject({ kind: "sync", did: DID, seq: 8, rev: REV });
    expect(decodeFrame(identityFrame())).toMatchObject({ kind: "identity", handle: "alice.test" });
    expect(decodeFrame(identityFrame({ handle: null }))).toMatchObject({ handle: null });
    expect(decodeFrame(accountFrame())).toMatchObject({ active: true, status: null });
    const gone = accountFrame({ active: false, status: "deleted" });
    expect(decodeFrame(gone)).toMatchObject({ active: false, status: "deleted" });
  });

  it("tells info and error frames apart from messages", () => {
    const info = frameOf("#info", { name: "OutdatedCursor", message: "too old" });
    expect(decodeFrame(info)).toEqual({
      kind: "info",
      name: "OutdatedCursor",
      message: "too old",
    });
    expect(decodeFrame(errorFrame("FutureCursor", "no"))).toEqual({
      kind: "error",
      name: "FutureCursor",
      message: "no",
    });
  });

  it("ignores unknown and legacy fields, and takes a `tooBig` commit as one without operations", () => {
    const extra = commitFrame([create("a")], { brandNew: { deep: [1, null] }, prev: null });
    expect(commitOf(extra).ops).toHaveLength(1);
    const tooBig = commitFrame([], { tooBig: true, blocks: new Uint8Array(), ops: [] });
    expect(commitOf(tooBig).ops).toEqual([]);
  });

  it.each<[string, Uint8Array]>([
    ["bad_frame", new Uint8Array()],
    ["bad_frame", Uint8Array.of(0x9f, 0xff)],
    ["bad_frame", Buffer.concat([identityFrame(), Uint8Array.of(0)])],
    ["bad_frame", accountFrame({ active: "yes" })],
    ["bad_frame", frameOf("#account", { did: DID, seq: 1, time: "2026-07-04T00:00:00Z" })],
    ["bad_header", Buffer.concat([cborOf({ op: 2, t: "#commit" }), cborOf({})])],
    ["unknown_type", frameOf("#migrate", { seq: 1 })],
    ["bad_did", commitFrame([], { repo: "did:plc:" })],
    ["bad_did", identityFrame({ did: "alice.test" })],
    ["bad_seq", identityFrame({ seq: -4 })],
    ["bad_time", identityFrame({ time: "2026-02-30T00:00:00Z" })],
    ["bad_time", identityFrame({ time: "yesterday" })],
    ["bad_rev", syncFrame({ rev: "0000000000000" })],
    ["bad_handle", identityFrame({ handle: "-alice" })],
    ["bad_car", syncFrame({ blocks: Uint8Array.of(5, 1) })],
    ["bad_car", commitFrame([create("a")], { blocks: carOf([POST]).subarray(0, -1) })],
    ["missing_block", commitFrame([create("a")], { blocks: carOf([cborOf({ other: 1 })]) })],
    ["missing_block", commitFrame([create("a")], { blocks: new Uint8Array(), tooBig: true })],
    ["bad_action", commitFrame([{ action: "rename", path: "app.bsky.feed.post/a" }])],
    ["bad_collection", commitFrame([{ action: "delete", path: "app.bsky.>/a" }])],
    ["bad_collection", commitFrame([{ action: "delete", path: "nothing" }])],
    ["bad_rkey", commitFrame([{ action: "delete", path: "app.bsky.feed.post/a b" }])],
    ["bad_rkey", commitFrame([{ action: "delete", path: "app.bsky.feed.post/.." }])],
    ["bad_record", commitFrame([create("a", cborOf(["no map"]))])],
    ["bad_record", commitFrame([create("a", Buffer.concat([POST, POST]))])],
    ["bad_utf8", commitFrame([create("a", Uint8Array.of(0xa1, 0x61, 0x61, 0x62, 0xc3, 0x28))])],
  ])("refuses with %s what is wrong in that place", (reason, frame) => {
    expect(reasonOf(decodeFrame(frame))).toBe(reason);
  });

  it("reads of each message its own fields, and ignores all others whatever they hold", () => {
    const over = { repo: "did:plc:bob234567abcdefghijklmno", rev: 5, blocks: "x", ops: null };
    for (const frame of [identityFrame(over), accountFrame(over)]) {
      expect(decodeFrame(frame)).toMatchObject({ did: DID });
      expect(reasonOf(decodeFrame(frame))).toBe("none");
    }
    expect(decodeFrame(syncFrame({ repo: over.repo, ops: null }))).toMatchObject({ did: DID });
    const commit = decodeFrame(commitFrame([create("a")], { did: 5, handle: 5, active: 5 }));
    expect(commit).toMatchObject({ kind: "commit", did: DID, rejected: [] });
  });

  it.each([0x1b, 0x3b])("ignores an integer of 64 bits that nobody reads, head %i", (head) => {
    const extra = (bytes: readonly number[]) => {
      const body = Buffer.from(cborOf({ did: DID, seq: 9, time: "2026-07-04T00:00:00Z" }));
      body[0] = (body[0] ?? 0) + 1;
      return Buffer.concat([
        cborOf({ op: 1, t: "#identity" }),
        body,
        cborOf("zzzzz"),
        Buffer.from(bytes),
      ]);
    };
    expect(reasonOf(decodeFrame(extra([head, ...new Array(8).fill(0xff)])))).toBe("none");
    expect(reasonOf(decodeFrame(extra([head, 0, 0, 0, 0, 1, 1, 1, 1])))).toBe("bad_frame");
    expect(reasonOf(decodeFrame(extra([head, 1, 1, 1])))).toBe("bad_frame");
  });

  it("refuses a field that is there twice, or is missing", () => {
    const body = Buffer.from(cborOf({ did: DID, seq: 9, time: "2026-07-04T00:00:00Z" }));
    body[0] = (body[0] ?? 0) + 1;
    const twice = Buffer.concat([
      cborOf({ op: 1, t: "#identity" }),
      body,
      cborOf("seq"),
      cborOf(9),
    ]);
    expect(reasonOf(decodeFrame(twice))).toBe("bad_frame");
    for (const name of ["commit", "since", "blocks", "ops"]) {
      const { [name]: _, ...rest } = commitBody([create("a")]);
      expect(reasonOf(decodeFrame(frameOf("#commit", rest))), name).toBe("bad_frame");
    }
  });

  it("takes a commit without the deprecated fields, and with a null for what may be left out", () => {
    const { blobs: _b, tooBig: _t, rebase: _r, ...rest } = commitBody([create("a")]);
    expect(reasonOf(decodeFrame(frameOf("#commit", rest)))).toBe("none");
    expect(reasonOf(decodeFrame(commitFrame([create("a")], { blobs: null, prevData: null })))).toBe(
      "none",
    );
  });

  const cut = new CidLink(cidOf(POST).subarray(0, 30));
  const second = new CidLink(Buffer.concat([Buffer.of(2), cidOf(POST).subarray(1)]));
  it.each<[string, Parameters<typeof commitFrame>[1]]>([
    ["bad_frame", { commit: null }],
    ["bad_cid", { commit: cut }],
    ["bad_cid", { prevData: cut }],
    ["bad_cid", { prevData: second }],
    ["bad_frame", { prevData: "x" }],
    ["bad_frame", { prev: 5 }],
    ["bad_cid", { prev: cut }],
    ["bad_frame", { blobs: 5 }],
    ["bad_frame", { blobs: ["x"] }],
    ["bad_frame", { tooBig: 1 }],
    ["bad_frame", { rebase: null }],
    ["bad_rev", { since: "x" }],
    ["bad_car", { blocks: new Uint8Array() }],
  ])("refuses a commit with %s that has another type in a field: %o", (reason, over) => {
    expect(reasonOf(decodeFrame(commitFrame([create("a")], over)))).toBe(reason);
  });

  it.each<[string, object]>([
    ["bad_cid", { action: "delete", cid: new CidLink(cidOf(POST)) }],
    ["bad_cid", { action: "create", cid: null }],
    ["bad_cid", { action: "create", cid: cut }],
    ["bad_cid", { action: "delete", cid: null, prev: cut }],
    ["bad_cid", { action: "delete", cid: null, prev: second }],
    ["bad_cid", { action: "delete" }],
  ])("refuses with %s an operation and takes its sibling: %o", (reason, fields) => {
    const good = {
      action: "create",
      path: "app.bsky.feed.post/good",
      cid: new CidLink(cidOf(POST)),
    };
    const ops = [good, { path: "app.bsky.feed.post/bad", ...fields }];
    const commit = commitOf(frameOf("#commit", { ...commitBody([create("good")]), ops }));
    expect(commit.ops.map((op) => op.rkey)).toEqual(["good"]);
    expect(commit.rejected.map((one) => one.reason)).toEqual([reason]);
  });

  it.each([
    ["two zero bytes", Buffer.concat([Buffer.of(0), cidOf(POST).subarray(1)]), false],
    ["a cut digest", cut.cid, false],
    ["version 2", second.cid, false],
    ["version 0", cidOf(POST).subarray(2), true],
    ["another hash", Buffer.from([1, 0x55, 0x1b, 2, 7, 7]), true],
  ])("takes a record for what its links are: %s", (_name, cid, isGood) => {
    const record = cborOf({ link: new CidLink(cid) });
    expect(reasonOf(decodeFrame(commitFrame([create("a", record)])))).toBe(
      isGood ? "none" : "bad_record",
    );
  });

  it("refuses a CAR whose header has a field twice, or something behind it", () => {
    const root = cborOf({ version: 3 });
    const car = Buffer.from(carOf([root, POST]));
    const header = car.subarray(1, 1 + (car[0] ?? 0));
    const twice = Buffer.concat([header, cborOf("version"), cborOf(1)]);
    twice[0] = (twice[0] ?? 0) + 1;
    for (const wrong of [twice, Buffer.concat([header, Buffer.of(0)])]) {
      const blocks = Buffer.concat([
        Buffer.of(wrong.length),
        wrong,
        car.subarray(1 + header.length),
      ]);
      expect(reasonOf(decodeFrame(commitFrame([create("a")], { blocks })))).toBe("bad_car");
    }
  });

  it("refuses text that is not UTF-8 in an identifier", () => {
    const frame = Buffer.from(identityFrame());
    frame[frame.indexOf("alice.test")] = 0xff;
    expect(reasonOf(decodeFrame(frame))).toBe("bad_utf8");
  });

  it("refuses a record that is not the one its CID names", () => {
    const frame = Buffer.from(commitFrame([create("a")]));
    frame[frame.indexOf("hello")] = 0x6a;
    expect(reasonOf(decodeFrame(frame))).toBe("bad_cid");
  });

  it("publishes the good operations of a commit that has a bad one", () => {
    const commit = commitOf(commitFrame([create("a"), create("b c"), create("d")]));
    expect(commit.ops.map((op) => op.rkey)).toEqual(["a", "d"]);
    expect(commit.rejected.map((one) => one.reason)).toEqual(["bad_rkey"]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "refuses a record with %d in it, and takes its siblings",
    (x) => {
      const odd = create("odd", cborOf({ x, y: [x] }));
      const good = ["a", "b"].map((rkey) => create(rkey, cborOf({ x: Number.MAX_VALUE })));
      const commit = commitOf(commitFrame([...good, odd, create("c")]));
      expect(commit.ops.map((op) => op.rkey)).toEqual(["a", "b", "c"]);
      expect(commit.rejected).toMatchObject([
        { reason: "bad_record", detail: "a number is not finite" },
      ]);
    },
  );

  it("takes each limit exactly and refuses one past it", () => {
    const padded = (bytes: number): Uint8Array => {
      const empty = identityFrame({ pad: new Uint8Array(70_000) });
      return identityFrame({ pad: new Uint8Array(bytes - empty.length + 70_000) });
    };
    expect(padded(FRAME_BYTES_MAX)).toHaveLength(FRAME_BYTES_MAX);
    expect(reasonOf(decodeFrame(padded(FRAME_BYTES_MAX)))).toBe("none");
    expect(reasonOf(decodeFrame(padded(FRAME_BYTES_MAX + 1)))).toBe("oversize_frame");

    const record = recordOfBytes(RECORD_BYTES_MAX);
    expect(record).toHaveLength(RECORD_BYTES_MAX);
    expect(reasonOf(decodeFrame(commitFrame([create("a", record)])))).toBe("none");
    const larger = recordOfBytes(RECORD_BYTES_MAX + 1);
    expect(reasonOf(decodeFrame(commitFrame([create("a", larger)])))).toBe("oversize_record");

    const ops = Array.from({ length: COMMIT_OPS_MAX }, (_, i) => create(`r${i}`));
    expect(commitOf(commitFrame(ops)).ops).toHaveLength(COMMIT_OPS_MAX);
    expect(reasonOf(decodeFrame(commitFrame([...ops, create("z")])))).toBe("too_many_ops");
  });

  it("takes blocks up to their limit and refuses one byte more", () => {
    const overhead = carOf([cborOf({ b: new Uint8Array(70_000) })]).length - 70_000;
    const blocks = (bytes: number): Uint8Array =>
      // The section's length takes one more varint byte from 2 MiB on, which is past the limit.
      carOf([cborOf({ b: new Uint8Array(bytes - overhead) })]);
    expect(blocks(BLOCKS_BYTES_MAX)).toHaveLength(BLOCKS_BYTES_MAX);
    const atLimit = commitFrame([], { blocks: blocks(BLOCKS_BYTES_MAX) });
    expect(reasonOf(decodeFrame(atLimit))).toBe("none");
    const past = commitFrame([], { blocks: blocks(BLOCKS_BYTES_MAX + 1) });
    expect(reasonOf(decodeFrame(past))).toBe("oversize_blocks");
    expect(reasonOf(decodeFrame(syncFrame({ blocks: blocks(BLOCKS_BYTES_MAX + 1) })))).toBe(
      "oversize_blocks",
    );
  });

  it("takes nesting up to its limit and refuses one level more", () => {
    const nested = (levels: number): Uint8Array =>
      Buffer.concat([
        ...Array.from({ length: levels - 1 }, () => Uint8Array.of(0xa1, 0x61, 0x61)),
        Uint8Array.of(0xa0),
      ]);
    const decode = (levels: number) => decodeFrame(commitFrame([create("a", nested(levels))]));
    expect(reasonOf(decode(RECORD_DEPTH_MAX))).toBe("none");
    expect(reasonOf(decode(RECORD_DEPTH_MAX + 1))).toBe("bad_record");
  });

  it("never throws on, and never misses the end of, damaged frames", () => {
    const frames = [
      commitFrame([create("a"), { action: "delete", path: "app.bsky.feed.like/b" }]),
      syncFrame(),
      identityFrame(),
      accountFrame({ status: "deactivated" }),
      commitFrame([create("a", cborOf({ l: new CidLink(cidOf(POST)), n: [1.5, -3, null, true] }))]),
    ];
    const damage = fc.record({
      frame: fc.constantFrom(...frames),
      flips: fc.array(fc.record({ at: fc.nat(), xor: fc.integer({ min: 1, max: 255 }) }), {
        maxLength: 8,
      }),
      cut: fc.nat(),
    });
    fc.assert(
      fc.property(damage, ({ frame, flips, cut }) => {
        const bytes = Buffer.from(frame);
        for (const { at, xor } of flips)
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ xor;
        const message = decodeFrame(
          bytes.subarray(0, cut % 4 === 0 ? cut % bytes.length : undefined),
        );
        expect(message.kind).toBeTypeOf("string");
        peekSequence(bytes);
      }),
      { numRuns: 5000 },
    );
  });

  it("never throws on arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeFrame(bytes).kind).toBeTypeOf("string");
      }),
    );
  });
});

describe("peekSequence", () => {
  it("finds the seq, and null where there is none", () => {
    expect(peekSequence(commitFrame([create("a")]))).toMatchObject({ seq: 7, isKnown: true });
    expect(peekSequence(frameOf("#labels", { seq: 8 }))).toMatchObject({ seq: 8, isKnown: false });
    expect(peekSequence(frameOf("#info", { name: "OutdatedCursor" }))).toBeNull();
    expect(peekSequence(Uint8Array.of(0xff))).toBeNull();
  });
});
