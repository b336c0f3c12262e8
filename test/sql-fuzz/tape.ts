// The firehose of one random program: commits of several operations, account events, and the watermarks of every
// partition, in relay order. Steps back of time, late events, ties and odd texts are drawn on purpose.

import type { Random } from "../../runtime/testing/random.ts";

export const PARTITIONS = 4;
export const COLLECTIONS = ["com.example.alpha", "com.example.beta", "com.example.gamma"] as const;
/** How far a watermark stays behind the relay's time, milliseconds (docs/language.md, Lateness). */
export const DELAY_MS = 1000;
/** The least time between two events is about this: windows are drawn in the same unit. */
export type Unit = "second" | "hour";

/** What a record may hold; a missing field is left out. */
export type TapeRecord = {
  readonly s?: string | null;
  readonly n?: number | null;
  readonly x?: number;
  readonly b?: boolean | null;
  readonly l?: (string | null)[] | null;
  readonly m?: number[];
  /** A list, a string or null: what `unnest` of a string does. */
  readonly u?: string[] | string | null;
};

export type TapeEvent = {
  readonly what: "event";
  readonly partition: number;
  readonly did: string;
  readonly seq: number;
  readonly timeMs: number;
  readonly kind: "commit" | "identity" | "account";
  readonly op: "create" | "update" | "delete" | null;
  /** Place of the operation in its commit. */
  readonly place: number;
  readonly collection: string | null;
  readonly rkey: string | null;
  readonly record: TapeRecord | null;
  readonly handle: string | null;
  readonly active: boolean | null;
};
export type TapeWatermark = {
  readonly what: "watermark";
  readonly partition: number;
  readonly watermarkMs: number;
};
export type TapeEntry = TapeEvent | TapeWatermark;

/** What the relay sent at once: operations of one commit, or one account event. */
export type Commit = readonly TapeEvent[];

const ACCOUNTS = 9;
const STARTS_MS: Readonly<Record<Unit, readonly number[]>> = {
  second: [Date.UTC(2026, 6, 4, 12)],
  // The nights in which clocks change, in Europe and America.
  hour: [Date.UTC(2026, 2, 27), Date.UTC(2026, 9, 23), Date.UTC(2026, 2, 6), Date.UTC(2026, 6, 4)],
};
export const UNIT_MS: Readonly<Record<Unit, number>> = { second: 1000, hour: 3_600_000 };
/** Longest steps between two commits, in units: several within a second, or windows soon behind each other. */
const STEPS = [0.3, 0.8, 1.4];
/** Furthest behind: by about a window, or by several. */
const LATE_UNITS = [10, 60];
const OPERATIONS_MAX = 4;
const TEXTS = ["a", "b", "B", "é", "ab", "zh", "😀", "\uffff", "", "a ", "a!", "名前"];
const EXACT = [0.1, 0.7, -0.1, 1e16, -1e16, 3, 2 ** 53, 0.3, 0.2, -2.5];

/** Commits in relay order. @param count of commits */
export function drawCommits(random: Random, count: number, unit: Unit): Commit[] {
  const starts = STARTS_MS[unit];
  let clockMs = starts[random.int(starts.length)] ?? 0;
  const stepMs = pick(random, STEPS) * UNIT_MS[unit];
  // On a grid times are often equal, and often just at the end of something.
  const gridMs = random.chance(0.5) ? UNIT_MS[unit] / 2 : 1;
  return Array.from({ length: count }, (_, i) => {
    clockMs += random.int(Math.floor(stepMs));
    const backMs = random.chance(0.5) ? random.int(901) : 0;
    const lateMs = random.chance(0.12) ? random.int(pick(random, LATE_UNITS) * UNIT_MS[unit]) : 0;
    const timeMs = clockMs - backMs - lateMs;
    return drawCommit(random, i + 1, timeMs - (timeMs % gridMs));
  });
}

