// Watches the order of every repo's commits: what came too late or from an account that is not active is
// refused, as the sync specification wants; a commit whose predecessor never came is a gap, and counted.

import type { AccountMessage, CommitMessage, SyncMessage } from "./decode/message.ts";
import { type Rejected, rejected } from "./decode/rejection.ts";

/** Repos remembered, about 20 MB; the one that has been silent for longest is forgotten. */
export const REPOS_MAX = 100_000;

type Repo = {
  /** Last revision; "" before the first. */
  rev: string;
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
  readonly #reposMax: number;
  readonly #repos = new Map<string, Repo>();
  /** Commits whose `since` is not the revision that came before them: something between is missing. */
  gaps = 0;

  constructor(reposMax = REPOS_MAX) {
    this.#reposMax = reposMax;
  }

  get size(): number {
    return this.#repos.size;
  }

  /** @param session number of the connection. @returns why the commit is refused, null when it is not. */
  commit({ did, rev, since, timeMs }: CommitMessage, session: number): Rejected | null {
    const repo = this.#repo(did);
    if (repo.inactiveSinceMs !== null && timeMs > repo.inactiveSinceMs) {
      return rejected("account_inactive", "a commit of an account that is not active");
    }
    const isLater = rev > repo.rev;
    if (!isLater && repo.session === session) {
      return rejected("rev_order", `rev ${rev} is not above ${repo.rev}`);
    }
    const isKnown = repo.rev !== "" && since !== null;
    if (isLater && isKnown && since !== repo.rev) this.gaps += 1;
    this.#advance(repo, rev, session);
    return null;
  }

  /** The state after whatever happened: the next commit follows on this revision. */
  sync({ did, rev }: SyncMessage, session: number): void {
    this.#advance(this.#repo(did), rev, session);
  }

  account({ did, active, timeMs }: AccountMessage): void {
    this.#repo(did).inactiveSinceMs = active ? null : timeMs;
  }

  #advance(repo: Repo, rev: string, session: number): void {
    repo.rev = rev;
    repo.session = session;
  }

  /** The repo, as the one heard of last. */
  #repo(did: string): Repo {
    const repo = this.#repos.get(did) ?? { rev: "", session: 0, inactiveSinceMs: null };
    this.#repos.delete(did);
    this.#repos.set(did, repo);
    if (this.#repos.size > this.#reposMax) {
      const [oldest] = this.#repos.keys();
      if (oldest !== undefined) this.#repos.delete(oldest);
    }
    return repo;
  }
}
