// Faults of event time: watermarks, panes, calendars, keys.

import type { Mutant } from "../mutant.ts";

const WATERMARKS = ["runtime/core/watermarks.test.ts"];
const SIMULATION = ["test/simulation/simulation.test.ts"];

export const CORE_FAULTS: readonly Mutant[] = [
  {
    file: "runtime/core/watermarks.ts",
    find: "if (expected === null || known.size < expected) return Number.NEGATIVE_INFINITY;",
    replace: "if (expected === null) return Number.NEGATIVE_INFINITY;",
    suite: WATERMARKS,
    why: "windows close before every channel has spoken",
  },
  {
    file: "runtime/core/watermarks.ts",
    find: "this.#least = Math.max(this.#least, this.#compute());",
    replace: "this.#least = this.#compute();",
    suite: WATERMARKS,
    why: "the watermark steps back when a new version speaks",
  },
  {
    file: "runtime/core/watermarks.ts",
    find: "if (mark.generation < input.generation) return;",
    replace: "if (mark.generation < 0) return;",
    suite: WATERMARKS,
    why: "a straggler of an old version counts as a channel of the new one",
  },
  {
    file: "runtime/core/watermarks.ts",
    find: "if (!isNew && before > this.#least) return;",
    replace: "if (!isNew && before >= this.#least) return;",
    suite: WATERMARKS,
    why: "the watermark stands still although its slowest channel goes on",
  },
  {
    file: "runtime/core/watermarks.ts",
    find: "if (watermarkMs > before) {",
    replace: "if (watermarkMs !== before) {",
    suite: WATERMARKS,
    why: "a channel's watermark steps back",
  },
  {
    file: "runtime/core/panes.ts",
    find: "return floorTo(timeMs - this.#sizeMs, this.#everyMs) + this.#everyMs + this.#sizeMs;",
    replace:
      "return floorTo(timeMs - this.#sizeMs - 1, this.#everyMs) + this.#everyMs + this.#sizeMs;",
    suite: ["runtime/core/panes.test.ts"],
    why: "a record exactly at a window's end counts in it",
  },
  {
    file: "runtime/core/panes.ts",
    find: "this.#paneMs = greatestCommonDivisor(sizeMs, everyMs);",
    replace: "this.#paneMs = everyMs;",
    suite: ["runtime/core/panes.test.ts", "test/stages/windows.test.ts"],
    why: "a hopping window whose hop does not divide it counts too much",
  },
  {
    file: "runtime/core/calendar.ts",
    find: "    return high;",
    replace: "    return low;",
    suite: ["runtime/core/calendar.test.ts"],
    why: "a day whose midnight the clocks jump over begins a millisecond early",
  },
  {
    file: "runtime/core/calendar.ts",
    find: "if (this.#offsetMs(startMs) === offsetMs) return startMs;",
    replace: "if (offsetMs !== null) return startMs;",
    suite: ["runtime/core/calendar.test.ts"],
    why: "a day on which the clocks change begins an hour off",
  },
  {
    file: "runtime/core/key-table.ts",
    find: "this.#crowded.set(crowdedKey(this.#bytes[start] ?? 0, this.#bytes, start + 1, end), number);",
    replace:
      "this.#crowded.set(crowdedKey(this.#bytes[start] ?? 0, this.#bytes, start, end), number);",
    suite: ["runtime/core/key-table.test.ts"],
    why: "of many keys of one hash some are never found again, and counted apart",
  },
  {
    file: "runtime/core/key-table.ts",
    find: "for (const number of crowded) this.#place(number);",
    replace: "for (const number of crowded) this.#startOf(number);",
    suite: ["runtime/core/key-table.test.ts"],
    why: "keys of one hash are lost when the table grows",
  },
  {
    file: "runtime/core/output.ts",
    find: "const payload = writer.takeFirst(length);",
    replace: "const payload = writer.takeFirst(writer.length);",
    suite: ["runtime/core/output.test.ts"],
    why: "half a record that could not be written stands in a message",
  },
  {
    file: "runtime/core/stage-runner.ts",
    find: "while (this.busy && !this.full) {",
    replace: "while (this.busy) {",
    suite: ["runtime/task/large-close.test.ts"],
    why: "a window of a million groups is one commit, which the server refuses",
  },
  {
    file: "runtime/core/stage-runner.ts",
    find: "const least = this.#advance?.reachedMs ?? this.#watermarks.least;",
    replace: "const least = this.#watermarks.least;",
    suite: ["test/simulation/crash.test.ts", ...SIMULATION],
    why: "a watermark is told before the results that it speaks of are sent",
  },
  {
    file: "runtime/core/intake.ts",
    find: "if (message.timeTrusted) this.#eventMs = timeMs;",
    replace: "this.#eventMs = timeMs;",
    suite: ["runtime/plan-driver.test.ts", "test/integration/bad-input.test.ts"],
    why: "one event from the future closes every window",
  },
  {
    file: "runtime/core/stage-runner.ts",
    find: "Object.assign(this.#context.counters, structuredClone(progress.counters));",
    replace: "structuredClone(progress.counters);",
    suite: ["test/simulation/crash.test.ts"],
    why: "counters begin at 0 after a restart",
  },
  {
    file: "runtime/core/context.ts",
    find: "if (!(unsendable instanceof EvaluationError)) throw unsendable;",
    replace: "throw unsendable;",
    suite: ["test/stages/too-large.test.ts"],
    why: "a record that is too large is counted by every operator in front of its sink",
  },
];
