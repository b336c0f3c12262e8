import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MalformedPayload } from "./eval-error.ts";
import { ORDER_BYTES_TARGET, OrderReader, OrderWriter, PLACE_LENGTH_MAX } from "./order-header.ts";
import { orderOfResult } from "./record-order.ts";
import { INSTANT_MS_MAX, INSTANT_MS_MIN } from "./time.ts";

type Told = {
  readonly timeMs: number;
  readonly seenMs: number;
  readonly seq: number;
  place: number[];
};

const instant = fc.oneof(
  fc.integer({ min: INSTANT_MS_MIN, max: INSTANT_MS_MAX }),
  fc.constantFrom(1_783_000_000_000, 1_783_000_000_500, 1_783_000_000_999, INSTANT_MS_MIN),
);
const seq = fc.oneof(fc.nat(300), fc.constantFrom(0, 1, 2 ** 32, 2 ** 53 - 1));
const place = fc.oneof(
  fc.constant<number[]>([0]),
  fc.array(fc.oneof(fc.nat(2), fc.nat()), { maxLength: 6 }),
);
const told: fc.Arbitrary<Told> = fc.oneof(
  fc.record({ timeMs: instant, seenMs: instant, seq, place }),
  instant.map((timeMs) => ({ timeMs, seenMs: timeMs + 1000, seq: 0, place: [] })),
);

function headerOf(records: readonly Told[]): string | null {
  const writer = new OrderWriter();
  for (const one of records) writer.add(one, one.timeMs);
  return writer.take();
}

function read(header: string | null, records: readonly Told[]) {
  const reader = new OrderReader();
  reader.open(header);
  return records.map(({ timeMs }) => {
    const order = { seenMs: 0, seq: 0, place: [9, 9] };
    reader.next(order, timeMs);
    return order;
  });
}

describe("the orders of a message's records", () => {
  it("say nothing of results, which have seen a second past their time", () => {
    const writer = new OrderWriter();
    for (const timeMs of [999, 59_999]) writer.add(orderOfResult(timeMs), timeMs);
    expect(writer.take()).toBeNull();
  });

  it("come back as they were told", () => {
    const property = fc.property(fc.array(told, { maxLength: 40 }), (records) => {
      expect(read(headerOf(records), records)).toEqual(
        records.map(({ seenMs, seq, place }) => ({ seenMs, seq, place })),
      );
    });
    fc.assert(property, { numRuns: 500 });
  });

  it("are left out where all records are results, and behind the last that is none", () => {
    const result = { timeMs: 5000, seenMs: 6000, seq: 0, place: [] };
    const event = { timeMs: 5000, seenMs: 5000, seq: 7, place: [0] };
    expect(headerOf([result, result])).toBeNull();
    expect(headerOf([result, event, result])).toBe(headerOf([result, event]));
    expect(read(headerOf([event]), [event, result])[1]).toEqual({
      seenMs: 6000,
      seq: 0,
      place: [],
    });
  });

  it("begin anew in each message", () => {
    const event = { timeMs: 5000, seenMs: 5000, seq: 7, place: [1] };
    const writer = new OrderWriter();
    writer.add(event, 5000);
    const first = writer.take();
    writer.add(event, 5000);
    expect([writer.length > 0, writer.take(), writer.length]).toEqual([true, first, 0]);
  });

  it("of damaged headers are malformed or read, and nothing else", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    const given = fc.tuple(fc.array(told, { minLength: 1, maxLength: 5 }), damage, fc.nat());
    const property = fc.property(given, ([records, changes, cut]) => {
      const header = headerOf(records);
      if (header === null) return;
      const bytes = Buffer.from(header, "base64");
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      const damaged = bytes.subarray(0, 1 + (cut % bytes.length)).toString("base64");
      try {
        for (const { place } of read(damaged, records)) {
          expect(place.length).toBeLessThanOrEqual(PLACE_LENGTH_MAX);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedPayload);
      }
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it("have a place of at most 1024 numbers", () => {
    const placed = (length: number): Told[] => [
      { timeMs: 0, seenMs: 0, seq: 1, place: new Array<number>(length).fill(1) },
    ];
    const most = placed(PLACE_LENGTH_MAX);
    expect(read(headerOf(most), most)[0]?.place).toHaveLength(PLACE_LENGTH_MAX);
    const more = placed(PLACE_LENGTH_MAX + 1);
    expect(() => read(headerOf(more), more)).toThrow(MalformedPayload);
  });

  it("leave room for other headers below what the server takes when a message is closed for them", () => {
    const writer = new OrderWriter();
    const event = { seenMs: INSTANT_MS_MAX, seq: 2 ** 53 - 1, place: [2 ** 31, 2 ** 31] };
    while (writer.length < ORDER_BYTES_TARGET) {
      writer.add(event, 0);
      writer.add({ ...event, seenMs: 0, seq: 0 }, 0);
    }
    expect(writer.take()?.length).toBeLessThan(65_535 / 1.5);
  });
});
