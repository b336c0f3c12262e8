// Faults of the operators: windows, reduce, sessions, dedup, fold, top, sums in front of an exchange.

import type { Mutant } from "../mutant.ts";

const SIMULATION = ["test/simulation/simulation.test.ts"];
const CRASH = ["test/simulation/crash.test.ts"];
const MADE = ["test/stages/stateful-made.test.ts"];
const ORDER = ["test/stages/order-of-records.test.ts"];

export const OPERATOR_FAULTS: readonly Mutant[] = [
  {
    file: "runtime/core/operators/window.ts",
    find: "watermarkMs > atMs && watermarkMs >= panes.lastEnd(atMs) + spec.graceMs;",
    replace: "watermarkMs > atMs && watermarkMs > panes.lastEnd(atMs) + spec.graceMs;",
    suite: ["test/stages/boundaries.test.ts"],
    why: "a record comes to a window that closed at that very watermark",
  },
  {
    file: "runtime/core/operators/window.ts",
    find: "const atMs = Math.min(onMs, records.timeMs(record) + maxAheadMs);",
    replace: "const atMs = onMs;",
    suite: ["test/stages/boundaries.test.ts"],
    why: "an author's claim of the year 3000 opens a window that never closes",
  },
  {
    file: "runtime/core/operators/window.ts",
    find: 'if (spec.kind === "session") return (atMs, watermarkMs) => watermarkMs > atMs + spec.graceMs;',
    replace: 'if (spec.kind === "session") return (atMs, watermarkMs) => watermarkMs > atMs;',
    suite: ["test/stages/boundaries.test.ts"],
    why: "sessions have no grace",
  },
  {
    file: "runtime/core/operators/reduce.ts",
    find: "for (let endMs = this.#nextEnd(fromMs - graceMs); endMs + graceMs <= watermarkMs; ) {",
    replace: "for (let endMs = this.#nextEnd(fromMs - graceMs); endMs + graceMs < watermarkMs; ) {",
    suite: SIMULATION,
    why: "a window that ends exactly at the watermark is never sent",
  },
  {
    file: "runtime/core/operators/reduce.ts",
    find: "return sent !== null && (endMs < sent.endMs || (endMs === sent.endMs && key <= sent.key));",
    replace:
      "return sent !== null && (endMs < sent.endMs || (endMs === sent.endMs && key < sent.key));",
    suite: CRASH,
    why: "a result is sent twice when a task crashes in the middle of a window",
  },
  {
    file: "runtime/core/operators/reduce.ts",
    find: "if (closesMs > this.#watermarkMs) continue;",
    replace: "if (closesMs >= this.#watermarkMs) continue;",
    suite: ["runtime/core/operators/forget.test.ts"],
    why: "a pane is kept after its last window has closed",
  },
  {
    file: "runtime/core/operators/reduce.ts",
    find: "pane.startMs >= startMs && pane.startMs < endMs && (pane.fromEndMs ?? endMs) <= endMs,",
    replace: "pane.startMs >= startMs && pane.startMs < endMs,",
    suite: SIMULATION,
    why: "a late record counts in windows that were closed to it",
  },
  {
    file: "runtime/core/operators/ticks.ts",
    find: "return orderOfResult(judgedMs, [0, endMs - judgedMs]);",
    replace: "return orderOfResult(endMs - 1, [0, endMs - judgedMs]);",
    suite: [...ORDER, ...SIMULATION],
    why: "updates of one result come to the next stage in any order",
  },
  {
    file: "runtime/core/operators/ticks.ts",
    find: "return orderOfResult(judgedMs, [0, endMs - judgedMs]);",
    replace: "return orderOfResult(judgedMs);",
    suite: ORDER,
    why: "updates of several windows that one tick sends come to the next stage in any order",
  },
  {
    file: "runtime/core/operators/ticks.ts",
    find: "const isAfterTick = everyMs !== undefined && (endMs + graceMs - 1) % everyMs === 0;",
    replace: "const isAfterTick = false;",
    suite: ORDER,
    why: "a final result comes before the update of a millisecond ago",
  },
  {
    file: "runtime/core/operators/group-table.ts",
    find: "this.#flags[group] = rest[count] === true ? UNSENT : 0;",
    replace: "this.#flags[group] = 0;",
    suite: [...CRASH, "test/stages/simulation.test.ts"],
    why: "with emit changes a group that was changed before a crash is not sent",
  },
  {
    file: "runtime/core/operators/group-table.ts",
    find: "if ((flags & CHANGED & ~before) !== 0) this.#changed.push(group);",
    replace: "if ((flags & CHANGED & ~before) !== 0 && before === 0) this.#changed.push(group);",
    suite: [...CRASH, ...SIMULATION],
    why: "a group that changes again after a commit is not stored",
  },
  {
    file: "runtime/core/operators/sessions.ts",
    find: "const goesOn = before !== undefined && row.timeMs < this.#endOf(before);",
    replace: "const goesOn = before !== undefined && row.timeMs <= this.#endOf(before);",
    suite: ["test/stages/boundaries.test.ts"],
    why: "a record a whole gap later belongs to the session",
  },
  {
    file: "runtime/core/operators/sessions.ts",
    find: "return Math.min(lastMs + this.#window.gapMs, startMs + this.#window.maxMs);",
    replace: "return lastMs + this.#window.gapMs;",
    suite: ["test/stages/boundaries.test.ts"],
    why: "a session has no greatest length",
  },
  {
    file: "runtime/core/operators/sessions.ts",
    find: "if (one.number === undefined) this.#forget(one.closed.key);",
    replace: "this.#forget(one.closed.key);",
    suite: SIMULATION,
    why: "the session that follows one that has ended is forgotten",
  },
  {
    file: "runtime/core/operators/sessions.ts",
    find: "return watermarkMs === END_OF_TIME_MS ? watermarkMs : watermarkMs - this.#window.graceMs;",
    replace: "return watermarkMs;",
    suite: ["runtime/core/operators/promises.test.ts"],
    why: "what follows is told that sessions are complete which are not",
  },
  {
    file: "runtime/core/operators/dedup.ts",
    find: "if (atMs + this.#op.withinMs > nowMs) return;",
    replace: "if (atMs + this.#op.withinMs >= nowMs) return;",
    suite: [...SIMULATION, "test/stages/stateful.test.ts", ...MADE],
    why: "dedup keeps out a record for a millisecond too long",
  },
  {
    file: "runtime/core/operators/dedup.ts",
    find: "    this.#dirty.set(key, null);",
    replace: "    this.#dirty.delete(key);",
    suite: ["test/stages/simulation.test.ts"],
    why: "after a crash dedup keeps out what it had forgotten",
  },
  {
    file: "runtime/core/operators/dedup.ts",
    find: "const ordered = [...this.#passed].sort(([, a], [, b]) => a.turn - b.turn);",
    replace: "const ordered = [...this.#passed];",
    suite: [...CRASH, "test/stages/simulation.test.ts"],
    why: "after a crash dedup forgets keys in another order",
  },
  {
    file: "runtime/core/operators/dedup.ts",
    find: "return watermarkMs === END_OF_TIME_MS ? watermarkMs : watermarkMs - WATERMARK_DELAY_MS;",
    replace: "return watermarkMs;",
    suite: ["runtime/core/operators/promises.test.ts"],
    why: "behind dedup records are later than the watermark that was told",
  },
  {
    file: "runtime/core/operators/fold.ts",
    find: "if (lastMs + expireMs > nowMs) return;",
    replace: "if (lastMs + expireMs >= nowMs) return;",
    suite: [...SIMULATION, ...MADE],
    why: "a group expires a tick late",
  },
  {
    file: "runtime/core/operators/fold.ts",
    find: "if (this.#unsent.has(oldest)) this.#send(",
    replace: "if (this.#unsent.size === 0) this.#send(",
    suite: ["test/stages/simulation.test.ts", ...MADE],
    why: "a group that makes place for another is never sent",
  },
  {
    file: "runtime/core/operators/fold.ts",
    find: "orderOfResult(atMs, [0, turn + 1])",
    replace: "orderOfResult(this.#tickMs - 1)",
    suite: ORDER,
    why: "what a key sends each time it makes place for another comes to the next stage in any order",
  },
  {
    file: "runtime/core/operators/fold.ts",
    find: "for (const [key, { group }] of ordered) if (group.unsent) this.#unsent.add(key);",
    replace: "this.#unsent.clear();",
    suite: [...CRASH, "test/stages/simulation.test.ts"],
    why: "a change is not sent when its task crashes before the tick",
  },
  {
    file: "runtime/core/operators/top.ts",
    find: "const complete = [...this.#boards.values()].filter((board) => board.timeMs < watermarkMs);",
    replace:
      "const complete = [...this.#boards.values()].filter((board) => board.timeMs <= watermarkMs);",
    suite: [...SIMULATION, "test/stages/stateful.test.ts"],
    why: "a board is sent while records of its time may come",
  },
  {
    file: "runtime/core/operators/top.ts",
    find: "return compareBy(a.by, b.by) || compareValues(a.keys, b.keys) || compareOrder(a.order, b.order);",
    replace: "return compareBy(a.by, b.by);",
    suite: [...SIMULATION, "test/stages/stateful.test.ts"],
    why: "which of two equals is in the top depends on how partitions interleave",
  },
  {
    file: "runtime/core/operators/combiner.ts",
    find: "writer.value(this.#records.save(group));",
    replace: "writer.value(1);",
    suite: ["runtime/core/operators/combiner.test.ts"],
    why: "records that were summed up are counted as one in `fpaas status`",
  },
  {
    file: "runtime/core/operators/combiner.ts",
    find: "if (length > COMBINED_ROW_BYTES_MAX || pane < 0 || !this.#combines(values)) {",
    replace: "if (length > COMBINED_ROW_BYTES_MAX || pane < 0) {",
    suite: [
      "runtime/core/operators/combiner.test.ts",
      "runtime/core/operators/combiner.property.test.ts",
    ],
    why: "a value that an aggregate refuses is summed up, and gets no dead letter",
  },
  {
    file: "runtime/core/operators/combiner.ts",
    find: "if (this.#panes[this.#pane] === startMs) return this.#pane;",
    replace: "if (this.#panes[this.#pane] !== undefined) return this.#pane;",
    suite: ["runtime/core/operators/combiner.property.test.ts"],
    why: "records of two windows are summed up in one",
  },
];
