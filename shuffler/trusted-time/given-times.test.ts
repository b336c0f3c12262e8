import { describe, expect, it } from "vitest";
import { CidLink } from "../cbor/encode.ts";
import { type CommitPlaces, peekTimeMs } from "../decode/peek-time.ts";
import {
  cidOf,
  commitFrame,
  create,
  DID,
  identityFrame,
  revOf,
  syncFrame,
} from "../testing/frames.ts";
import { GivenTimes, NEW_FRAME } from "./given-times.ts";
import { GIVEN_FRAMES } from "./limits.ts";

const T0 = Date.parse("2026-07-04T12:00:00Z");
const FEW = 8;

/** Notes a frame as `TimedSource` does. */
function note(known: GivenTimes, frame: Uint8Array): number {
  const places: CommitPlaces = { revAt: -1, didAt: -1 };
  const claimMs = peekTimeMs(frame, places);
  return known.note(frame, claimMs ?? Number.NaN, places);
}

/** Posts of one text, all at one claimed time. */
const post = (i: number, over: Parameters<typeof commitFrame>[1] = {}): Uint8Array =>
  commitFrame([create("a")], { seq: 7, rev: revOf(i), commit: COMMIT, ...over });
/** The same without a field that all commits ought to have. */
const unusual = (i: number, over: Parameters<typeof commitFrame>[1] = {}): Uint8Array =>
  commitFrame([create("a")], { seq: 7, rev: revOf(i), ...over });
const COMMIT = new CidLink(cidOf(new Uint8Array()));
const OTHER_DID = DID.replace("alice", "carol");

describe("frames that are given again", () => {
  it("have the times of the first giving", () => {
    const known = new GivenTimes();
    expect([note(known, post(1)), note(known, post(2))]).toEqual([NEW_FRAME, NEW_FRAME]);
    expect([note(known, post(2)), note(known, post(1))]).toEqual([1, 0]);
    known.decide(T0 - 7);
    expect([known.timeMs(0), known.timeMs(1)]).toEqual([T0 - 7, null]);
    known.decide(T0 + 3);
    expect(known.timeMs(1)).toBe(T0 + 3);
  });

  it.each([
    ["revision", post(1), post(2)],
    ["account", post(1), post(1, { repo: OTHER_DID })],
    ["revision, though a field is missing", unusual(1), unusual(2)],
    ["account, though a field is missing", unusual(1), unusual(1, { repo: OTHER_DID })],
    ["account on another server", post(1), post(1, { repo: "did:web:alice.example" })],
    ["claim", post(1), post(1, { time: "2026-07-04T00:00:01.251Z" })],
    ["handle", identityFrame(), identityFrame({ handle: "alici.test" })],
    ["account of a handle", identityFrame(), identityFrame({ did: OTHER_DID })],
    ["revision of a sync", syncFrame(), syncFrame({ rev: revOf(5) })],
  ])("are told from others by their %s", (_, first, other) => {
    const known = new GivenTimes();
    expect(note(known, first)).toBe(NEW_FRAME);
    expect(note(known, other)).toBe(NEW_FRAME);
    expect([note(known, first), note(known, other)]).toEqual([0, 1]);
  });

  it("are told from others by their length, beginning and end where they are no usual commit", () => {
    const known = new GivenTimes();
    const places = { revAt: -1, didAt: -1 };
    const long = new Uint8Array(1000);
    for (const [i, frame] of [
      long,
      new Uint8Array(1001),
      long.with(0, 1),
      long.with(191, 1),
      long.with(1000 - 128, 1),
      long.with(999, 1),
    ].entries()) {
      expect(known.note(frame, T0, places)).toBe(NEW_FRAME);
      expect(known.note(frame, T0, places)).toBe(i);
    }
  });

  it("are known from another relay, whose seqs are others", () => {
    const known = new GivenTimes();
    note(known, post(1));
    expect(note(known, post(1, { seq: 9_000_000_000 }))).toBe(0);
  });

  it("are known wherever they lie in memory", () => {
    const known = new GivenTimes();
    note(known, post(1));
    const frame = Buffer.concat([Buffer.from([9, 9, 9]), post(1)]).subarray(3);
    expect(note(known, frame)).toBe(0);
  });

  it("are known up to as many as are remembered, and not one past it", () => {
    const known = new GivenTimes(FEW);
    for (let i = 0; i < FEW; i += 1) note(known, post(i));
    expect(note(known, post(0))).toBe(0);
    note(known, post(FEW));
    expect(note(known, post(1))).toBe(1);
    expect(note(known, post(0))).toBe(NEW_FRAME);
    expect(note(known, post(0))).toBe(FEW + 1);
  });

  it("are all known that are remembered unless it is said otherwise", () => {
    const known = new GivenTimes();
    const places = { revAt: -1, didAt: -1 };
    const frame = (i: number): Uint8Array => Uint8Array.of(i, i >> 8, i >> 16);
    for (let i = 0; i <= GIVEN_FRAMES; i += 1) known.note(frame(i), T0, places);
    const again = Array.from({ length: GIVEN_FRAMES }, (_, i) =>
      known.note(frame(i + 1), T0, places),
    );
    expect(again.filter((number, i) => number !== i + 1)).toEqual([]);
    expect(known.note(frame(0), T0, places)).toBe(NEW_FRAME);
  });

  it("have no time any more when as many others as are remembered came behind them", () => {
    const known = new GivenTimes(FEW);
    for (let i = 0; i < FEW; i += 1) known.decide(T0 + i);
    expect(known.timeMs(0)).toBe(T0);
    known.decide(T0 + FEW);
    expect([known.timeMs(0), known.timeMs(1)]).toEqual([null, T0 + 1]);
  });
});
