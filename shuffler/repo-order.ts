// Watches the order of every repo's commits: what came too late or from an account that is not active is
// refused, as the sync specification wants; a commit that does not follow on the one before it is a gap, is
// published and counted. Two of its fields say what it follows on: `since` the revision, `prevData` the root
// of the repo's tree. The first misses a commit, the second also one that was replaced by another.

import type { AccountMessage, CommitMessage, SyncMessage } from "./decode/message.ts";
import { type Rejected, rejected } from "./decode/rejection.ts";
import { RecentMap } from "./recent-map.ts";

/** Repos remembered, about 30 MB; the one that has been silent for longest is forgotten. */
export const REPOS_MAX = 100_000;

/** The field of a commit that does not fit. */
export const GAP_KINDS = ["since", "prevData"] as const;
export type GapKind = (typeof GAP_KINDS)[number];

export type Gap = { readonly by: GapKind; readonly did: string; readonly rev: string };

type Repo = {
  /** Last revision; "" before the first. */
  rev: string;
  /** Root of the tree since; null when unknown. */
  data: string | null;
  /** Number of the connection it came on. */
  session: number;
  /** Relay time since when the account is not active; null while it is. */
  inactiveSinceMs: number | null;
};

/**
 * Two connections may give the same commits, one later than the other; so order is only demanded within
 * one, and what a later one repeats is left to deduplication.
 */
export class RepoOrder {
  readonly #onGap: (gap: Gap) => void;
  readonly #repos: RecentMap<Repo>;

  /** @param onGap gets each of a commit's gaps: there may be two, one by each field */
  constructor(onGap: (gap: Gap) => void, reposMax = REPOS_MAX) {
    this.#onGap = onGap;
    this.#repos = new RecentMap(reposMax, newRepo);
  }

  get size(): number {
    return this.#repos.size;
  }

  /** @param session number of the connection. @returns why the commit is refused, null when it is not. */
  commit(commit: CommitMessage, session: number): Rejected | null {
    const { did, rev, timeMs } = commit;
    const repo = this.#repos.get(did);
    if (repo.inactiveSinceMs !== null && timeMs > repo.inactiveSinceMs) {
      return rejected("account_inactive", "a commit of an account that is not active");
    }
    const isLater = rev > repo.rev;
    if (!isLater && repo.session === session) {
      return rejected("rev_order", `rev ${rev} is not above ${repo.rev}`);
    }
    if (isLater) this.#compare(repo, commit);
    advance(repo, commit, session);
    return null;
  }

  /** The state after whatever happened: the next commit follows on this revision. */
  sync(sync: SyncMessage, session: number): void {
    advance(this.#repos.get(sync.did), sync, session);
  }

  account({ did, active, timeMs }: AccountMessage): void {
    this.#repos.get(did).inactiveSinceMs = active ? null : timeMs;
  }

  #compare(repo: Repo, { did, rev, since, prevData }: CommitMessage): void {
    if (repo.rev !== "" && since !== null && since !== repo.rev) {
      this.#onGap({ by: "since", did, rev });
    }
    if (repo.data !== null && prevData != null && prevData !== repo.data) {
      this.#onGap({ by: "prevData", did, rev });
    }
  }
}

function newRepo(): Repo {
  return { rev: "", data: null, session: 0, inactiveSinceMs: null };
}

function advance(repo: Repo, { rev, data }: CommitMessage | SyncMessage, session: number): void {
  repo.rev = rev;
  repo.data = data ?? null;
  repo.session = session;
}
