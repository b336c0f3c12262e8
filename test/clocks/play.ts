// Plays a made stream through trusted time as a recording, or as it arrives by a clock of the test's own, and
// says what became of the good hosts' events.

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";
import { QUIET_MS, QUIET_SLACK_MS } from "../../shuffler/trusted-time/limits.ts";
import { TrustedTimes } from "../../shuffler/trusted-time/trusted-times.ts";
import { gen, type MadeFrame, type StreamOptions } from "./generate.ts";

/** An event is bent when its time is further than this from its own. */
const BENT_MS = 3000;
const WINDOW_MS = 60_000;
/** From the relay to us. */
export const NETWORK_MS = 100;

/** What a rule made of a stream: a time for each frame, and the clock after each. */
export type Times = { readonly timesMs: readonly number[]; readonly clocksMs: readonly number[] };

export type LiveOptions = {
  /** How wrong our own clock is, milliseconds. */
  readonly wallOff?: number;
  /** From so far back, as many times faster than it happened. */
  readonly catchUp?: { readonly backMs: number; readonly speed: number };
  /** Whether the clock follows the wall clock while the relay is known to be quiet. */
  readonly quiet?: boolean;
};

export function playRecording(frames: readonly MadeFrame[]): Times {
  const times = new TrustedTimes({ live: false, floorMs: Number.NEGATIVE_INFINITY });
  const taken = new Taken(times);
  for (const [position, { claimMs }] of frames.entries()) {
    times.push(claimMs, position, 0);
    while (times.canTake(0)) taken.take(0);
  }
  while (times.size > 0) taken.take(0);
  return taken;
}

export function playLive(
  frames: readonly MadeFrame[],
  options: LiveOptions,
): Times & { readonly latencyMs: readonly number[] } {
  const times = new TrustedTimes({ live: true, floorMs: Number.NEGATIVE_INFINITY });
  const taken = new Taken(times);
  const arrivals = arrivalsOf(frames, options);
  let nowMs = arrivals[0] ?? 0;
  /** Moves the fake clock, and does what is due until then. */
  const passTo = (endMs: number): void => {
    for (;;) {
      const dueMs = times.dueMs() ?? (options.quiet === true ? nowMs + QUIET_MS : endMs);
      if (dueMs >= endMs) break;
      nowMs = Math.max(nowMs, dueMs);
      if (times.size === 0) times.follow(nowMs - QUIET_MS, QUIET_SLACK_MS);
      while (times.canTake(nowMs)) taken.take(nowMs);
    }
    nowMs = endMs;
  };
  for (const [position, { claimMs }] of frames.entries()) {
    passTo(arrivals[position] ?? nowMs);
    times.push(claimMs, position, nowMs);
    while (times.canTake(nowMs)) taken.take(nowMs);
  }
  passTo(nowMs + 10 * QUIET_MS);
  while (times.size > 0) taken.take(nowMs);
  const latencyMs = taken.takenAtMs.map((atMs, i) => atMs - (arrivals[i] ?? atMs));
  return { timesMs: taken.timesMs, clocksMs: taken.clocksMs, latencyMs };
}

/** By our own clock. */
function arrivalsOf(frames: readonly MadeFrame[], { wallOff = 0, catchUp }: LiveOptions): number[] {
  const startMs = frames[0]?.relayMs ?? 0;
  return frames.map(({ relayMs }) => {
    const onceMs = catchUp && startMs + catchUp.backMs + (relayMs - startMs) / catchUp.speed;
    return Math.max(relayMs + NETWORK_MS, onceMs ?? 0) + wallOff;
  });
}

class Taken implements Times {
  readonly timesMs: number[] = [];
  readonly clocksMs: number[] = [];
  readonly takenAtMs: number[] = [];
  readonly #times: TrustedTimes;

  constructor(times: TrustedTimes) {
    this.#times = times;
  }

  take(wallMs: number): void {
    this.timesMs.push(this.#times.take(wallMs));
    this.clocksMs.push(this.#times.clockMs);
    this.takenAtMs.push(wallMs);
  }
}

/** The rule before: the greatest claim is the clock. */
export function playGreatest(frames: readonly MadeFrame[]): Times {
  let clockMs = Number.NEGATIVE_INFINITY;
  const clocksMs = frames.map(({ claimMs }) => {
    clockMs = Math.max(clockMs, claimMs);
    return clockMs;
  });
  return { timesMs: frames.map(({ claimMs }) => claimMs), clocksMs };
}

export type Verdict = {
  /** Part of the good events that are bent, and by how much at most. */
  readonly bent: number;
  readonly bentMsMax: number;
  /** Part of the good events that are late with a grace of 0 and 5 s, beyond what right clocks would give. */
  readonly late: readonly [number, number];
};

export function judge(frames: readonly MadeFrame[], { timesMs, clocksMs }: Times): Verdict {
  const late: [number, number] = [0, 0];
  let [good, bent, bentMsMax] = [0, 0, 0];
  let oracleMs = Number.NEGATIVE_INFINITY;
  for (const [i, { kind, claimMs, trueMs }] of frames.entries()) {
    const clockMs = clocksMs[i - 1] ?? Number.NEGATIVE_INFINITY;
    if (kind === "good") {
      good += 1;
      const offMs = Math.abs((timesMs[i] ?? 0) - claimMs);
      bentMsMax = Math.max(bentMsMax, offMs);
      if (offMs > BENT_MS) bent += 1;
      for (const [at, graceMs] of [0, 5000].entries()) {
        const isLate = isLateAt(timesMs[i] ?? 0, clockMs, graceMs);
        const byOracle = isLateAt(claimMs, oracleMs, graceMs);
        late[at === 0 ? 0 : 1] += Number(isLate) - Number(byOracle);
      }
    }
    if (kind !== "backlog") oracleMs = Math.max(oracleMs, Math.floor(trueMs));
  }
  const part = (count: number): number => Math.max(0, count / Math.max(1, good));
  return { bent: part(bent), bentMsMax, late: [part(late[0]), part(late[1])] };
}

function isLateAt(timeMs: number, clockMs: number, graceMs: number): boolean {
  const endMs = (Math.floor(timeMs / WINDOW_MS) + 1) * WINDOW_MS;
  return endMs + graceMs <= clockMs - WATERMARK_DELAY_MS;
}

/** Of several seeds the mean, and the greatest of what is bent most. */
export function meanOf(
  options: StreamOptions,
  seeds: number,
  play: (frames: readonly MadeFrame[]) => Times,
): Verdict {
  const verdicts = Array.from({ length: seeds }, (_, seed) => {
    const frames = gen({ seed: seed + 1, ...options });
    return judge(frames, play(frames));
  });
  const mean = (pick: (one: Verdict) => number): number =>
    verdicts.reduce((sum, one) => sum + pick(one), 0) / seeds;
  return {
    bent: mean(({ bent }) => bent),
    bentMsMax: Math.max(...verdicts.map(({ bentMsMax }) => bentMsMax)),
    late: [mean(({ late }) => late[0]), mean(({ late }) => late[1])],
  };
}
