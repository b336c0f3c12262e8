// The greatest revision of each repo that the log has stored, read back from its messages. A run that begins again
// knows nothing of the order of those before it: what they refused, and what is good now, would be published behind
// what came later, and a deleted record would come back.

import { FIREHOSE_PREFIX, HEADER } from "../plan/names.ts";
import { CborCursor } from "./cbor/cursor.ts";
import { catchMalformed } from "./decode/rejection.ts";
import { tidOf } from "./sources/tid.ts";

/** Repos remembered, some 75 MB; the one that was stored longest ago is forgotten. */
export const STORED_REPOS_MAX = 500_000;
/** A stored revision that is further ahead of our clock orders nothing: it would stop its repo for as long. */
export const STORED_REV_AHEAD_MS_MAX = 300_000;
const SECOND_MS = 1000;
const MICROS_PER_MS = 1000;
const CLOCK_ID_MAX = 1023;
/** The fields of an event up to its revision: in DAG-CBOR order shorter names come first. */
const FIRST_FIELDS: ReadonlySet<string> = new Set(["op", "cid", "did", "rev"]);

/** As the log gives it, and as it is to be published. */
export type EventMessage = {
  readonly subject: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Uint8Array;
};

export type StoredRevsOptions = {
  /**
   * Null: whatever is stored counts. Of a file only what came out of it: that it is older than the rest is the wish of
   * who publishes it.
   */
  readonly relay: string | null;
  /** Our clock in milliseconds; null where revisions may be of any time, as in a file. */
  readonly nowMs: () => number | null;
  readonly reposMax?: number;
};

export type RepoRev = { readonly did: string; readonly rev: string };

export class StoredRevs {
  readonly #options: StoredRevsOptions;
  readonly #reposMax: number;
  /** In the order in which they were stored last. */
  readonly #revs = new Map<string, string>();
  #second = Number.NaN;
  #limit = "";

  constructor(options: StoredRevsOptions) {
    this.#options = options;
    this.#reposMax = options.reposMax ?? STORED_REPOS_MAX;
  }

  get size(): number {
    return this.#revs.size;
  }

  /** Takes a message of the log. */
  note(message: EventMessage): void {
    const { relay } = this.#options;
    if (relay !== null && message.headers.get(HEADER.relayHost) !== relay) return;
    const found = repoRevOf(message);
    if (found === null || this.#isAhead(found.rev)) return;
    const before = this.#revs.get(found.did) ?? "";
    this.#revs.delete(found.did);
    const isLater = found.rev > before;
    this.#revs.set(found.did, isLater ? found.rev : before);
    if (this.#revs.size <= this.#reposMax) return;
    for (const oldest of this.#revs.keys()) {
      this.#revs.delete(oldest);
      return;
    }
  }

  /** @returns the revision stored of its repo that is above its own; null when there is none */
  above(message: EventMessage): string | null {
    if (this.#revs.size === 0) return null;
    const found = repoRevOf(message);
    const stored = found === null ? undefined : this.#revs.get(found.did);
    // Of one revision operations may be stored in part: the others follow.
    return found !== null && stored !== undefined && stored > found.rev ? stored : null;
  }

  clear(): void {
    this.#revs.clear();
  }

  #isAhead(rev: string): boolean {
    const nowMs = this.#options.nowMs();
    if (nowMs === null) return false;
    const second = Math.floor(nowMs / SECOND_MS);
    if (second !== this.#second) {
      this.#second = second;
      this.#limit = tidOf((nowMs + STORED_REV_AHEAD_MS_MAX) * MICROS_PER_MS, CLOCK_ID_MAX);
    }
    return rev > this.#limit;
  }
}

/** Repo and revision of an event; null for what has none, as an identity, a watermark or a refusal. */
export function repoRevOf({ subject, payload }: EventMessage): RepoRev | null {
  if (payload.length === 0 || !subject.startsWith(FIREHOSE_PREFIX)) return null;
  // Anybody who may publish to the stream may have written it.
  const found = catchMalformed(() => readRepoRev(payload));
  return "kind" in found || found.did === "" || found.rev === "" ? null : found;
}

function readRepoRev(payload: Uint8Array): RepoRev {
  const cursor = new CborCursor(payload, "bad_frame");
  const found = { did: "", rev: "" };
  for (let left = cursor.mapSize(); left > 0; left -= 1) {
    const key = cursor.text();
    if (!FIRST_FIELDS.has(key)) break;
    if (key === "did" || key === "rev") found[key] = cursor.text();
    else cursor.skip();
  }
  return found;
}
