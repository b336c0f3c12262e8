// Watches the order of every repo's commits: what came too late or from an account that is not active is
// refused, as the sync specification wants; a commit that does not follow on the one before it is a gap, is
// published and counted. Two of its fields say what it follows on: `since` the revision, `prevData` the root
// of the repo's tree. The first misses a commit, the second also one that was replaced by another.

import { copyWords, sameWords, wordsOf } from "../bytes/words.ts";
import { CID_BYTES } from "./decode/cid.ts";
import { TID_LENGTH } from "./decode/fields.ts";
import type { FrameCommit } from "./decode/frame-commit.ts";
import type { AccountMessage, SyncMessage } from "./decode/message.ts";
import { type Rejected, rejected } from "./decode/rejection.ts";
import { RecentMap } from "./recent-map.ts";
import { RevClock } from "./rev-clock.ts";

/** Repos remembered, about 30 MB; the one that has been silent for longest is forgotten. */
export const REPOS_MAX = 100_000;

/** The field of a commit that does not fit. */
export const GAP_KINDS = ["since", "prevData"] as const;
export type GapKind = (typeof GAP_KINDS)[number];

export type Gap = { readonly by: GapKind; readonly did: string; readonly rev: string };

type Repo = {
  /** Its last revision and the root of its tree since stand there from `at` on. */
  readonly memory: DataView;
  readonly at: number;
  /** Whether there was a revision, and whether the root is known. */
  hasRev: boolean;
  hasData: boolean;
  /** Number of the connection it came on. */
  session: number;
  /** Relay time since when the account is not active; null while it is. */
  inactiveSinceMs: number | null;
};

/** A part of a repo's memory. */
type Place = { readonly at: number; readonly length: number };
const REV: Place = { at: 0, length: TID_LENGTH };
const DATA: Place = { at: TID_LENGTH, length: CID_BYTES };
const REPO_BYTES = TID_LENGTH + CID_BYTES;
/** Repos that share a piece of memory. */
const PIECE_REPOS = 1024;

/**
 * Two connections may give the same commits, one later than the other; so order is only demanded within
 * one, and what a later one repeats is left to deduplication.
 */
export class RepoOrder {
  readonly #onGap: (gap: Gap) => void;
  readonly #repos: RecentMap<Repo>;
  readonly #revClock = new RevClock();
  #piece = new DataView(new ArrayBuffer(0));
  #pieceEnd = 0;

  /** @param onGap gets each of a commit's gaps: there may be two, one by each field */
  constructor(onGap: (gap: Gap) => void, reposMax = REPOS_MAX) {
    this.#onGap = onGap;
    this.#repos = new RecentMap(reposMax, (forgotten) => this.#newRepo(forgotten));
  }

  get size(): number {
    return this.#repos.size;
  }

