import { existsSync } from "node:fs";
import { cborToLexRecord } from "@atproto/repo";
import { describe, expect, it } from "vitest";
import { END_OF_TIME_MS, WATERMARK_DELAY_MS } from "../plan/event.ts";
import { HEADER, partitionToken } from "../plan/names.ts";
import { partitionOf } from "../plan/partition.ts";
import { decodeEvent } from "../runtime/eval/codec.ts";
import { Instant } from "../runtime/eval/values.ts";
import { ENVELOPE_BYTES_MAX } from "./envelope.ts";
import { HEADERS_BYTES_MAX, REJECTED_PAYLOAD_BYTES_MAX } from "./route.ts";
import { eventsTotal, Shuffler, type ShufflerOptions } from "./shuffle.ts";
import type { ShuffledMessage } from "./shuffled-message.ts";
import { openRecording } from "./sources/recording.ts";
import type { SourceItem } from "./sources/source.ts";
import {
  accountFrame,
  cborOf,
  commitFrame,
  create,
  DID,
  errorFrame,
  frameOf,
  identityFrame,
  REV,
  syncFrame,
} from "./testing/frames.ts";
import { frameItems, readAll } from "./testing/items.ts";

const OPTIONS: ShufflerOptions = {
  partitions: 4,
  maxPayloadBytes: 8_000_000,
  relay: "relay.test",
};
const P = partitionToken(partitionOf(DID, 4));
const RECORDING = "../shared/data/firehose/pds-a.frames.zst";

function shuffle(frames: readonly Uint8Array[], options: Partial<ShufflerOptions> = {}) {
  const shuffler = new Shuffler({ ...OPTIONS, ...options });
  const messages = frameItems(frames).flatMap((item) => shuffler.push(item));
  return { shuffler, messages, events: messages.filter((m) => !isWatermark(m)) };
}

function isWatermark(message: ShuffledMessage): boolean {
  return message.headers.has(HEADER.watermark);
}

function watermarksOf(messages: readonly ShuffledMessage[]): number[] {
  const first = messages.filter((m) => m.subject.includes(".00.watermark"));
  return first.map((m) => Number(m.headers.get(HEADER.watermark)));
}

function at(time: string): Uint8Array {
  return identityFrame({ time });
}

