import { describe, expect, it } from "vitest";
import { READ_DEPTH_MAX, VALUE_BYTES_MAX, VALUE_DEPTH_MAX } from "../eval/cbor-encode.ts";
import { decodeValue } from "../eval/codec.ts";
import { EvaluationError } from "../eval/eval-error.ts";
import { Instant, type Value } from "../eval/values.ts";
import { StageContext } from "./context.ts";
import { DRAIN } from "./drain-limits.ts";
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
    ["no value", { time: new Instant(Number.NaN) }],
  ])("comes without its record where that is %s", (_, record) => {
    expect(letterOf(record)).toMatchObject({ reason: "some reason", op: "map", record: null });
  });
});
