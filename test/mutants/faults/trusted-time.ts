// Faults of trusted time: who moves the stream's clock, and which time a frame gets.

import type { Mutant } from "../mutant.ts";

const TIMES = [
  "shuffler/trusted-time/trusted-times.test.ts",
  "shuffler/trusted-time/timed-source.test.ts",
];
const GIVEN = ["shuffler/trusted-time/given-times.test.ts"];

export const TRUSTED_TIME_FAULTS: readonly Mutant[] = [
  {
    file: "shuffler/trusted-time/stream-clock.ts",
    find: "if (!this.#isAhead(claimMs, next)) return this.#advance(claimMs);",
    replace: "if (next.size >= 0) return this.#advance(claimMs);",
    suite: TIMES,
    why: "one host's claim moves the clock of all",
  },
  {
    file: "shuffler/trusted-time/stream-clock.ts",
    find: "if (votes.voters < END_VOTERS && votes.against > 0 && isFar) return true;",
    replace: "if (votes.voters < 0 && isFar) return true;",
    suite: TIMES,
    why: "at the end of a recording a host's claim is believed against those who are left to speak",
  },
  {
    file: "shuffler/trusted-time/stream-clock.ts",
    find: "if (ms > this.#ms) this.#set(ms);",
    replace: "this.#set(ms);",
    suite: ["shuffler/trusted-time/stream-clock.test.ts"],
    why: "the clock runs back when a live source is quiet",
  },
  {
    file: "shuffler/trusted-time/stream-clock.ts",
    find: "if (claimMs <= wallMs + WALL_TOLERANCE_MS) {",
    replace: "if (claimMs <= wallMs + 3_600_000) {",
    suite: TIMES,
    why: "live, an event an hour ahead is believed against the wall clock",
  },
  {
    file: "shuffler/trusted-time/stream-clock.ts",
    find: "this.#ms = Math.max(ms, this.#floorMs);",
    replace: "this.#ms = ms;",
    suite: TIMES,
    why: "after a restart the clock is behind what was published",
  },
  {
    file: "shuffler/trusted-time/stream-clock.ts",
    find: "if (this.#behind > FROZEN_FRAMES) {",
    replace: "if (this.#behind < 0) {",
    suite: ["shuffler/trusted-time/stream-clock.test.ts"],
    why: "a clock that was led astray goes on instead of standing still",
  },
  {
    file: "shuffler/trusted-time/look-ahead.ts",
    find: "if (otherMs < leastMs || otherMs > claimMs + gapMs) continue;",
    replace: "if (otherMs > claimMs + gapMs) continue;",
    suite: TIMES,
    why: "frames far behind the clock hold it back",
  },
  {
    file: "shuffler/trusted-time/look-ahead.ts",
    find: "if (otherMs < mostMs) against += 1;",
    replace: "if (otherMs < claimMs) against += 1;",
    suite: TIMES,
    why: "jitter of the network is taken for a claim ahead",
  },
  {
    file: "shuffler/trusted-time/given-times.ts",
    find: "this.#timesMs[this.#decided & this.#slotMask] = timeMs;",
    replace: "this.#timesMs[this.#decided & this.#slotMask] = 0;",
    suite: GIVEN,
    why: "a frame that is given again gets another time than at first",
  },
  {
    file: "shuffler/trusted-time/given-times.ts",
    find: "return hashed(words, base + didAt + PLC.length, base + didAt + PLC_DID_LENGTH, mark);",
    replace: "return mark;",
    suite: GIVEN,
    why: "commits of two accounts at one time are taken for one",
  },
  {
    file: "shuffler/trusted-time/given-times.ts",
    find: "const mark = hashed(words, base + revAt, base + revAt + TID_LENGTH, 0);",
    replace: "const mark = 0;",
    suite: GIVEN,
    why: "of a host whose clock stands still, all commits but one count as given again",
  },
  {
    file: "shuffler/trusted-time/given-times.ts",
    find: "if (this.#links[2 * i] === mark && this.#claimsMs[i] === claimMs) return this.#noted - age;",
    replace: "if (this.#claimsMs[i] === claimMs) return this.#noted - age;",
    suite: GIVEN,
    why: "frames that share a place in the table are taken for one",
  },
  {
    file: "cli/run/local-run.ts",
    find: "if (end.aborted && !live) break;",
    replace: "if (end.aborted) break;",
    suite: ["cli/run/local-run.test.ts"],
    why: "what waits for the frames behind it is left out when a run's time is up",
  },
];