  /**
   * A host whose clock is ahead makes revisions as far ahead as the time it claims: it is taken, and once its clock is
   * put right its repos go on.
   * @param session number of the connection
   * @param nowMs the stream's clock
   * @returns why the commit is refused, null when it is not
   */
  commit(commit: FrameCommit, session: number, nowMs = commit.timeMs): Rejected | null {
    const { frame, did, timeMs, dataAt } = commit;
    const repo = this.#repos.get(did);
    if (repo.inactiveSinceMs !== null && timeMs > repo.inactiveSinceMs) {
      return rejected("account_inactive", "a commit of an account that is not active");
    }
    const words = wordsOf(frame);
    const revAt = frame.byteOffset + commit.revAt;
    if (this.#revClock.isAhead(words, revAt, Math.max(nowMs, timeMs)))
      return aheadOf(commit, nowMs);
    const isLater = !repo.hasRev || isAfter(words, revAt, repo) || this.#forgetAhead(repo, nowMs);
    if (!isLater && repo.session === session) {
      return rejected("rev_order", `rev ${commit.rev} is not above ${lastRevOf(repo)}`);
    }
    if (isLater) this.#compare(repo, commit, words);
    advance(repo, session, words, revAt, dataAt < 0 ? -1 : frame.byteOffset + dataAt);
    return null;
  }

  /** The state after whatever happened: the next commit follows on this revision. @returns as `commit` */
  sync(sync: SyncMessage, session: number, nowMs = sync.timeMs): Rejected | null {
    const { did, rev, data, timeMs } = sync;
    const bytes = Buffer.concat([Buffer.from(rev, "latin1"), data ?? new Uint8Array()]);
    const { byteOffset } = bytes;
    const dataAt = data === null ? -1 : byteOffset + TID_LENGTH;
    const latestMs = Math.max(nowMs, timeMs);
    if (this.#revClock.isAhead(wordsOf(bytes), byteOffset, latestMs)) return aheadOf(sync, nowMs);
    advance(this.#repos.get(did), session, wordsOf(bytes), byteOffset, dataAt);
    return null;
  }

  account({ did, active, timeMs }: AccountMessage): void {
    this.#repos.get(did).inactiveSinceMs = active ? null : timeMs;
  }

  /** A last revision that was taken though it is in the future stops nothing. @returns whether it was one */
  #forgetAhead(repo: Repo, nowMs: number): boolean {
    if (!this.#revClock.isAhead(repo.memory, repo.at + REV.at, nowMs)) return false;
    repo.hasRev = false;
    repo.hasData = false;
    return true;
  }

  #compare(repo: Repo, commit: FrameCommit, words: DataView): void {
    const { did, frame, sinceAt, sinceEnd, prevDataAt, prevDataEnd } = commit;
    const base = frame.byteOffset;
    if (repo.hasRev && sinceAt >= 0 && !isSame(words, base + sinceAt, base + sinceEnd, repo, REV)) {
      this.#onGap({ by: "since", did, rev: commit.rev });
    }
    if (
      repo.hasData &&
      prevDataAt >= 0 &&
      !isSame(words, base + prevDataAt, base + prevDataEnd, repo, DATA)
    ) {
      this.#onGap({ by: "prevData", did, rev: commit.rev });
    }
  }

  #newRepo(forgotten: Repo | null): Repo {
    const fresh = { hasRev: false, hasData: false, session: 0, inactiveSinceMs: null };
    if (forgotten !== null) return Object.assign(forgotten, fresh);
    if (this.#pieceEnd === this.#piece.byteLength) {
      this.#piece = new DataView(new ArrayBuffer(PIECE_REPOS * REPO_BYTES));
      this.#pieceEnd = 0;
    }
    const at = this.#pieceEnd;
    this.#pieceEnd += REPO_BYTES;
    return { memory: this.#piece, at, ...fresh };
  }
}

function aheadOf({ rev }: { readonly rev: string }, nowMs: number): Rejected {
  return rejected("rev_future", `rev ${rev} is ahead of ${new Date(nowMs).toISOString()}`);
}

/** Whether the revision in `words` at `at` is above the repo's: TIDs are in the order of their bytes. */
function isAfter(words: DataView, at: number, repo: Repo): boolean {
  for (let i = 0; i < TID_LENGTH; i += 1) {
    const difference = words.getUint8(at + i) - repo.memory.getUint8(repo.at + REV.at + i);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Whether what stands from `start` to `end` is what is known of the repo. */
function isSame(words: DataView, start: number, end: number, repo: Repo, what: Place): boolean {
  const { at, length } = what;
  return end - start === length && sameWords(words, start, end, repo.memory, repo.at + at);
}

function lastRevOf({ memory, at }: Repo): string {
  return Buffer.from(memory.buffer, at + REV.at, REV.length).toString("latin1");
}

/** @param dataAt -1 when the root is not known */
function advance(
  repo: Repo,
  session: number,
  words: DataView,
  revAt: number,
  dataAt: number,
): void {
  const { memory, at } = repo;
  copyWords(words, revAt, revAt + REV.length, memory, at + REV.at);
  repo.hasRev = true;
  repo.hasData = dataAt >= 0;
  if (dataAt >= 0) copyWords(words, dataAt, dataAt + DATA.length, memory, at + DATA.at);
  repo.session = session;
}