describe("Shuffler", () => {
  it("makes one message of each operation, on the subject of its DID, action and collection", () => {
    const { events } = shuffle([
      commitFrame([create("a"), { action: "delete", path: "app.bsky.graph.follow/b" }]),
      syncFrame(),
      identityFrame(),
      accountFrame(),
    ]);
    expect(events.map((m) => m.subject)).toEqual([
      `atproto.firehose.${P}.commit.create.app.bsky.feed.post`,
      `atproto.firehose.${P}.commit.delete.app.bsky.graph.follow`,
      `atproto.firehose.${P}.sync`,
      `atproto.firehose.${P}.identity`,
      `atproto.firehose.${P}.account`,
    ]);
    expect(Object.fromEntries(events[0]?.headers ?? [])).toEqual({
      [HEADER.relayHost]: "relay.test",
      [HEADER.contentType]: "application/cbor",
    });
    expect(events[0]?.relaySeq).toBe(7);
    expect(cborToLexRecord(events[1]?.payload ?? new Uint8Array())).toMatchObject({
      did: DID,
      kind: "commit",
      op: "delete",
      rkey: "b",
    });
    expect(new Set(events.map((m) => m.msgId)).size).toBe(5);
  });

  it("says of each operation but a commit's first where it is in the commit, whatever its ids are", () => {
    const places = (events: readonly ShuffledMessage[]) =>
      events.map(({ headers }) => headers.get(HEADER.operation));
    const unusual = { path: "app.bsky.feed.post/_" };
    for (const ops of [
      [create("c"), create("a"), { action: "delete", path: "app.bsky.graph.follow/b" }],
      [{ ...create("c"), ...unusual }, create("a"), create("b")],
    ]) {
      expect(places(shuffle([commitFrame(ops)]).events)).toEqual([undefined, "1", "2"]);
    }
    const { events } = shuffle([
      commitFrame([create("a")]),
      commitFrame([create("b")], { seq: 8 }),
    ]);
    expect(places(events)).toEqual([undefined, undefined]);
  });

  it("orders by arrival what shares a seq, or comes behind a greater one", () => {
    const operation = (rkey: string, seq: number, did = DID): SourceItem => {
      const op = { action: "delete", collection: "app.bsky.feed.post", rkey } as const;
      const at = { did, seq, timeMs: 1_783_000_000_000, rev: REV };
      const message = { kind: "commit", ...at, ops: [op], rejected: [] } as const;
      return { kind: "message", position: seq, raw: new Uint8Array(), message };
    };
    const identity = (seq: number): SourceItem => {
      const message = { kind: "identity", did: DID, seq, timeMs: 1_783_000_000_000 } as const;
      const raw = new Uint8Array();
      return { kind: "message", position: seq, raw, message: { ...message, handle: "a.test" } };
    };
    const shuffler = new Shuffler(OPTIONS);
    const other = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb";
    const items = [
      operation("c", 5),
      operation("a", 5),
      operation("a", 5, other),
      operation("b", 5),
      operation("d", 6),
      operation("e", 4),
      identity(6),
      operation("f", 7),
    ];
    const events = items.flatMap((item) => shuffler.push(item)).filter((m) => !isWatermark(m));
    const told = events.map(({ headers }) =>
      [HEADER.operation, HEADER.orderSeq].map((name) => headers.get(name) ?? "-").join(" "),
    );
    expect(told).toEqual(["- -", "1 -", "2 -", "3 -", "- -", "1 6", "2 -", "- -"]);
  });

  it("gives the same ids to the same commit with another seq", () => {
    const ids = (seq: number) => shuffle([commitFrame([create("a")], { seq })]).events[0]?.msgId;
    expect(ids(1)).toBe(ids(2));
  });

  it("sends what it refuses to the subject of the reason, with the frame, and reports a reason once", () => {
    const first: string[] = [];
    const bad = identityFrame({ did: "nobody" });
    const { events, shuffler } = shuffle(
      [bad, bad, Uint8Array.of(0xff), commitFrame([create(".")])],
      {
        onFirstRejected: (one) => first.push(one.reason),
      },
    );
    expect(events.map((m) => m.subject)).toEqual([
      "atproto.rejected.bad_did",
      "atproto.rejected.bad_did",
      "atproto.rejected.bad_frame",
      "atproto.rejected.bad_rkey",
    ]);
    expect(events[0]?.headers.get(HEADER.reason)).toBe("bad_did");
    expect(events[0]?.headers.get(HEADER.detail)).toBe("6 characters");
    expect(events[0]?.payload).toEqual(bad);
    expect(first).toEqual(["bad_did", "bad_frame", "bad_rkey"]);
    expect(Object.fromEntries(shuffler.counters.rejected)).toEqual({
      bad_did: 2,
      bad_frame: 1,
      bad_rkey: 1,
    });
  });

  it("keeps a refused frame up to the limit", () => {
    const kept = (bytes: number) => shuffle([new Uint8Array(bytes)]).events[0]?.payload.length;
    expect(kept(REJECTED_PAYLOAD_BYTES_MAX)).toBe(REJECTED_PAYLOAD_BYTES_MAX);
    expect(kept(REJECTED_PAYLOAD_BYTES_MAX + 1)).toBe(REJECTED_PAYLOAD_BYTES_MAX);
    const { events } = shuffle([new Uint8Array(9000)], { maxPayloadBytes: 8192 });
    expect(events[0]?.payload).toHaveLength(8192 - HEADERS_BYTES_MAX);
  });

  it("keeps the envelope of an event that does not fit, and counts it", () => {
    const large = commitFrame([create("a", cborOf({ b: new Uint8Array(10_000) }))]);
    const { events, shuffler } = shuffle([large], { maxPayloadBytes: 8192 });
    expect(cborToLexRecord(events[0]?.payload ?? new Uint8Array())).toMatchObject({
      oversize: true,
      rkey: "a",
    });
    expect(shuffler.counters.oversize).toBe(1);
  });

  it("refuses to start where even an envelope would not fit", () => {
    const least = ENVELOPE_BYTES_MAX + HEADERS_BYTES_MAX;
    expect(() => new Shuffler({ ...OPTIONS, maxPayloadBytes: least })).not.toThrow();
    expect(() => new Shuffler({ ...OPTIONS, maxPayloadBytes: least - 1 })).toThrow(RangeError);
  });

  it("keeps the largest possible envelope within its bound", () => {
    const did = `did:plc:${"a".repeat(2040)}`;
    const collection = `${"a".repeat(63)}.${`${"b".repeat(63)}.`.repeat(3)}${"c".repeat(61)}`;
    const frame = commitFrame(
      [
        {
          action: "update",
          path: `${collection}/${"r".repeat(512)}`,
          record: cborOf({ b: new Uint8Array(9000) }),
        },
      ],
      { repo: did, seq: Number.MAX_SAFE_INTEGER },
    );
    const { events } = shuffle([frame], {
      maxPayloadBytes: ENVELOPE_BYTES_MAX + HEADERS_BYTES_MAX,
    });
    expect(events[0]?.subject).toContain(collection);
    expect(events[0]?.payload.length).toBeLessThanOrEqual(ENVELOPE_BYTES_MAX);
  });

  it("makes no message of info and error frames, and counts them", () => {
    const { messages, shuffler } = shuffle([frameOf("#info", { name: "x" }), errorFrame("y", "z")]);
    expect(messages).toEqual([]);
    expect(shuffler.counters).toMatchObject({ items: 2, infos: 1, errors: 1, messages: 0 });
  });
});