function drawCommit(random: Random, seq: number, timeMs: number): Commit {
  const account = random.int(ACCOUNTS);
  const from = {
    what: "event",
    partition: account % PARTITIONS,
    did: `did:plc:${account}`,
    seq,
    timeMs,
  } as const;
  if (random.chance(0.08)) return [{ ...from, ...drawAccountEvent(random) }];
  const operations = random.chance(0.7) ? 1 : 1 + random.int(OPERATIONS_MAX);
  return Array.from({ length: operations }, (_, place) => {
    const op = pick(random, ["create", "create", "create", "create", "update", "delete"] as const);
    return {
      ...from,
      kind: "commit",
      op,
      place,
      collection: pick(random, COLLECTIONS),
      rkey: `r${random.int(5)}`,
      record: op === "delete" ? null : drawRecord(random),
      handle: null,
      active: null,
    } as const;
  });
}

function drawAccountEvent(random: Random) {
  const none = { op: null, place: 0, collection: null, rkey: null, record: null } as const;
  return random.chance(0.5)
    ? ({ ...none, kind: "identity", handle: `${pick(random, TEXTS)}.test`, active: null } as const)
    : ({ ...none, kind: "account", handle: null, active: random.chance(0.5) } as const);
}

function drawRecord(random: Random): TapeRecord {
  return {
    ...maybe(random, 0.9, "s", () => orNull(random, () => pick(random, TEXTS))),
    ...maybe(random, 0.9, "n", () => orNull(random, () => random.int(7) - 2)),
    ...maybe(random, 0.8, "x", () => pick(random, EXACT)),
    ...maybe(random, 0.8, "b", () => orNull(random, () => random.chance(0.5))),
    ...maybe(random, 0.9, "l", () => orNull(random, () => drawTexts(random))),
    ...maybe(random, 0.7, "m", () => Array.from({ length: random.int(4) }, () => random.int(4))),
    ...maybe(random, 0.3, "u", () => orNull(random, () => drawEither(random))),
  };
}

function drawTexts(random: Random): (string | null)[] {
  return Array.from({ length: random.int(4) }, () => orNull(random, () => pick(random, TEXTS)));
}

function drawEither(random: Random): string[] | string {
  return random.chance(0.6) ? [pick(random, TEXTS), pick(random, TEXTS)] : pick(random, TEXTS);
}

function maybe<K extends string, T>(random: Random, chance: number, name: K, draw: () => T) {
  return random.chance(chance) ? ({ [name]: draw() } as Record<K, T>) : {};
}

function orNull<T>(random: Random, draw: () => T): T | null {
  return random.chance(0.15) ? null : draw();
}

export function pick<T>(random: Random, list: readonly T[]): T {
  const one = list[random.int(list.length)];
  if (one === undefined) throw new Error("nothing to pick from");
  return one;
}

/**
 * Each partition's entries in their order: its events, and on all of them a watermark whenever the relay's time
 * enters a new second.
 * @param told whether a partition is told its watermark behind each event too, so that what a stage does not read
 *   moves it as well
 */
export function partitioned(commits: readonly Commit[], told: boolean): TapeEntry[][] {
  const partitions = Array.from({ length: PARTITIONS }, (): TapeEntry[] => []);
  let greatestMs = Number.NEGATIVE_INFINITY;
  for (const event of commits.flat()) {
    const { partition, timeMs } = event;
    const watermarkMs = timeMs - DELAY_MS;
    partitions[partition]?.push(event);
    if (told) partitions[partition]?.push({ what: "watermark", partition, watermarkMs });
    const isNewSecond = Math.floor(timeMs / 1000) > Math.floor(greatestMs / 1000);
    greatestMs = Math.max(greatestMs, timeMs);
    if (!isNewSecond) continue;
    for (const [i, entries] of partitions.entries()) {
      entries.push({ what: "watermark", partition: i, watermarkMs });
    }
  }
  return partitions;
}
