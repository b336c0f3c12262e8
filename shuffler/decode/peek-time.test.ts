import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../test/support/property-seed.ts";
import { CidLink } from "../cbor/encode.ts";
import {
  accountFrame,
  cidOf,
  commitFrame,
  create,
  DID,
  errorFrame,
  frameOf,
  identityFrame,
  POST,
  REV,
  syncFrame,
  TIME,
} from "../testing/frames.ts";
import { PLC_DID_LENGTH, TID_LENGTH } from "./fields.ts";
import { decodeFrame } from "./frame.ts";
import { FRAME_BYTES_MAX } from "./limits.ts";
import { peekTimeMs } from "./peek-time.ts";

const TIME_MS = Date.parse(TIME);

describe("peekTimeMs", () => {
  it.each([
    ["a commit", commitFrame([create("a")])],
    ["a commit without operations", commitFrame([])],
    ["a delete", commitFrame([{ action: "delete", path: "app.bsky.feed.post/a" }])],
    ["a commit of many", commitFrame(Array.from({ length: 30 }, (_, i) => create(`r${i}`)))],
    ["a commit with a long path", commitFrame([create("r".repeat(300))])],
    ["a commit of a did:web", commitFrame([create("a")], { repo: "did:web:example.com" })],
    ["a sync", syncFrame()],
    ["an identity", identityFrame()],
    ["an account", accountFrame()],
  ])("finds the time of %s", (_, frame) => {
    expect(peekTimeMs(frame)).toBe(TIME_MS);
  });

  it.each([
    ["an error", errorFrame("FutureCursor", "")],
    ["an info", frameOf("#info", { name: "OutdatedCursor" })],
    ["a time that is no instant", commitFrame([create("a")], { time: "2026-02-31T00:00:00.000Z" })],
    ["no frame", new Uint8Array([0xff])],
    ["a frame that is too long", new Uint8Array(FRAME_BYTES_MAX + 1)],
  ])("finds none in %s", (_, frame) => {
    expect(peekTimeMs(frame)).toBeNull();
  });

  it("says where revision and account of a usual commit stand, and of no other frame", () => {
    const places = { revAt: 0, didAt: 0 };
    const frame = Buffer.from(commitFrame([create("a")], { commit: new CidLink(cidOf(POST)) }));
    peekTimeMs(frame, places);
    expect(frame.toString("latin1", places.revAt, places.revAt + TID_LENGTH)).toBe(REV);
    expect(frame.toString("latin1", places.didAt, places.didAt + PLC_DID_LENGTH)).toBe(DID);
    peekTimeMs(identityFrame(), places);
    expect(places.revAt).toBe(-1);
  });

  it("finds what the decoder finds, and never throws, whatever is cut off or wrong", () => {
    const frame = commitFrame([create("a"), { action: "delete", path: "app.bsky.feed.post/b" }]);
    const changed = fc.tuple(fc.nat(frame.length), fc.nat(frame.length - 1), fc.nat(255));
    fc.assert(
      fc.property(changed, ([length, at, byte]) => {
        const bytes = Uint8Array.from(frame).subarray(0, length);
        if (at < length) bytes[at] = byte;
        const timeMs = peekTimeMs(bytes);
        const message = decodeFrame(bytes);
        if ("timeMs" in message) expect(timeMs).toBe(message.timeMs);
      }),
      { numRuns: 2000 },
    );
  });
});
