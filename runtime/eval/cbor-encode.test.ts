import { describe, expect, it } from "vitest";
import { CborWriter, VALUE_BYTES_MAX } from "./cbor-encode.ts";

/** Of a text whose length takes four bytes. */
const HEAD_BYTES = 5;

describe("CborWriter", () => {
  it.each([0, 1000])(
    "takes a value of the greatest size behind %i bytes, and not one more",
    (before) => {
      const writer = new CborWriter();
      writer.resumeAt(0);
      writer.raw(new Uint8Array(before), 0, before);
      writer.resumeAt(before);
      writer.value("x".repeat(VALUE_BYTES_MAX - HEAD_BYTES));
      expect(writer.length).toBe(before + VALUE_BYTES_MAX);
      writer.resumeAt(before);
      expect(() => writer.value("x".repeat(VALUE_BYTES_MAX - HEAD_BYTES + 1))).toThrow(
        "value too large",
      );
    },
  );

  it("forgets half a value that was too large", () => {
    const writer = new CborWriter();
    writer.value(1);
    const { length } = writer;
    expect(() => writer.value(["begun", "x".repeat(VALUE_BYTES_MAX)])).toThrow("value too large");
    writer.resumeAt(length);
    expect([...writer.take()]).toEqual([1]);
  });
});
