// By which key a commit is signed: the account's present one, or the one that was valid when it was signed. A commit
// may be read long after: from a relay's backlog, from a recording, after an outage.

import { type Rejected, rejected } from "../decode/rejection.ts";
import type { KeyAnswer, KeyCache } from "./key-cache.ts";
import { type DatedKey, KEY_WITNESSES, keysAt, signedAtMs } from "./key-history.ts";
import type { CommitProof } from "./proof.ts";
import { isSigned } from "./signing-key.ts";

/**
 * Of a live source: an earlier key is of use for a commit of that age at most, twice what relays keep. Who has stolen a
 * key that was replaced long ago cannot go on signing for its time.
 */
export const EARLIER_KEY_AGE_MS_MAX = 7 * 24 * 60 * 60 * 1000;

/** Which key it was. */
export const KEY_USES = ["current", ...KEY_WITNESSES] as const;
export type KeyUse = (typeof KEY_USES)[number];

export type EarlierKeyUse = {
  readonly did: string;
  readonly rev: string;
  readonly key: DatedKey;
};

export type CommitKeysOptions = {
  readonly keys: KeyCache;
  /** Our clock in milliseconds; null where commits may be of any age, as in a file. */
  readonly nowMs?: () => number | null;
  /** Called with the first commit that an earlier key signed; the rest are only counted. */
  readonly onFirstEarlier?: (use: EarlierKeyUse) => void;
};

export class CommitKeys {
  readonly #keys: KeyCache;
  readonly #options: CommitKeysOptions;
  /** Commits, by the key that they are signed by. */
  readonly counters: Record<KeyUse, number> = { current: 0, plc_log: 0, cached: 0 };

  constructor(options: CommitKeysOptions) {
    this.#keys = options.keys;
    this.#options = options;
  }

  /** @returns why the signature does not hold, null when it does */
  async check(proof: CommitProof): Promise<Rejected | null> {
    const answer = await this.#keys.get(proof.did);
    const seen = this.#keys.version(proof.did);
    if (await this.#isSigned(proof, answer)) return null;
    // The key may have been replaced since it was looked up, or before that.
    const isNew = answer !== "unavailable" && (await this.#keys.renew(proof.did, seen));
    if (!isNew) return refusal(answer);
    const fresh = await this.#keys.get(proof.did);
    return (await this.#isSigned(proof, fresh)) ? null : refusal(fresh);
  }

  async #isSigned(proof: CommitProof, answer: KeyAnswer): Promise<boolean> {
    if (typeof answer !== "string" && (await isSigned(proof.signed, proof.signature, answer))) {
      this.counters.current += 1;
      return true;
    }
    for (const dated of this.#earlier(proof)) {
      if (!(await isSigned(proof.signed, proof.signature, dated.key))) continue;
      this.#count(proof, dated);
      return true;
    }
    return false;
  }

  #earlier({ did, rev }: CommitProof): DatedKey[] {
    const atMs = signedAtMs(rev);
    if (atMs === null) return [];
    const nowMs = this.#options.nowMs?.() ?? null;
    if (nowMs !== null && nowMs - atMs > EARLIER_KEY_AGE_MS_MAX) return [];
    return keysAt(this.#keys.earlier(did), atMs);
  }

  #count({ did, rev }: CommitProof, key: DatedKey): void {
    const { counters } = this;
    counters[key.witness] += 1;
    if (counters.plc_log + counters.cached === 1) this.#options.onFirstEarlier?.({ did, rev, key });
  }
}

function refusal(answer: KeyAnswer): Rejected {
  switch (answer) {
    case "none":
      return rejected("no_signing_key", "its DID document has no usable key");
    case "unavailable":
      return rejected("did_unavailable", "its DID document did not come");
    default:
      return rejected(
        "bad_signature",
        "by no key that it has, or had when its rev says it was signed",
      );
  }
}
