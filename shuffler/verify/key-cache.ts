// The signing keys of accounts: looked up once, kept for a day, asked for again when a signature does not
// fit or an `#identity` says that something changed; then with the keys that it had before, each with its time. What
// has no key is remembered too, for a while.

import type { Clock } from "../ports.ts";
import { KeyHistories } from "./key-histories.ts";
import { type DatedKey, keysOfAuditLog } from "./key-history.ts";
import { LookupAllowance } from "./lookup-allowance.ts";
import { isSameKey, type SigningKey, signingKeyOf } from "./signing-key.ts";

/** Gives DID documents, and where there is one the log of what they were before. */
export interface DidResolver {
  /**
   * The document, still to be checked; null when there provably is none.
   * @throws DidUnavailable when that cannot be told now
   */
  resolve(did: string): Promise<unknown>;
  /**
   * The audit log of a `did:plc`, still to be checked; null where there is none.
   * @throws DidUnavailable as `resolve`
   */
  auditLog?(did: string): Promise<unknown>;
}

/** Who should know a DID did not answer. `retry` says whether asking again soon makes sense. */
export class DidUnavailable extends Error {
  readonly code = "did_unavailable";
  readonly retry: boolean;

  constructor(message: string, retry: boolean, options?: ErrorOptions) {
    super(message, options);
    this.retry = retry;
  }
}

/** Keys kept at most, some 300 bytes each; beyond it the one used longest ago goes. */
export const KEYS_MAX = 500_000;
/** A key is looked up again after this long, were it never refused before. */
export const KEY_TTL_MS = 24 * 60 * 60 * 1000;
/** How long a DID without a key, or whose host does not answer, is not asked about again. */
export const NO_KEY_TTL_MS = 60_000;
/** Accounts remembered that have no log. */
const LOGLESS_MAX = 10_000;
/** Keys of one account that are remembered out of documents we had. */
export const CACHED_KEYS_MAX = 4;
/** Look-ups under way at a time. */
export const LOOKUPS_MAX = 64;
const RETRY_WAIT_MS = 500;
const RETRY_WAIT_MS_MAX = 15_000;

/** `unavailable` is not an account without a key, but one we could not ask about. */
export type KeyAnswer = SigningKey | "none" | "unavailable";

/** `version` counts the look-ups of all accounts: who has seen it knows whether there was another since. */
type Entry = { readonly answer: KeyAnswer; readonly atMs: number; readonly version: number };

export type KeyCacheOptions = {
  readonly resolver: DidResolver;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly keysMax?: number;
  readonly earlierKeysMax?: number;
  /** Called when the directory does not answer and is asked again; the shuffler waits for it. */
  readonly onWaiting?: (error: DidUnavailable) => void;
};

export class KeyCache {
  readonly #options: KeyCacheOptions;
  /** In the order of last use. */
  readonly #entries = new Map<string, Entry>();
  /** Look-ups under way, so that a burst of one account's commits asks once. */
  readonly #pending = new Map<string, Promise<KeyAnswer>>();
  readonly #waiting: (() => void)[] = [];
  #lookups = 0;
  #version = 0;
  readonly #histories: KeyHistories;
  readonly #allowance = new LookupAllowance();
  /** Accounts of which the directory has a document and no log, as a mirror may. */
  readonly #logless = new Set<string>();
  /** As `#pending`, of those that were asked for again. */
  readonly #renewing = new Map<string, Promise<void>>();
  readonly counters = { hits: 0, lookups: 0, refreshes: 0 };

  constructor(options: KeyCacheOptions) {
    this.#options = options;
    this.#histories = new KeyHistories(options.earlierKeysMax);
  }

  get size(): number {
    return this.#entries.size;
  }

  async get(did: string): Promise<KeyAnswer> {
    const entry = this.#entries.get(did);
    if (entry === undefined || this.#ageMs(entry) >= ttlMs(entry)) return await this.#lookUp(did);
    this.counters.hits += 1;
    this.#entries.delete(did);
    this.#entries.set(did, entry);
    return entry.answer;
  }

  /** The keys that it had at other times, as far as they are known, the oldest first. */
  earlier(did: string): readonly DatedKey[] {
    const known = this.#histories.get(did);
    // A log says when a key was replaced, our documents only when we saw it.
    if (!this.#hasLog(did) || this.#logless.has(did)) return known;
    return known.filter(({ witness }) => witness === "plc_log");
  }

  /** A number that is another when there was a look-up since. */
  version(did: string): number {
    return this.#entries.get(did)?.version ?? 0;
  }

  /**
   * Looks up what keys it has and had, for a signature that does not fit, if it may.
   * @param seen the version that the signature was held against. @returns whether there is another now
   */
  async renew(did: string, seen: number): Promise<boolean> {
    const renewing = this.#renewing.get(did);
    if (renewing !== undefined) await renewing;
    else if (this.version(did) === seen && this.#mayRenew(did)) {
      this.counters.refreshes += 1;
      const renewed = this.#renew(did).finally(() => this.#renewing.delete(did));
      this.#renewing.set(did, renewed);
      await renewed;
    }
    return this.version(did) !== seen;
  }

  /** The account says that its document changed. */
  forget(did: string): void {
    const entry = this.#entries.get(did);
    // It stays, as the key that it had.
    if (entry !== undefined) this.#entries.set(did, { ...entry, atMs: Number.NEGATIVE_INFINITY });
    // What is under way may still give the old document: nobody else shall get it.
    this.#pending.delete(did);
  }

  #ageMs({ atMs }: Entry): number {
    return this.#options.clock.now() - atMs;
  }

  async #lookUp(did: string): Promise<KeyAnswer> {
    const pending = this.#pending.get(did);
    if (pending !== undefined) return await pending;
    const { resolver } = this.#options;
    const asked = this.#ask(
      async () => signingKeyOf(did, await resolver.resolve(did)) ?? ("none" as const),
    );
    this.#pending.set(did, asked);
    try {
      const answer = await asked;
      if (this.#pending.get(did) === asked) this.#keep(did, answer);
      return answer;
    } finally {
      if (this.#pending.get(did) === asked) this.#pending.delete(did);
    }
  }

  #hasLog(did: string): boolean {
    return this.#options.resolver.auditLog !== undefined && did.startsWith("did:plc:");
  }