describe("watermarks", () => {
  it("come after the first event of each new second of relay time, to every partition", () => {
    const { messages } = shuffle([
      at("2026-07-04T00:00:01.900Z"),
      at("2026-07-04T00:00:01.950Z"),
      at("2026-07-04T00:00:01.200Z"),
      at("2026-07-04T00:00:02.100Z"),
      at("2026-07-04T00:00:05.000Z"),
    ]);
    const ms = (time: string) => Date.parse(time) - WATERMARK_DELAY_MS;
    expect(watermarksOf(messages)).toEqual([
      ms("2026-07-04T00:00:01.900Z"),
      ms("2026-07-04T00:00:02.100Z"),
      ms("2026-07-04T00:00:05.000Z"),
    ]);
    expect(messages.slice(1, 5).map((m) => m.subject)).toEqual(
      ["00", "01", "02", "03"].map((p) => `atproto.firehose.${p}.watermark`),
    );
    expect(messages.slice(1, 5).map((m) => m.payload.length)).toEqual([0, 0, 0, 0]);
    const second = Date.parse("2026-07-04T00:00:01Z") / 1000;
    expect(messages[2]?.msgId).toBe(`wm-1-${second}`);
  });

  it("close every window at the end when asked", () => {
    const messages = new Shuffler(OPTIONS).closeWindows();
    expect(messages).toHaveLength(4);
    expect(watermarksOf(messages)).toEqual([END_OF_TIME_MS]);
    expect(messages[3]?.msgId).toBe("wm-3-end");
  });

  it("follow the trusted time of an item, which is the event's; what its host claims stays beside it", () => {
    const shuffler = new Shuffler(OPTIONS);
    const raw = at("2026-07-04T00:50:00.000Z");
    const trustedMs = Date.parse("2026-07-04T00:00:00.500Z");
    const messages = shuffler.push({ kind: "frame", position: 0, raw, trustedMs });
    expect(watermarksOf(messages)).toEqual([trustedMs - WATERMARK_DELAY_MS]);
    const [event] = messages;
    expect(decodeEvent(event?.payload ?? new Uint8Array())).toMatchObject({
      time: new Instant(trustedMs),
      host_time: new Instant(Date.parse("2026-07-04T00:50:00.000Z")),
    });
  });

  it("follow the clock of a quiet source", () => {
    const shuffler = new Shuffler(OPTIONS);
    const timeMs = Date.parse("2026-07-04T00:00:07.500Z");
    const messages = shuffler.push({ kind: "clock", position: 9, raw: new Uint8Array(), timeMs });
    expect(watermarksOf(messages)).toEqual([timeMs - WATERMARK_DELAY_MS]);
    expect(shuffler.relayTimeMs).toBe(timeMs);
    expect(shuffler.counters).toMatchObject({ items: 0, messages: OPTIONS.partitions });
  });

  it.skipIf(!existsSync(RECORDING))("of a recording are the same in every run", async () => {
    const run = async () => {
      const { items } = await readAll(openRecording(RECORDING, null));
      const shuffler = new Shuffler(OPTIONS);
      const messages = items.flatMap((item) => shuffler.push(item));
      return {
        shuffler,
        ids: messages.map((m) => `${m.subject} ${m.msgId} ${[...m.headers].join()}`),
      };
    };
    const [one, two] = [await run(), await run()];
    expect(one.ids).toEqual(two.ids);
    expect(eventsTotal(one.shuffler.counters)).toBe(6724);
    expect(one.shuffler.counters.rejected.size).toBe(0);
  });
});
