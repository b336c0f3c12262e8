import { describe, expect, it } from "vitest";
import type { Target } from "../../plan/targets.ts";
import { decodeRecords } from "../eval/codec.ts";
import { ORDER_BYTES_TARGET, OrderWriter } from "../eval/order-header.ts";
import { DRAIN } from "./drain-limits.ts";
import { MESSAGE_BYTES_TARGET, OutputBuffer } from "./output.ts";

const TARGET: Target = { kind: "exchange", name: "s1" };

function add(output: OutputBuffer, value: string, partition = 0): void {
  output.begin(TARGET, partition).value(value);
  output.add(null, 0);
}

function drained(output: OutputBuffer) {
  return output.drain().map(({ partition, payload }) => [partition, ...decodeRecords(payload)]);
}

/** The orders of a topic's first `count` records here. */
const orderAt = (i: number) => ({ seenMs: 1_783_000_000_000 + i, seq: i + 1, place: [0] });

describe("OutputBuffer", () => {
  it("closes a topic's message when the orders of its records reach their target, and not one before", () => {
    const writer = new OrderWriter();
    let count = 0;
    for (; writer.length < ORDER_BYTES_TARGET; count += 1) writer.add(orderAt(count), 0);
    const output = new OutputBuffer(DRAIN);
    for (let i = 0; i <= count; i += 1) {
      output.begin({ kind: "topic", name: "t" }, 0).value(i);
      output.add(orderAt(i), 0);
    }
    const [first, second] = output.drain();
    expect([first?.records, second?.records]).toEqual([count, 1]);
    expect(first?.order).toBe(writer.take());
  });

  it("leaves out an item that was begun and not added, wherever it is", () => {
    const output = new OutputBuffer(DRAIN);
    add(output, "one");
    output.begin(TARGET, 0).value("half");
    add(output, "two");
    output.begin(TARGET, 0).value("half");
    output.begin(TARGET, 1).value("half");
    expect(drained(output)).toEqual([[0, "one", "two"]]);
    expect(drained(output)).toEqual([]);
  });

  it("keeps items of a partition in order, over messages that are full", () => {
    const output = new OutputBuffer(DRAIN);
    const items = Array.from({ length: 5 }, (_, i) => String(i).repeat(MESSAGE_BYTES_TARGET / 2));
    for (const item of items) add(output, item);
    add(output, "other", 1);
    expect(output.messages).toBe(4);
    const messages = drained(output);
    const own = messages.filter(([partition]) => partition === 0);
    expect(own.flatMap(([, ...values]) => values)).toEqual(items);
    expect(own).toHaveLength(3);
    expect(output.bytes).toBe(0);
  });

  it("sends a record of a topic that is as large as a message, alone, and refuses one that is a byte larger", () => {
    const output = new OutputBuffer({ ...DRAIN, messageBytes: 1003 });
    addRecord(output, "small");
    addRecord(output, "x".repeat(1000)); // Three bytes say how long it is.
    expect(() => addRecord(output, "x".repeat(1001))).toThrow("value too large");
    addRecord(output, "small again");
    const lengths = output.drain().map(({ payload, records }) => [payload.length, records]);
    expect(lengths).toEqual([
      [6, 1],
      [1003, 1],
      [12, 1],
    ]);
  });

  it("lets a row be larger than a message: the log cuts it in parts", () => {
    const output = new OutputBuffer({ ...DRAIN, messageBytes: 1003 });
    add(output, "x".repeat(1001));
    expect(drained(output)).toEqual([[0, "x".repeat(1001)]]);
  });

  it.each([
    ["bytes", { bytes: 12 }],
    ["messages", { messages: 2 }],
  ])("is full when it holds as many %s as it may, and not before", (_, limit) => {
    const output = new OutputBuffer({ ...DRAIN, ...limit });
    add(output, "fiver", 0);
    expect(output.isFull).toBe(false);
    add(output, "fiver", 1);
    expect(output.isFull).toBe(true);
    output.drain();
    expect(output.isFull).toBe(false);
  });
});

function addRecord(output: OutputBuffer, value: string): void {
  output.begin({ kind: "topic", name: "t" }, 0).value(value);
  output.add(orderAt(0), 0);
}