  #mayRenew(did: string): boolean {
    const isWithoutKey = this.#entries.get(did)?.answer === "none";
    if (isWithoutKey && !this.#hasLog(did)) return false; // That was looked up as often as it may be.
    return this.#allowance.take(did, this.#options.clock.now());
  }

  async #renew(did: string): Promise<void> {
    const log = this.#hasLog(did) ? await this.#auditLog(did) : null;
    if (log !== null) {
      this.#logless.delete(did);
      this.#histories.keep(did, log);
      const last = log.at(-1);
      this.#keep(did, last?.untilMs === Number.POSITIVE_INFINITY ? last.key : "none");
      return;
    }
    const answer = await this.#lookUp(did);
    if (typeof answer !== "string" && this.#hasLog(did))
      addBounded(this.#logless, did, LOGLESS_MAX);
  }

  /** Null where there is none, and when we were stopped. */
  async #auditLog(did: string): Promise<DatedKey[] | null> {
    const { resolver } = this.#options;
    const log = await this.#ask(async () => (await resolver.auditLog?.(did)) ?? null);
    return log === "unavailable" || log === null ? null : keysOfAuditLog(log);
  }

  async #ask<T>(request: () => Promise<T>): Promise<T | "unavailable"> {
    while (this.#lookups >= LOOKUPS_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#lookups += 1;
    this.counters.lookups += 1;
    try {
      return await this.#patiently(request);
    } catch (error) {
      if (error instanceof DidUnavailable) return "unavailable";
      throw error;
    } finally {
      this.#lookups -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Waits out the directory: without it every event would be refused. */
  async #patiently<T>(request: () => Promise<T>): Promise<T> {
    const { clock, signal, onWaiting } = this.#options;
    for (let waitMs = RETRY_WAIT_MS; ; waitMs = Math.min(waitMs * 2, RETRY_WAIT_MS_MAX)) {
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof DidUnavailable) || !error.retry || signal.aborted) throw error;
        onWaiting?.(error);
        await clock.sleep(waitMs, signal);
      }
    }
  }

  #keep(did: string, answer: KeyAnswer): void {
    const before = this.#entries.get(did);
    const atMs = this.#options.clock.now();
    if (before !== undefined) this.#noteChange(did, before, answer);
    this.#version += 1;
    this.#entries.delete(did);
    this.#entries.set(did, { answer, atMs, version: this.#version });
    if (this.#entries.size <= (this.#options.keysMax ?? KEYS_MAX)) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** Where no log says when a key was replaced, the documents that we had say that it was valid until now. */
  #noteChange(did: string, before: Entry, answer: KeyAnswer): void {
    if (typeof before.answer === "string" || answer === "unavailable") return;
    if (answer !== "none" && isSameKey(answer, before.answer)) return;
    const known = this.#histories.get(did);
    const untilMs = this.#options.clock.now();
    const fromMs = Number.NEGATIVE_INFINITY;
    const replaced: DatedKey = { key: before.answer, fromMs, untilMs, witness: "cached" };
    const cached = [...known.filter(({ witness }) => witness === "cached"), replaced];
    // A log from before the change would have the old key valid for ever.
    const isLogOfNow = known.some(
      ({ key, untilMs: end }) =>
        end === Number.POSITIVE_INFINITY && typeof answer !== "string" && isSameKey(key, answer),
    );
    if (!isLogOfNow) this.#histories.keep(did, cached.slice(-CACHED_KEYS_MAX));
  }
}

function addBounded(set: Set<string>, value: string, sizeMax: number): void {
  set.add(value);
  if (set.size <= sizeMax) return;
  for (const oldest of set) {
    set.delete(oldest);
    return;
  }
}

function ttlMs({ answer }: Entry): number {
  return typeof answer === "string" ? NO_KEY_TTL_MS : KEY_TTL_MS;
}
