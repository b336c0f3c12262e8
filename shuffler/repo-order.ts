// Watches the order of every repo's commits: what came too late or from an account that is not active is
// refused, as the sync specification wants; a commit that does not follow on the one before it is a gap, is
// published and counted. Two of its fields say what it follows on: `since` the revision, `prevData` the root
// of the repo's tree. The first misses a commit, the second also one that was replaced by another.

import type { AccountMessage, CommitMessage, SyncMessage } from "./decode/message.ts";
import { type Rejected, rejected } from "./decode/rejection.ts";

/** Repos remembered, about 30 MB; the one that has been silent for longest is forgotten. */
export const REPOS_MAX = 100_000;

/** The field of a commit that does not fit. */
export const GAP_KINDS = ["since", "prevData"] as const;
export type GapKind = (typeof GAP_KINDS)[number];

export type Gap = { readonly by: GapKind; readonly did: string; readonly rev: string };

type Repo = {
  /** Last revision; "" before the first. */
  rev: string;
  /** Root of the tree since, one character a byte; "" when unknown. */
  data: string;
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
  readonly #reposMax: number;
  readonly #repos = new Map<string, Repo>();

  /** @param onGap gets each of a commit's gaps: there may be two, one by each field */
  constructor(onGap: (gap: Gap) => void, reposMax = REPOS_MAX) {
    this.#onGap = onGap;
    this.#reposMax = reposMax;
  }

  get size(): number {
    return this.#repos.size;
  }

  /** @param session number of the connection. @returns why the commit is refused, null when it is not. */
  commit(commit: CommitMessage, session: number): Rejected | null {
    const { did, rev, timeMs } = commit;
    const repo = this.#repo(did);
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
    advance(this.#repo(sync.did), sync, session);
  }

  account({ did, active, timeMs }: AccountMessage): void {
    this.#repo(did).inactiveSinceMs = active ? null : timeMs;
  }

  #compare(repo: Repo, { did, rev, since, prevData }: CommitMessage): void {
    if (repo.rev !== "" && since !== null && since !== repo.rev) {
      this.#onGap({ by: "since", did, rev });
    }
    if (repo.data !== "" && prevData != null && textOf(prevData) !== repo.data) {
      this.#onGap({ by: "prevData", did, rev });
    }
  }

  /** The repo, as the one heard of last. */
  #repo(did: string): Repo {
    const repo = this.#repos.get(did) ?? { rev: "", data: "", session: 0, inactiveSinceMs: null };
    this.#repos.delete(did);
    this.#repos.set(did, repo);
    if (this.#repos.size > this.#reposMax) {
      const [oldest] = this.#repos.keys();
      if (oldest !== undefined) this.#repos.delete(oldest);
    }
    return repo;
  }
}

function advance(repo: Repo, { rev, data }: CommitMessage | SyncMessage, session: number): void {
  repo.rev = rev;
  repo.data = data == null ? "" : textOf(data);
  repo.session = session;
}

/** A copy of its own: a view would keep the whole frame. */
function textOf(cid: Uint8Array): string {
  return Buffer.from(cid.buffer, cid.byteOffset, cid.length).toString("latin1");
}
