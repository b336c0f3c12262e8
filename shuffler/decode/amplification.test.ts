// A frame costs no more than its bytes can be worth, whatever is in it: what a hostile host sends slows down nobody else.

import { describe, expect, it } from "vitest";
import { SKIPPED_ITEMS_MAX } from "../cbor/cursor.ts";
import { Shuffler } from "../shuffle.ts";
import {
  carOf,
  cborOf,
  commitBody,
  commitFrame,
  create,
  frameOf,
  identityFrame,
} from "../testing/frames.ts";
import { hostileFrames, workOn } from "../testing/hostile-frames.ts";
import { decodeFrame } from "./frame.ts";
import {
  COMMIT_BLOCKS_MAX,
  COMMIT_RECORDS_BYTES_MAX,
  FRAME_BYTES_MAX,
  FRAME_FIELDS_MAX,
  RECORD_BYTES_MAX,
} from "./limits.ts";
import type { DecodedMessage } from "./message.ts";

/** Output for one frame: what its records may come to, and as much again for all that stands around 200 of them. */
const OUTPUT_BYTES_MAX = 2 * COMMIT_RECORDS_BYTES_MAX;

function newShuffler(): Shuffler {
  return new Shuffler({ partitions: 1, maxPayloadBytes: 8_000_000, relay: "relay.test" });
}

function reasonOf(message: DecodedMessage): string {
  if (message.kind === "rejected") return message.reason;
  return message.kind === "commit" ? (message.rejected[0]?.reason ?? "none") : "none";
}

describe("the output of a frame is bounded", () => {
  it.each(Object.entries(hostileFrames()))("of %s", (_name, frame) => {
    expect(frame.length).toBeLessThanOrEqual(FRAME_BYTES_MAX);
    const messages = workOn(frame, newShuffler());
    const bytes = messages.reduce((sum, { payload }) => sum + payload.length, 0);
    expect(bytes).toBeLessThanOrEqual(OUTPUT_BYTES_MAX);
    const slabs = new Set(messages.map(({ payload }) => payload.buffer));
    slabs.delete(frame.buffer as ArrayBuffer); // never shared
    const memory = [...slabs].reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(memory).toBeLessThanOrEqual(OUTPUT_BYTES_MAX);
  });
});

describe("a commit's records", () => {
  const half = cborOf({ b: new Uint8Array(RECORD_BYTES_MAX - 8) });
  const named = (count: number, more: Uint8Array) =>
    decodeFrame(
      commitFrame(
        [...Array.from({ length: count }, (_, i) => create(`r${i}`, half)), create("z", more)],
        {
          blocks: carOf([cborOf({ version: 3 }), ...new Set([half, more])]),
        },
      ),
    );

  it("may come to so many bytes, and the operation of one more is refused", () => {
    const full = named(COMMIT_RECORDS_BYTES_MAX / RECORD_BYTES_MAX - 1, half);
    expect(reasonOf(full)).toBe("none");
    const small = cborOf({ b: 1 });
    const more = named(COMMIT_RECORDS_BYTES_MAX / RECORD_BYTES_MAX, small);
    expect(more).toMatchObject({
      ops: Array.from({ length: 4 }, () => ({ collection: "app.bsky.feed.post" })),
      rejected: [{ reason: "oversize_commit" }],
    });
  });

  it("that are one block are one view of it, and refused for its one reason", () => {
    const message = decodeFrame(commitFrame([create("a"), create("b"), create("c")]));
    if (message.kind !== "commit") expect.fail(message.kind);
    const records = message.ops.map((op) => (op.action === "delete" ? null : op.record));
    expect(new Set(records).size).toBe(1);
    const bad = decodeFrame(
      commitFrame([create("a", cborOf([])), create("b", cborOf([])), create("c")]),
    );
    expect(bad).toMatchObject({
      ops: [{ collection: "app.bsky.feed.post" }],
      rejected: [{ reason: "bad_record" }, { reason: "bad_record" }],
    });
  });
});

describe("what nobody reads", () => {
  it("may be so many fields, and no more", () => {
    const fields = (count: number) =>
      identityFrame(Object.fromEntries(Array.from({ length: count - 4 }, (_, i) => [`x${i}`, 1])));
    expect(reasonOf(decodeFrame(fields(FRAME_FIELDS_MAX)))).toBe("none");
    expect(reasonOf(decodeFrame(fields(FRAME_FIELDS_MAX + 1)))).toBe("bad_frame");
  });

  it("may be so many items, and no more", () => {
    const items = (count: number) =>
      identityFrame({ x: Array.from({ length: count - 1 }, () => 0) });
    expect(reasonOf(decodeFrame(items(SKIPPED_ITEMS_MAX)))).toBe("none");
    expect(reasonOf(decodeFrame(items(SKIPPED_ITEMS_MAX + 1)))).toBe("bad_frame");
  });
});

it("may have so many blocks, and no more", () => {
  const blocks = (count: number) =>
    carOf(Array.from({ length: count }, (_, i) => cborOf({ [i]: 1 })));
  const reason = (count: number) =>
    reasonOf(decodeFrame(commitFrame([], { blocks: blocks(count) })));
  expect(reason(COMMIT_BLOCKS_MAX)).toBe("none");
  expect(reason(COMMIT_BLOCKS_MAX + 1)).toBe("oversize_blocks");
});

it("gives a block to the operation that names it, however many operations and blocks there are", () => {
  const records = Array.from({ length: 150 }, (_, i) => cborOf({ text: `text ${i}` }));
  const frame = frameOf(
    "#commit",
    commitBody(
      records.map((record, i) => create(`r${i}`, record)),
      {
        blocks: carOf([cborOf({ version: 3 }), ...records.toReversed(), ...records]),
      },
    ),
  );
  const message = decodeFrame(frame);
  if (message.kind !== "commit") expect.fail(message.kind);
  const found = message.ops.map((op) => (op.action === "delete" ? null : Buffer.from(op.record)));
  expect(found).toEqual(records.map((record) => Buffer.from(record)));
});
