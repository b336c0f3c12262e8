import { describe, expect, it } from "vitest";
import { wordsOf } from "../../../bytes/words.ts";
import { encodeRecord } from "../codec.ts";
import type { RecordValue } from "../values.ts";
import { KnownLayouts, LAYOUT_BYTES_MAX, LAYOUTS_MAX } from "./known-layouts.ts";

const SEQ_HEAD = 0x1a;
const WALK = { numbers: [], texts: [], embedded: null };

function placesOf(start: number, end: number) {
  return { starts: Int32Array.of(start), ends: Int32Array.of(end) };
}

/** Knows an event of each of these sizes. */
function learned(known: KnownLayouts, event: RecordValue): Uint8Array {
  const payload = encodeRecord(event);
  known.learn(payload, placesOf(0, payload.length), WALK);
  return payload;
}

function isKnown(known: KnownLayouts, payload: Uint8Array): boolean {
  return known.find(payload, wordsOf(payload)) !== null;
}

/** A map of one text, in all of `bytes` bytes. */
function eventOf(bytes: number): RecordValue {
  const headBytes = encodeRecord({ a: "x".repeat(bytes - 8) }).length - (bytes - 8);
  return { a: "x".repeat(bytes - headBytes) };
}

describe("layouts that are known", () => {
  it("may differ in texts and numbers that nobody looks at, and in nothing else", () => {
    const list = [true, "b", 5];
    const payload = encodeRecord({ seq: 70_000, uri: "at://a", list, kind: "sync", n: 1.5 });
    const seq = payload.indexOf(SEQ_HEAD);
    const uri = Buffer.from(payload).indexOf("at://a");
    const b = Buffer.from(payload).indexOf("list") + 7;
    const free = [
      ...Array.from({ length: 4 }, (_, i) => seq + 1 + i),
      ...Array.from({ length: 6 }, (_, i) => uri + i),
      b,
    ];
    expect(String.fromCharCode(payload[b] ?? 0)).toBe("b");
    const known = new KnownLayouts();
    const kind = Buffer.from(payload).indexOf("kind") + 5;
    const places = { starts: Int32Array.of(seq, kind), ends: Int32Array.of(seq + 5, kind + 5) };
    known.learn(payload, places, { numbers: [0], texts: [1], embedded: null });
    for (let at = 0; at < payload.length; at += 1) {
      for (const bits of [1, 32, 128]) {
        const other = Uint8Array.from(payload);
        other[at] = (other[at] ?? 0) ^ bits;
        expect(isKnown(known, other), `byte ${at}`).toBe(free.includes(at));
      }
    }
    expect(known.find(payload, wordsOf(payload))).toEqual(places);
  });

  it("are those of a length, the last of them", () => {
    const known = new KnownLayouts();
    const first = learned(known, { a: "b", c: "d" });
    expect(isKnown(known, first)).toBe(true);
    expect(isKnown(known, encodeRecord({ a: "b", c: "de" }))).toBe(false);
    const second = learned(known, { a: "b", e: "d" });
    expect(isKnown(known, first)).toBe(false);
    expect(isKnown(known, second)).toBe(true);
    known.clear();
    expect(isKnown(known, second)).toBe(false);
  });

  it("look into a byte string where the walk has, and learn nothing where something is amiss in it", () => {
    const inner = encodeRecord({ a: "b" });
    const payload = encodeRecord({ record: inner });
    const start = payload.length - inner.length;
    const places = placesOf(start, payload.length);
    const other = Uint8Array.from(payload);
    other[start + 2] = 0x63; // The key is another one.
    const passedOver = new KnownLayouts();
    passedOver.learn(payload, places, WALK);
    expect(isKnown(passedOver, other)).toBe(true);
    const lookedInto = new KnownLayouts();
    lookedInto.learn(payload, places, { ...WALK, embedded: 0 });
    expect(isKnown(lookedInto, other)).toBe(false);
    expect(isKnown(lookedInto, payload)).toBe(true);
    other[start] = 0xa2; // Of two entries there is one.
    const amiss = new KnownLayouts();
    amiss.learn(other, places, { ...WALK, embedded: 0 });
    expect(isKnown(amiss, other)).toBe(false);
  });

  it("are not learned of an event of more than the limit", () => {
    const known = new KnownLayouts();
    const [atLimit, above] = [eventOf(LAYOUT_BYTES_MAX), eventOf(LAYOUT_BYTES_MAX + 1)];
    expect(encodeRecord(atLimit)).toHaveLength(LAYOUT_BYTES_MAX);
    expect(isKnown(known, learned(known, atLimit))).toBe(true);
    expect(isKnown(known, learned(known, above))).toBe(false);
  });

  it("are as many as the limit, and events that are all different soon cost nothing", () => {
    const known = new KnownLayouts();
    const events = Array.from({ length: LAYOUTS_MAX + 1 }, (_, i) => eventOf(40 + i));
    const payloads = events.map((event) => learned(known, event));
    // For the last one there is no room left: it would take the place of the first.
    expect(payloads.map((one) => isKnown(known, one))).toEqual([
      ...Array.from({ length: LAYOUTS_MAX }, () => true),
      false,
    ]);
    const [likely] = payloads;
    const unlike = encodeRecord({ b: "x" });
    for (let i = 0; i < 2000; i += 1) isKnown(known, unlike);
    expect(likely === undefined || isKnown(known, likely)).toBe(false); // It is not looked for.
    for (let i = 0; i < 40_000; i += 1) isKnown(known, unlike);
    for (let i = 0; i < 40_000; i += 1) if (likely !== undefined && isKnown(known, likely)) return;
    expect.unreachable("it is never looked for again");
  });
});
