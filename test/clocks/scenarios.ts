// The streams that trusted time is measured on, and what the design allows in each: 0 unless it says otherwise.

import type { StreamOptions } from "./generate.ts";
import type { LiveOptions } from "./play.ts";

/** Most good events that may be bent, in percent, and by how much, seconds: the design's table. Nothing may be late. */
type Allowed = { readonly bent: number; readonly seconds?: number; readonly late?: number };

export type Scenario = {
  readonly name: string;
  readonly stream: StreamOptions;
  readonly allowed?: Allowed;
};

export type LiveScenario = Scenario & { readonly live: LiveOptions };

const MINUTE = 60_000;
const DAY = 86_400_000;
const MINUTES_50 = 50 * MINUTE;
const YEARS_3 = 9.46e10;

export const RECORDINGS: readonly Scenario[] = [
  { name: "clean 350/s", stream: {} },
  { name: "clean 2000/s, 2000 hosts", stream: { rate: 2000, hosts: 2000 } },
  { name: "clean 1/s", stream: { rate: 1 } },
  { name: "clean 0.02/s", stream: { rate: 0.02 } },
  { name: "350/s +10 s 10 %", stream: { off: 10_000, share: 0.1 } },
  { name: "350/s +50 m 1 %", stream: { off: MINUTES_50, share: 0.01 } },
  { name: "350/s +50 m 10 %", stream: { off: MINUTES_50, share: 0.1 } },
  { name: "350/s +50 m 33 %", stream: { off: MINUTES_50, share: 0.33 } },
  { name: "350/s +60 s 33 %", stream: { off: MINUTE, share: 0.33 } },
  { name: "350/s +3 y 33 %", stream: { off: YEARS_3, share: 0.33 } },
  { name: "2000/s +50 m 33 %", stream: { rate: 2000, off: MINUTES_50, share: 0.33 } },
  { name: "350/s +50 m 45 %", stream: { off: MINUTES_50, share: 0.45 } },
  { name: "350/s -50 m 33 %", stream: { off: -MINUTES_50, share: 0.33 }, allowed: { bent: 0.003 } },
  { name: "350/s -50 m 45 %", stream: { off: -MINUTES_50, share: 0.45 }, allowed: { bent: 0.03 } },
  { name: "drift to +50 m 33 %", stream: { off: MINUTES_50, share: 0.33, mode: "drift" } },
  { name: "random +-50 m 33 %", stream: { off: MINUTES_50, share: 0.33, mode: "random" } },
  { name: "ramp to +50 m 10 %", stream: { off: MINUTES_50, share: 0.1, mode: "ramp" } },
  { name: "ramp to +50 m 33 %", stream: { off: MINUTES_50, share: 0.33, mode: "ramp" } },
  { name: "1/s +60 s 10 %", stream: { rate: 1, off: MINUTE, share: 0.1 } },
  {
    name: "1/s +60 s 33 %",
    stream: { rate: 1, off: MINUTE, share: 0.33 },
    allowed: { bent: 6.9, seconds: 61 },
  },
  {
    name: "1/s +10 s 10 %",
    stream: { rate: 1, off: 10_000, share: 0.1 },
    allowed: { bent: 0.7, seconds: 11, late: 0.5 },
  },
  {
    name: "1/s +10 s 33 %",
    stream: { rate: 1, off: 10_000, share: 0.33 },
    allowed: { bent: 56, seconds: 13, late: 0.5 },
  },
  {
    name: "1/s +50 m 33 %",
    stream: { rate: 1, off: MINUTES_50, share: 0.33 },
    allowed: { bent: 0.01 },
  },
  {
    name: "1/s +50 m 45 %",
    stream: { rate: 1, off: MINUTES_50, share: 0.45 },
    allowed: { bent: 16 },
  },
  { name: "0.02/s +1 d 10 %", stream: { rate: 0.02, off: DAY, share: 0.1 } },
  {
    name: "0.02/s +1 d 33 %",
    stream: { rate: 0.02, off: DAY, share: 0.33 },
    allowed: { bent: 0.2 },
  },
  {
    name: "0.02/s +50 m 33 %",
    stream: { rate: 0.02, off: MINUTES_50, share: 0.33 },
    allowed: { bent: 25 },
  },
  {
    name: "0.02/s +60 s 10 %",
    stream: { rate: 0.02, off: MINUTE, share: 0.1 },
    allowed: { bent: 9, seconds: 61, late: 0.5 },
  },
  {
    name: "hour gaps, +50 m 33 %",
    stream: { gaps: 9, off: MINUTES_50, share: 0.33 },
    allowed: { bent: 0.1 },
  },
  {
    name: "hour gaps, -50 m 33 %",
    stream: { gaps: 9, off: -MINUTES_50, share: 0.33 },
    allowed: { bent: 0.05 },
  },
  { name: "hour gaps, clean", stream: { gaps: 9 } },
  { name: "backlog of 10 min at once", stream: { backlog: 6000 } },
  {
    name: "hour gap, then that backlog",
    stream: { gaps: 1, backlog: 6000 },
    allowed: { bent: 3.6 },
  },
  { name: "bursts of 32 at +50 m", stream: { burst: { len: 32, every: 3000, fill: 1 } } },
  { name: "bursts of 128", stream: { burst: { len: 128, every: 3000, fill: 1 } } },
  { name: "bursts of 256", stream: { burst: { len: 256, every: 3000, fill: 1 } } },
  {
    name: "bursts of 512",
    stream: { burst: { len: 512, every: 8000, fill: 1 } },
    allowed: { bent: 33 },
  },
  {
    name: "bursts of 1000",
    stream: { burst: { len: 1000, every: 8000, fill: 1 } },
    allowed: { bent: 78 },
  },
  { name: "first 5 frames +50 m", stream: { first: 5 } },
  {
    name: "slow host -3.5 s 33 %",
    stream: { off: -3500, share: 0.33 },
    allowed: { bent: 0.7, seconds: 4 },
  },
  {
    name: "stopped clock 33 %",
    stream: { mode: "stop", share: 0.33 },
    allowed: { bent: 0.8, seconds: 10 },
  },
  {
    name: "clock slowing by 20 s, 45 %",
    stream: { off: -20_000, mode: "slowing", share: 0.45 },
    allowed: { bent: 84, seconds: 21 },
  },
  { name: "3 hosts, delays 0-2.9 s", stream: { slowNet: 1 } },
];

