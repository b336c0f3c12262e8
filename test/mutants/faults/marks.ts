// Faults of marks and states: how far a relay is, and what an account's state repeats.

import type { Mutant } from "../mutant.ts";

const MARK = ["shuffler/sources/seq-mark.test.ts"];
const STATE = ["shuffler/state-order.test.ts"];
const REV = ["shuffler/rev-clock.test.ts"];

export const MARK_FAULTS: readonly Mutant[] = [
  {
    file: "shuffler/sources/seq-mark.ts",
    find: "if (!isUnderstood()) return this.skip();",
    replace: "",
    suite: MARK,
    why: "a frame that nobody understands moves the mark",
  },
  {
    file: "shuffler/sources/seq-mark.ts",
    find: "if (seq > SEQ_MAX || this.#disbelieved.has(seq)) return false;",
    replace: "if (seq > SEQ_MAX) return false;",
    suite: MARK,
    why: "a relay leads to the same wrong place for ever",
  },
  {
    file: "shuffler/sources/seq-mark.ts",
    find: "seq - from <= SEQ_JUMP_MAX",
    replace: "seq > from",
    suite: MARK,
    why: "one frame moves the mark as far as it likes",
  },
  {
    file: "shuffler/sources/seq-mark.ts",
    find: "return seq > candidate && seq - candidate <= SEQ_JUMP_MAX;",
    replace: "return false;",
    suite: MARK,
    why: "a relay that leaves many numbers out is never followed",
  },
  {
    file: "shuffler/sources/seq-mark.ts",
    find: "seq - from - 1 - this.#unread",
    replace: "seq - from - 1",
    suite: MARK,
    why: "what was refused counts as missing",
  },
  {
    file: "shuffler/sources/seq-mark.ts",
    find: "if (this.#leftOut < LEFT_OUT_FRAMES_MAX) return",
    replace: "if (this.#leftOut > 0) return",
    suite: MARK,
    why: "a wrong mark is never left",
  },
  {
    file: "shuffler/sources/seq-mark.ts",
    find: "seq < to && (from === null || seq > from)",
    replace: "seq < to",
    suite: MARK,
    why: "frames that come again make a right mark wrong",
  },
  {
    file: "shuffler/state-order.ts",
    find: "return isLongAgo || known.latestMs - timeMs > STATE_BACK_MS_MAX;",
    replace: "return isLongAgo;",
    suite: STATE,
    why: "an old deactivation lands above an activation",
  },
  {
    file: "shuffler/state-order.ts",
    find: "return isLongAgo || known",
    replace: "return known",
    suite: STATE,
    why: "a state repeated long after undoes the last",
  },
  {
    file: "shuffler/state-order.ts",
    find: "if (same !== undefined) return same.ordinal;",
    replace: "",
    suite: STATE,
    why: "what is read again is stored again",
  },
  {
    file: "shuffler/state-order.ts",
    find: "if (last?.content === content) return last.ordinal;",
    replace: "",
    suite: STATE,
    why: "a state told twice in a row is two",
  },
  {
    file: "shuffler/state-order.ts",
    find: "const ordinal = states.filter((one) => one.content === content).length;",
    replace: "const ordinal = 0;",
    suite: STATE,
    why: "a state that returns is dropped",
  },
  {
    file: "shuffler/state-order.ts",
    find: "const timeMs = Math.min(message.timeMs, origin.arrivedMs);",
    replace: "const { timeMs } = message;",
    suite: STATE,
    why: "a host that puts its clock right is not heard",
  },
  {
    file: "shuffler/rev-clock.ts",
    find: "nowMs + REV_AHEAD_MS_MAX",
    replace: "nowMs",
    suite: REV,
    why: "revisions of the present are refused",
  },
  {
    file: "shuffler/rev-clock.ts",
    find: "if (second !== this.#second) {",
    replace: "if (Number.isNaN(this.#second)) {",
    suite: REV,
    why: "the clock of revisions stands still",
  },
];
