// Faults of keys that change, and of the order that has to survive a restart.

import type { Mutant } from "../mutant.ts";

const KEYS = ["shuffler/verify/commit-keys.test.ts"];
const ORDER = ["shuffler/stored-order.test.ts"];
const REVS = ["shuffler/stored-revs.test.ts"];

export const KEY_FAULTS: readonly Mutant[] = [
  {
    file: "shuffler/verify/key-history.ts",
    find: ".filter(({ nullified }) => !nullified)",
    replace: ".filter(({ nullified }) => !nullified || true)",
    suite: KEYS,
    why: "who took over an account for a while signs for it after it was recovered",
  },
  {
    file: "shuffler/verify/key-history.ts",
    find: "atMs >= fromMs - KEY_SKEW_MS && atMs < untilMs + KEY_SKEW_MS",
    replace: "atMs >= fromMs - KEY_SKEW_MS",
    suite: KEYS,
    why: "a key that was replaced signs for ever",
  },
  {
    file: "shuffler/verify/key-history.ts",
    find: "atMs >= fromMs - KEY_SKEW_MS && atMs < untilMs + KEY_SKEW_MS",
    replace: "atMs >= fromMs && atMs < untilMs",
    suite: KEYS,
    why: "a host whose clock is a second ahead has its last commits with a key refused",
  },
  {
    file: "shuffler/verify/commit-keys.ts",
    find: "if (nowMs !== null && nowMs - atMs > EARLIER_KEY_AGE_MS_MAX) return [];",
    replace: "",
    suite: KEYS,
    why: "a key that was stolen and replaced long ago signs for its time",
  },
  {
    file: "shuffler/verify/commit-keys.ts",
    find: "return (await this.#isSigned(proof, fresh)) ? null : refusal(fresh);",
    replace: "return (await this.#isSigned(proof, answer)) ? null : refusal(fresh);",
    suite: ["shuffler/verify/key-cache.test.ts"],
    why: "the first commits with a new key are refused",
  },
  {
    file: "shuffler/verify/key-cache.ts",
    find: "if (!isLogOfNow) this.#histories.keep(did, cached.slice(-CACHED_KEYS_MAX));",
    replace: "if (known.length === 0) this.#histories.keep(did, cached.slice(-CACHED_KEYS_MAX));",
    suite: KEYS,
    why: "a log from before a change has the key that was replaced valid for ever",
  },
  {
    file: "shuffler/verify/key-cache.ts",
    find: "if (renewing !== undefined) await renewing;",
    replace: "if (renewing !== undefined) return false;",
    suite: KEYS,
    why: "of a burst of commits with an earlier key all but the first are refused",
  },
  {
    file: "shuffler/verify/lookup-allowance.ts",
    find: "if (usedUntilMs - nowMs > (LOOKUP_BURST - 1) * REFRESH_INTERVAL_MS) return false;",
    replace: "",
    suite: ["shuffler/verify/key-cache.test.ts"],
    why: "forged commits have the directory asked as often as they come",
  },
  {
    file: "shuffler/publish.ts",
    find: "const fresh = storedRev === null ? admitted : shuffler.refuse(item, admitted, storedRev);",
    replace: "const fresh = admitted;",
    suite: ORDER,
    why: "after a restart a deleted record comes back",
  },
  {
    file: "shuffler/publish.ts",
    find: "if (guard.changesTo(item.session)) await guard.resume(clock.now(), signal);",
    replace: "",
    suite: ORDER,
    why: "at another relay a deleted record comes back",
  },
  {
    file: "shuffler/stored-revs.ts",
    find: "stored > found.rev ? stored : null",
    replace: "stored >= found.rev ? stored : null",
    suite: ORDER,
    why: "what is left of a commit that is stored in part is lost",
  },
  {
    file: "shuffler/stored-revs.ts",
    find: "this.#revs.set(found.did, isLater ? found.rev : before);",
    replace: "this.#revs.set(found.did, found.rev);",
    suite: REVS,
    why: "behind a revision stored late a repo goes back",
  },
  {
    file: "shuffler/stored-revs.ts",
    find: "if (found === null || this.#isAhead(found.rev)) return;",
    replace: "if (found === null) return;",
    suite: REVS,
    why: "a revision from the future stops its repo after every restart",
  },
  {
    file: "shuffler/stored-frame.ts",
    find: "return ops.every((op) => isStored(commitOpId(did, rev, op)));",
    replace: "return ops.some((op) => isStored(commitOpId(did, rev, op)));",
    suite: ["shuffler/stored-frame.test.ts"],
    why: "a forged operation beside one that is stored is published unverified",
  },
  {
    file: "shuffler/publish.ts",
    find: "if (this.#tracker.outstanding === 0) this.#reportLater();",
    replace: "",
    suite: ["shuffler/publish.test.ts"],
    why: "on a quiet relay the cursor stays behind until the next event",
  },
  {
    file: "shuffler/buffer/buffered-source.ts",
    find: "this.#addMemory(-bytesOf(entry));",
    replace: "",
    suite: ["shuffler/buffer/buffered-source.test.ts"],
    why: "what is stored counts as waiting, until nothing more is read",
  },
];
