// The law of the combiner: whatever is summed up in front of an exchange, and wherever drains cut, the answer is
// what the rows give one by one, byte for byte.

import fc from "fast-check";
import { expect, it } from "vitest";
import type { AggregateKind } from "../../../plan/plan.ts";
import { CidLink, Duration, Instant, type Value } from "../../eval/values.ts";
import {
  aggregatesOf,
  answersTo,
  COMBINED_KINDS,
  MINUTE_MS,
  ONE_BY_ONE,
  payloadsOf,
  planOf,
  rowsOf,
  runnerOf,
  type Said,
  say,
  T0,
} from "./combiner.test-support.ts";

type Step = Said | "drain";

const KEYS: readonly Value[] = ["a", "b", "é", 1, -1.5, null, { a: [1] }, ["a"], true];
const LINK = new CidLink("bafyreihffx5a2e7k5uwrmmgofbvzujc5cmw5h4espouwuxt3liqoflx3ee");
const ODD: readonly Value[] = [
  null,
  "text",
  -0,
  1e300,
  1e308,
  1.7e308,
  -1.5e308,
  [1],
  { b: 1 },
  LINK,
  true,
];
const TIMES: readonly Value[] = [new Instant(T0), new Instant(T0 + 1), new Duration(1500)];

function steps(): fc.Arbitrary<Step[]> {
  const number = fc.oneof(
    fc.integer({ min: -9, max: 9 }),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
  );
  const value = fc.oneof({ weight: 20, arbitrary: number }, fc.constantFrom(...ODD, ...TIMES));
  const said = fc.record({
    key: fc.oneof(fc.constantFrom("a", "b"), fc.constantFrom(...KEYS)),
    value,
    timeMs: fc.integer({ min: -MINUTE_MS, max: MINUTE_MS }).map((ms) => T0 + ms),
  });
  const cut = fc.constantFrom<Step>("drain");
  return fc.array(fc.oneof({ weight: 9, arbitrary: said }, cut), { minLength: 10, maxLength: 80 });
}

const limits = fc.record({
  groupsMax: fc.integer({ min: 1, max: 20 }),
  bytesMax: fc.integer({ min: 1, max: 2000 }),
  rowsPerGroupMin: fc.constantFrom(0, 1, 2),
});

it("gives what rows one by one give, however they are cut and mixed with them", () => {
  let combined = 0;
  const property = fc.property(
    fc.subarray<AggregateKind>([...COMBINED_KINDS], { minLength: 0 }),
    steps(),
    limits,
    fc.boolean(),
    fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    (kinds, given, combiner, mapped, turns) => {
      const aggregates = aggregatesOf(kinds);
      const plan = planOf(aggregates, mapped);
      // The columns are the same, but the rows of such a stage stay as they are.
      const plainPlan = planOf([...aggregates, ONE_BY_ONE], mapped);
      const run = (mixed: boolean): Uint8Array[] => {
        const runners = [runnerOf(plainPlan, 0, combiner), runnerOf(plan, 0, combiner)] as const;
        let runner = runners[mixed ? 1 : 0];
        const sent: Uint8Array[] = [];
        for (const [seq, step] of given.entries()) {
          if (step !== "drain") {
            say(runner, step, seq);
            continue;
          }
          sent.push(...payloadsOf(runner.drain().messages));
          runner = runners[mixed && turns[seq % turns.length] !== true ? 1 : 0];
        }
        return [...sent, ...payloadsOf(runner.drain().messages)];
      };
      const [plain, mixed] = [run(false), run(true)];
      const expected = answersTo(plan, plain);
      expect(answersTo(plan, mixed)).toEqual(expected);
      expect(answersTo(plan, [Buffer.concat(mixed)])).toEqual(expected);
      expect(rowsOf(plain)).toEqual({ rows: Number(expected.in), combined: 0 });
      combined += rowsOf(mixed).combined;
    },
  );
  fc.assert(property, { numRuns: 300 });
  expect(combined).toBeGreaterThan(1000);
});
