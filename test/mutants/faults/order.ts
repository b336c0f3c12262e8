// Faults of the order of records and of lateness: what a record has seen, and how it is carried.

import type { Mutant } from "../mutant.ts";

const HEADER = ["runtime/eval/order-header.test.ts"];
const ORDER = ["runtime/eval/record-order.test.ts"];
const RECORDS = ["test/stages/order-of-records.test.ts"];
const SIMULATION = ["test/simulation/simulation.test.ts"];

export const ORDER_FAULTS: readonly Mutant[] = [
  {
    file: "runtime/eval/record-order.ts",
    find: "    a.seenMs - b.seenMs ||",
    replace: "    0 ||",
    suite: ORDER,
    why: "what several relays give is ordered by the number alone",
  },
  {
    file: "runtime/eval/record-order.ts",
    find: "    a.seq - b.seq ||",
    replace: "    b.seq - a.seq ||",
    suite: ORDER,
    why: "of two commits in one millisecond the later comes first",
  },
  {
    file: "runtime/eval/record-order.ts",
    find: "    comparePlaces(a.place, b.place) ||",
    replace: "",
    suite: ORDER,
    why: "operations of one commit have no order",
  },
  {
    file: "runtime/eval/record-order.ts",
    find: "const difference = (a[i] ?? 0) - (b[i] ?? 0);",
    replace: "const difference = (a[i] ?? -1) - (b[i] ?? -1);",
    suite: ORDER,
    why: "a place that was cut by its zeros comes before itself",
  },
  {
    file: "runtime/eval/record-order.ts",
    find: "return { seenMs: atMs + WATERMARK_DELAY_MS, seq: 0, place, contents: 0 };",
    replace: "return { seenMs: atMs, seq: 0, place, contents: 0 };",
    suite: HEADER,
    why: "a result is ordered before the rows that it was made of",
  },
  {
    file: "runtime/eval/record-order.ts",
    find: "if (seenMs === timeMs && contents === 0 && places === 0) {",
    replace: "if (contents === 0 && places === 0) {",
    suite: ["runtime/eval/record-order.test.ts"],
    why: "what a late record has seen is lost at an exchange",
  },
  {
    file: "runtime/eval/record-order.ts",
    find: "writer.number(seenMs - timeMs);",
    replace: "writer.number(timeMs - seenMs);",
    suite: ["runtime/eval/codec.test.ts"],
    why: "a late record comes before all others",
  },
  {
    file: "runtime/eval/record-order.ts",
    find: "return contents === 0 && place.length === 0 ? [seenMs, seq] : [seenMs, seq, contents, ...place];",
    replace: "return [seenMs, seq];",
    suite: [...ORDER, ...SIMULATION],
    why: "the place of a record is forgotten over a restart, or in a sum in front of an exchange",
  },
  {
    file: "runtime/core/context.ts",
    find: "return this.order.seenMs - WATERMARK_DELAY_MS;",
    replace: "return this.order.seenMs;",
    suite: SIMULATION,
    why: "a record that is less than a second behind is late",
  },
  {
    file: "runtime/core/operators/stateless.ts",
    find: "        place[depth] = i;",
    replace: "        place[depth] = 0;",
    suite: [...RECORDS, "test/stages/stateless.test.ts"],
    why: "what one record made by unnest has no order",
  },
  {
    file: "runtime/core/operators/stateless.ts",
    find: "const depth = place.length;",
    replace: "const depth = 1;",
    suite: RECORDS,
    why: "of lists in lists only the inner ones keep their order",
  },
  {
    file: "runtime/core/operators/send.ts",
    find: "if (op.seen === true && context.order.seq === 0) {",
    replace: "if (op.seen === true && context.order.seq < 0) {",
    suite: [...RECORDS, ...SIMULATION],
    why: "first(a) and first(b) of results that nothing else tells apart come from two records",
  },
  {
    file: "runtime/core/operators/event-time-queue.ts",
    find: "return a.atMs - b.atMs || compareOrder(a.row.order, b.row.order) || compareContents(a.row, b.row);",
    replace: "return a.atMs - b.atMs || compareContents(a.row, b.row);",
    suite: ["runtime/core/operators/event-time-queue.test.ts"],
    why: "rows of one instant are in the order of their contents",
  },
  {
    file: "runtime/core/operators/event-time-queue.ts",
    find: "return row.order.seenMs;",
    replace: "return row.timeMs;",
    suite: SIMULATION,
    why: "dedup and the reduce without a window look at records by their own time",
  },
  {
    file: "runtime/core/stage-runner.ts",
    find: "order.seenMs = Math.max(timeMs, this.#toldMs + WATERMARK_DELAY_MS);",
    replace: "order.seenMs = timeMs;",
    suite: SIMULATION,
    why: "no record of the firehose is ever late",
  },
  {
    file: "runtime/core/stage-runner.ts",
    find: "this.#context.order.place.push(message.operation);",
    replace: "this.#context.order.place.push(0);",
    suite: RECORDS,
    why: "the operations of a commit have no order",
  },
  {
    file: "runtime/core/stage-runner.ts",
    find: "if (this.#inputs.length > 1) this.#context.order.place.push(input);",
    replace: "if (this.#inputs.length < 1) this.#context.order.place.push(input);",
    suite: [...RECORDS, ...SIMULATION],
    why: "what two branches of a union make of one record has no order",
  },
  {
    file: "runtime/core/aggregates/aggregate.ts",
    find: "const byOrder = compareOrder(a.order, b.order);",
    replace: "const byOrder = a.order.seenMs - b.order.seenMs;",
    suite: [...SIMULATION, "runtime/core/aggregates/aggregates.test.ts"],
    why: "ties of first and last go by the value, each for itself",
  },
  {
    file: "runtime/eval/order-header.ts",
    find: "if (seq === 0 && places === 0 && seenMs === timeMs + WATERMARK_DELAY_MS) {",
    replace: "if (seq === 0 && places === 0) {",
    suite: HEADER,
    why: "what a late result has seen is lost at a topic",
  },
  {
    file: "runtime/eval/order-header.ts",
    find: "this.#seq += (flags & SEQ_BACK) === 0 ? seqBy : -seqBy;",
    replace: "this.#seq += seqBy;",
    suite: HEADER,
    why: "of two relays the records of a topic get a wrong order",
  },
  {
    file: "runtime/eval/order-header.ts",
    find: "    this.#end = this.#length;",
    replace: "    this.#end = this.#length - 1;",
    suite: HEADER,
    why: "the last order of a topic message is cut",
  },
  {
    file: "runtime/eval/order-header.ts",
    find: "into.place.length = 0;",
    replace: "into.place.length = Math.min(1, into.place.length);",
    suite: [...HEADER, ...SIMULATION],
    why: "a record has the place of the one before it in the message",
  },
  {
    file: "runtime/core/message.ts",
    find: "return Number.isSafeInteger(place) && place > 0 ? place : 0;",
    replace: "return Number.isSafeInteger(place) && place > 1 ? place : 0;",
    suite: RECORDS,
    why: "the first two operations of a commit have no order",
  },
  {
    file: "runtime/core/operators/top.ts",
    find: "this.#next(record, orderOfResult(board.timeMs, [rank]));",
    replace: "this.#next(record, orderOfResult(board.timeMs, [0]));",
    suite: RECORDS,
    why: "behind a top its ranks are forgotten",
  },
];
