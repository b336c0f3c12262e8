import { describe, expect, it } from "vitest";
import { parseProducer, producerName } from "./names.ts";

describe("the name of a producer", () => {
  it.each([
    [1, "s0", 0, 1],
    [9, "s1", 9, 99],
    [10, "s10", 10, 100],
    [12_345, "a_b-c", 99, 100],
  ])("is read back: version %i, stage %s, partition %i of %i", (...parts) => {
    const [version, stage, partition, producers] = parts;
    expect(parseProducer(producerName(...parts))).toEqual({
      version,
      stage,
      partition,
      producers,
    });
  });

  it.each(["", "v1.s0.00", "v.s0.00/1", "1.s0.00/1", "v1.s0.00/1 ", "v1.s0.x/1", "xv1.s0.00/1"])(
    "is not %j",
    (text) => {
      expect(parseProducer(text)).toBeNull();
    },
  );
});
