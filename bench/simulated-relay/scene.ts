// What an account sees at the moment it acts: the time, the others, the posts going round. And the
// book-keeping of records made and deleted, so that deletes hit something that exists.
import type { Account } from "./accounts.ts";
import type { HashtagDraw } from "./hashtags.ts";
import type { PostPool } from "./post-pool.ts";
import type { Random } from "./random.ts";
import type { LexRecord, Write } from "./simulated-repo.ts";

export type Scene = {
  readonly random: Random;
  readonly accounts: readonly Account[];
  readonly drawAccount: (random: Random) => Account;
  readonly pool: PostPool;
  readonly drawHashtag: HashtagDraw;
  /** Simulated time of the act, milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Part of the recording that has passed, 0 to 1; below 0 before it starts. */
  readonly progress: number;
};

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const FAR_PAST_SHARE = 0.015;
const FUTURE_SHARE = 0.01;
const OFFSET_SHARE = 0.02;

/** `createdAt` as the author claims it: mostly seconds old, seldom days off or in the future. */
export function claimedTime({ random, nowMs }: Scene): string {
  const draw = random.unit();
  if (draw < FAR_PAST_SHARE) return isoTime(nowMs - random.between(1, 400) * DAY_MS);
  if (draw < FAR_PAST_SHARE + FUTURE_SHARE) return isoTime(nowMs + random.exponential(DAY_MS));
  const claimedMs = nowMs - random.exponential(1.5 * SECOND_MS);
  return random.chance(OFFSET_SHARE) ? offsetTime(claimedMs) : isoTime(claimedMs);
}

export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();

/** The same instant as a client two hours east of Greenwich writes it. */
function offsetTime(timeMs: number): string {
  return `${isoTime(timeMs + 7_200_000).slice(0, 19)}+02:00`;
}

/** A create under a fresh TID. */
export function createRecord(
  scene: Scene,
  account: Account,
  collection: string,
  record: LexRecord,
): Write {
  const path = `${collection}/${account.tids.next(scene.nowMs)}`;
  const known = account.paths.get(collection) ?? [];
  known.push(path);
  account.paths.set(collection, known);
  return { action: "create", path, record: { $type: collection, ...record } };
}

/** Deletes one of the account's records of this collection, or null when it has none. */
export function deleteRecord(scene: Scene, account: Account, collection: string): Write | null {
  const known = account.paths.get(collection) ?? [];
  const [path] = known.splice(scene.random.below(known.length), 1);
  if (path === undefined) return null;
  scene.pool.remove(`at://${account.did}/${path}`);
  return { action: "delete", path };
}