const QUIET: LiveOptions = { quiet: true };

export const LIVE: readonly LiveScenario[] = [
  { name: "clean 350/s", stream: {}, live: QUIET },
  { name: "clean 1/s", stream: { rate: 1 }, live: QUIET },
  { name: "clean 0.02/s", stream: { rate: 0.02 }, live: QUIET },
  { name: "350/s +50 m 33 %", stream: { off: MINUTES_50, share: 0.33 }, live: QUIET },
  { name: "350/s +50 m 45 %", stream: { off: MINUTES_50, share: 0.45 }, live: QUIET },
  { name: "350/s +3 y 33 %", stream: { off: YEARS_3, share: 0.33 }, live: QUIET },
  { name: "350/s +3 y 45 %", stream: { off: YEARS_3, share: 0.45 }, live: QUIET },
  { name: "1/s +10 s 10 %", stream: { rate: 1, off: 10_000, share: 0.1 }, live: QUIET },
  { name: "1/s +10 s 45 %", stream: { rate: 1, off: 10_000, share: 0.45 }, live: QUIET },
  { name: "1/s +50 m 33 %", stream: { rate: 1, off: MINUTES_50, share: 0.33 }, live: QUIET },
  { name: "0.02/s +3 y 45 %", stream: { rate: 0.02, off: YEARS_3, share: 0.45 }, live: QUIET },
  { name: "0.02/s +50 m 33 %", stream: { rate: 0.02, off: MINUTES_50, share: 0.33 }, live: QUIET },
  {
    name: "bursts of 1000 at +50 m",
    stream: { burst: { len: 1000, every: 3000, fill: 1 } },
    live: QUIET,
  },
  { name: "backlog of a +60 m host", stream: { backlog: 6000, blOff: 60 * MINUTE }, live: QUIET },
  { name: "hour gap, then a backlog", stream: { gaps: 1, backlog: 6000 }, live: QUIET },
  { name: "hour gaps, +50 m 33 %", stream: { gaps: 9, off: MINUTES_50, share: 0.33 }, live: QUIET },
  { name: "3 hosts, delays 0-2.9 s, 0.5/s", stream: { rate: 0.5, slowNet: 1 }, live: QUIET },
  {
    name: "slow host -3.5 s 33 %, 0.5/s",
    stream: { rate: 0.5, off: -3500, share: 0.33 },
    live: QUIET,
  },
  {
    name: "catch-up 50x from 10 min back, +50 m 33 %",
    stream: { off: MINUTES_50, share: 0.33, n: 300_000 },
    live: { catchUp: { backMs: 10 * MINUTE, speed: 50 }, quiet: true },
  },
  { name: "own wall clock -10 s", stream: {}, live: { wallOff: -10_000, quiet: true } },
  { name: "own wall clock +10 s", stream: {}, live: { wallOff: 10_000, quiet: true } },
  { name: "own wall clock -1 h", stream: {}, live: { wallOff: -60 * MINUTE, quiet: true } },
  { name: "own wall clock +1 h", stream: {}, live: { wallOff: 60 * MINUTE, quiet: true } },
];
