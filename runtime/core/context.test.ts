import { describe, expect, it } from "vitest";
import { READ_DEPTH_MAX, VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from "../eval/cbor-encode.ts";
import { decodeValue } from "../eval/codec.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import { Instant, type Value } from "../eval/values.ts";
import { StageContext } from "./context.ts";
import { DRAIN } from "./drain-limits.ts";
import { LETTER_FIELD_BYTES_MAX } from "./letter.ts";
import { planOf } from "./operators/combiner.test-support.ts";

function nested(depth: number): Value {
  let value: Value = 1;
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
}

/** The dead letter of a record, as it is read. */
function letterOf(record: Value): Value {
  const plan = planOf([]);
  const [stage] = plan.stages;
  if (stage === undefined) throw new Error("no stage");
  const context = new StageContext(plan, stage, DRAIN);
  context.turnTo({ seenMs: 0, seq: 0, place: [0], contents: 0 });
  context.deadLetter("map", new EvaluationError("some reason"), record, 5);
  const [message, ...others] = context.output.drain();
  if (message === undefined || others.length > 0) throw new Error("not one message");
  expect(message.records).toBe(1);
  return decodeValue(message.payload);
}

describe("a dead letter", () => {
  it("has its record, as deep as one may be, and as any is that was read", () => {
    for (const depth of [VALUE_DEPTH_MAX, READ_DEPTH_MAX - 1]) {
      expect(letterOf(nested(depth))).toMatchObject({ record: nested(depth) });
    }
  });

  it.each<[string, Value]>([
    ["too deep", nested(READ_DEPTH_MAX)],
    ["too large", new Uint8Array(VALUE_BYTES_MAX)],
  ])("comes without its record where that is %s", (_, record) => {
    const left = { reason: "some reason", op: "map", record: null, left_out: 1 };
    expect(letterOf(record)).toMatchObject(left);
  });

  it("has the small fields of an object that is too large", () => {
    const small = "x".repeat(LETTER_FIELD_BYTES_MAX - 1 - 1 - 5 - 3);
    const record = { lang: "de", small, one_more: `${small}x`, large: "x".repeat(VALUE_BYTES_MAX) };
    const time = new Instant(Number.NaN);
    expect(letterOf({ ...record, time })).toMatchObject({
      record: { lang: "de", small },
      left_out: 3,
    });
  });

  it("has so many of them as it may have, and no more", () => {
    const field = "x".repeat(1024 - 1 - 3 - 3);
    // Seventeen fields of a kilobyte each.
    const record = Object.fromEntries(
      Array.from("abcdefghijklmnopq", (name) => [`${name}f`, field]),
    );
    const letter = letterOf({ ...record, large: new Uint8Array(VALUE_BYTES_MAX) });
    expect(letter).toMatchObject({ left_out: 2 });
  });
});
