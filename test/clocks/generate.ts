// Makes streams whose right times are known: good hosts, and others whose clocks are wrong in every way we
// could think of. The same options and seed give the same stream.

/** How the clock of the bad host is wrong. */
export type Mode = "constant" | "drift" | "random" | "ramp" | "stop" | "slowing";

export type StreamOptions = {
  /** Events a second. */
  readonly rate?: number;
  /** Frames in all. */
  readonly n?: number;
  /** Good hosts: each has its own usual delay. */
  readonly hosts?: number;
  /** Part of the events that are of the bad host. */
  readonly share?: number;
  /** What its clock is wrong by, milliseconds. */
  readonly off?: number;
  readonly mode?: Mode;
  /** Silences of an hour, evenly over the stream. */
  readonly gaps?: number;
  /** Frames that a host gives at once after ten minutes without a connection. */
  readonly backlog?: number;
  /** What that host's clock is wrong by, milliseconds. */
  readonly blOff?: number;
  /** Part of the frames that are of the backlog while it comes. */
  readonly blFill?: number;
  /** Every so many frames a run of frames by the bad clock. */
  readonly burst?: { readonly len: number; readonly every: number; readonly fill: number };
  /** So many frames at the start are of the bad host. */
  readonly first?: number;
  /** Hosts' events take up to 2.9 s to the relay. */
  readonly slowNet?: number;
  readonly seed?: number;
};

/** Good: of a host with a right clock that was connected all the time. */
export type FrameKind = "good" | "bad" | "backlog";

export type MadeFrame = {
  /** When it happened, milliseconds since the epoch. */
  readonly trueMs: number;
  /** What its host says. */
  readonly claimMs: number;
  /** When the relay has it; frames are in this order. */
  readonly relayMs: number;
  readonly kind: FrameKind;
};

export const START_MS = Date.parse("2026-07-04T00:00:00Z");
const HOUR_MS = 3_600_000;
const BACKLOG_MS = 600_000;
/** Usual and greatest delay of an event on its way to the relay: as in real frames. */
const DELAY_MS = 100;
const DELAY_MS_MAX = 920;
const SLOW_DELAY_MS_MAX = 2900;
/** Frames between two falls of a clock that runs ahead again and again. */
const RAMP_FRAMES = 3000;

export function gen(options: StreamOptions): MadeFrame[] {
  const random = randomOf(options.seed ?? 1);
  const { n = 30_000, share = 0, first = 0, burst } = options;
  const delays = hostDelays(options, random);
  const frames: MadeFrame[] = [];
  let trueMs = START_MS;
  for (let i = 0; i < n; i += 1) {
    trueMs += stepMs(options, i, random);
    const inBurst = burst !== undefined && isInBurst(burst, i) && random() < burst.fill;
    const isBad = i < first || inBurst || random() < share;
    const usual = delays[Math.floor(random() * delays.length)] ?? DELAY_MS;
    const relayMs = trueMs + Math.min(-Math.log(1 - random()) * usual, delayMax(options));
    const claimMs = Math.floor(isBad ? badClaim(options, trueMs, i / n, i, random) : trueMs);
    frames.push({ trueMs, claimMs, relayMs, kind: isBad ? "bad" : "good" });
  }
  const all = frames.sort((a, b) => a.relayMs - b.relayMs);
  return options.backlog === undefined ? all : withBacklog(all, options, random);
}

/** At the beginning of each period but the first. */
function isInBurst({ len, every }: NonNullable<StreamOptions["burst"]>, index: number): boolean {
  return index >= every && index % every < len;
}

function stepMs({ rate = 350, n = 30_000, gaps = 0 }: StreamOptions, i: number, random: Random) {
  const gapMs = gaps > 0 && i > 0 && i % Math.floor(n / (gaps + 1)) === 0 ? HOUR_MS : 0;
  return gapMs + (-Math.log(1 - random()) * 1000) / rate;
}

function hostDelays({ hosts = 200, slowNet }: StreamOptions, random: Random): number[] {
  if (slowNet !== undefined) return [50, 700, 1400];
  return Array.from({ length: hosts }, () => DELAY_MS * (0.5 + random()));
}

function delayMax({ slowNet }: StreamOptions): number {
  return slowNet === undefined ? DELAY_MS_MAX : SLOW_DELAY_MS_MAX;
}

function badClaim(
  { off = 3_000_000, mode = "constant" }: StreamOptions,
  trueMs: number,
  part: number,
  index: number,
  random: Random,
): number {
  switch (mode) {
    case "constant":
      return trueMs + off;
    case "drift":
    case "slowing":
      return trueMs + off * part;
    case "random":
      return trueMs + off * (2 * random() - 1);
    case "ramp":
      return trueMs + (off * (index % RAMP_FRAMES)) / RAMP_FRAMES;
    case "stop":
      return START_MS;
  }
}

/** In the middle a host's frames of the last ten minutes come between the others'. */
function withBacklog(
  frames: readonly MadeFrame[],
  { backlog = 0, blOff = 0, blFill = 0.85 }: StreamOptions,
  random: Random,
): MadeFrame[] {
  const middle = Math.floor(frames.length / 2);
  const mixed = frames.slice(0, middle);
  const endMs = mixed.at(-1)?.relayMs ?? START_MS;
  let [given, taken] = [0, middle];
  while (given < backlog && taken < frames.length) {
    const next = frames[taken] as MadeFrame; // `taken` is within.
    if (random() < blFill) {
      const trueMs = endMs - BACKLOG_MS * (1 - given / backlog);
      const claimMs = Math.floor(trueMs + blOff);
      mixed.push({ trueMs, claimMs, relayMs: next.relayMs, kind: "backlog" });
      given += 1;
    } else {
      mixed.push(next);
      taken += 1;
    }
  }
  return [...mixed, ...frames.slice(taken)];
}

type Random = () => number;

/** Mulberry32: uniform in [0, 1). */
export function randomOf(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
