// Faults of aggregates: what is merged, saved, bounded.

import type { Mutant } from "../mutant.ts";

const AGGREGATES = ["runtime/core/aggregates/aggregates.test.ts"];

export const AGGREGATE_FAULTS: readonly Mutant[] = [
  {
    file: "runtime/eval/exact-sum.ts",
    find: "if (low !== 0) {",
    replace: "if (low > 0) {",
    suite: ["runtime/eval/exact-sum.test.ts"],
    why: "the last digit of a sum depends on the order of its terms",
  },
  {
    file: "runtime/eval/exact-sum.ts",
    find: "if ((low < 0 && below < 0) || (low > 0 && below > 0)) {",
    replace: "if (low < 0 && below < 0) {",
    suite: ["runtime/eval/exact-sum.test.ts"],
    why: "a sum is rounded to the wrong side of a tie",
  },
  {
    file: "runtime/eval/exact-sum.ts",
    find: "this.#large += other.#large;",
    replace: "this.#large = other.#large;",
    suite: ["runtime/eval/exact-sum.test.ts"],
    why: "large terms are lost where panes are merged",
  },
  {
    file: "runtime/eval/exact-units.ts",
    find: "Number(isExact ? kept : kept | 1n)",
    replace: "Number(kept)",
    suite: ["runtime/eval/exact-sum.test.ts"],
    why: "a sum of large terms is rounded to the wrong side of a tie",
  },
  {
    file: "runtime/core/operators/group-result.ts",
    find: 'if (typeof value !== "number" || Number.isFinite(value)) ',
    replace: "if (value !== undefined) ",
    suite: ["runtime/core/operators/group-result.test.ts"],
    why: "a sum beyond the doubles is sent",
  },
  {
    file: "runtime/core/aggregates/hyperloglog.ts",
    find: "if (rank > (this.#registers[register] ?? 0)) this.#registers[register] = rank;",
    replace: "this.#registers[register] = rank;",
    suite: ["runtime/core/aggregates/hyperloglog.test.ts"],
    why: "approx_distinct depends on the order of values",
  },
  {
    file: "runtime/core/aggregates/hyperloglog.ts",
    find: "bytes.writeUInt32LE(hash % 2 ** 32, at);",
    replace: "bytes.writeUInt32LE(hash % 2 ** 31, at);",
    suite: ["runtime/core/aggregates/hyperloglog.test.ts", ...AGGREGATES],
    why: "approx_distinct is another after a restart",
  },
  {
    file: "runtime/core/aggregates/quantiles.ts",
    find: "if (rank < below) return -estimateOf(this.#negative.at(below - 1 - rank));",
    replace: "if (rank < below) return -estimateOf(this.#negative.at(rank));",
    suite: AGGREGATES,
    why: "quantiles of negative numbers are in the wrong order",
  },
  {
    file: "runtime/core/aggregates/quantiles.ts",
    find: "this.#zeros += other.#zeros;",
    replace: "this.#zeros = other.#zeros;",
    suite: AGGREGATES,
    why: "zeros are lost where panes are merged",
  },
  {
    file: "runtime/core/aggregates/quantiles.ts",
    find: "const at = Math.max(index, this.#least());",
    replace: "const at = index;",
    suite: ["runtime/core/aggregates/quantiles.test.ts", ...AGGREGATES],
    why: "the buckets of a quantile have no bound",
  },
  {
    file: "runtime/core/aggregates/stddev.ts",
    find: "to.add(aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow));",
    replace: "to.add(0);",
    suite: AGGREGATES,
    why: "the standard deviation of large numbers is wrong",
  },
  {
    file: "runtime/core/aggregates/top-k.ts",
    find: "this.#error += other.#error;",
    replace: "this.#error = Math.max(this.#error, other.#error);",
    suite: AGGREGATES,
    why: "top_k promises a smaller error than it makes",
  },
  {
    file: "runtime/core/aggregates/top-k.ts",
    find: "this.#values = new Map(ranked.filter(([, { count }]) => count > less));",
    replace: "this.#values = new Map(ranked.slice(0, KEPT));",
    suite: AGGREGATES,
    why: "top_k keeps values of a count of 0, which of them depends on order",
  },
  {
    file: "runtime/core/aggregates/distinct-column.ts",
    find: "return (this.#counts[group] ?? 0) >= this.#cap;",
    replace: "return (this.#counts[group] ?? 0) > this.#cap;",
    suite: ["runtime/core/aggregates/distinct-column.test.ts", ...AGGREGATES],
    why: "distinct answers more than its cap",
  },
  {
    file: "runtime/core/aggregates/aggregate.ts",
    find: "return this.#count === 0 ? null : this.#sum.mean(this.#count);",
    replace: "return this.#sum.value() / this.#count;",
    suite: AGGREGATES,
    why: "the average of nothing is not a number, which has no CBOR",
  },
];
