import { describe, expect, it } from "vitest";
import { STATE_LOG_BYTES_MAX } from "../task/state-log.ts";
import {
  READ_DEPTH_MAX,
  STATE_ENTRY_BYTES_MAX,
  VALUE_BYTES_MAX,
  VALUE_DEPTH_MAX,
} from "./cbor-encode.ts";
import { decodeValue, encodeRecord, encodeRow, encodeState, StateEntryTooLarge } from "./codec.ts";
import { NO_ORDER } from "./record-order.ts";
import type { Value } from "./values.ts";

function nested(depth: number): Value {
  let value: Value = 1;
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
}

describe("an entry of state", () => {
  it("is as large as many messages, and leaves the next value its own limit", () => {
    const texts = Array.from({ length: 12 }, (_, i) => String(i).padEnd(990_000, "x"));
    const bytes = encodeState([texts, nested(3)]);
    expect(bytes.length).toBeGreaterThan(VALUE_BYTES_MAX);
    expect(decodeValue(bytes)).toEqual([texts, nested(3)]);
    expect(() => encodeRecord(texts)).toThrow("value too large");
    expect(decodeValue(encodeRecord("small"))).toBe("small");
  });

  it("is not an alias of what is written behind it, however large it is", () => {
    const large = encodeState("x".repeat(20_000_000));
    const before = large[large.length - 1];
    encodeState("y".repeat(20_000_000));
    encodeRecord("z");
    expect(large[large.length - 1]).toBe(before);
    expect(decodeValue(large)).toBe("x".repeat(20_000_000));
  });

  it("holds a value as deep as it may be, with the lists around it", () => {
    const deepest = nested(VALUE_DEPTH_MAX);
    expect(decodeValue(encodeRecord(deepest))).toEqual(deepest);
    expect(() => encodeRecord(nested(READ_DEPTH_MAX + 1))).toThrow("value too deep");
    const most = nested(READ_DEPTH_MAX);
    expect(decodeValue(encodeState(most))).toEqual(most);
    expect(() => encodeState(nested(READ_DEPTH_MAX + 1))).toThrow("value too deep");
  });

  it("is refused beyond what a partition may keep, with what to do", () => {
    const { length } = encodeState("x".repeat(1000));
    expect(encodeState("x".repeat(1000), length)).toHaveLength(length);
    expect(() => encodeState("x".repeat(1000), length - 1)).toThrow(StateEntryTooLarge);
    expect(STATE_ENTRY_BYTES_MAX).toBe(STATE_LOG_BYTES_MAX);
    expect(decodeValue(encodeState(1))).toBe(1);
  });

  it("may be a row that is larger with its order than it came", () => {
    const keys = ["x".repeat(VALUE_BYTES_MAX)];
    expect(encodeRow({ timeMs: 1, order: NO_ORDER, keys, columns: [] }).length).toBeGreaterThan(
      VALUE_BYTES_MAX,
    );
  });
});
