// The signing keys of accounts: looked up once, kept for a day, asked for again when a signature does not
// fit or an `#identity` says that something changed. What has no key is remembered too, for a while.

import type { Clock } from "../ports.ts";
import { type SigningKey, signingKeyOf } from "./signing-key.ts";

/** Gives DID documents. */
export interface DidResolver {
  /**
   * The document, still to be checked; null when there provably is none.
   * @throws DidUnavailable when that cannot be told now
   */
  resolve(did: string): Promise<unknown>;
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
/** A signature that does not fit looks its key up again at most so often for one account. */
export const REFRESH_INTERVAL_MS = 60_000;
/** Look-ups under way at a time. */
export const LOOKUPS_MAX = 64;
const RETRY_WAIT_MS = 500;
const RETRY_WAIT_MS_MAX = 15_000;

/** `unavailable` is not an account without a key, but one we could not ask about. */
export type KeyAnswer = SigningKey | "none" | "unavailable";

type Entry = { readonly answer: KeyAnswer; readonly atMs: number };

export type KeyCacheOptions = {
  readonly resolver: DidResolver;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly keysMax?: number;
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
  readonly counters = { hits: 0, lookups: 0, refreshes: 0 };

  constructor(options: KeyCacheOptions) {
    this.#options = options;
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

  /** The key as it is now, for a signature that does not fit; null when it was looked up just before. */
  async refreshed(did: string): Promise<KeyAnswer | null> {
    const entry = this.#entries.get(did);
    if (entry !== undefined && this.#ageMs(entry) < REFRESH_INTERVAL_MS) return null;
    this.counters.refreshes += 1;
    return await this.#lookUp(did);
  }

  /** The account says that its document changed. */
  forget(did: string): void {
    this.#entries.delete(did);
    // What is under way may still give the old document: nobody else shall get it.
    this.#pending.delete(did);
  }

  #ageMs({ atMs }: Entry): number {
    return this.#options.clock.now() - atMs;
  }

  async #lookUp(did: string): Promise<KeyAnswer> {
    const pending = this.#pending.get(did);
    if (pending !== undefined) return await pending;
    const asked = this.#ask(did);
    this.#pending.set(did, asked);
    try {
      const answer = await asked;
      if (this.#pending.get(did) === asked) this.#keep(did, answer);
      return answer;
    } finally {
      if (this.#pending.get(did) === asked) this.#pending.delete(did);
    }
  }

  async #ask(did: string): Promise<KeyAnswer> {
    while (this.#lookups >= LOOKUPS_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#lookups += 1;
    this.counters.lookups += 1;
    try {
      return signingKeyOf(did, await this.#document(did)) ?? "none";
    } catch (error) {
      if (error instanceof DidUnavailable) return "unavailable";
      throw error;
    } finally {
      this.#lookups -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Waits out the directory: without it every event would be refused. */
  async #document(did: string): Promise<unknown> {
    const { resolver, clock, signal, onWaiting } = this.#options;
    for (let waitMs = RETRY_WAIT_MS; ; waitMs = Math.min(waitMs * 2, RETRY_WAIT_MS_MAX)) {
      try {
        return await resolver.resolve(did);
      } catch (error) {
        if (!(error instanceof DidUnavailable) || !error.retry || signal.aborted) throw error;
        onWaiting?.(error);
        await clock.sleep(waitMs, signal);
      }
    }
  }

  #keep(did: string, answer: KeyAnswer): void {
    this.#entries.delete(did);
    this.#entries.set(did, { answer, atMs: this.#options.clock.now() });
    if (this.#entries.size <= (this.#options.keysMax ?? KEYS_MAX)) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}

function ttlMs({ answer }: Entry): number {
  return typeof answer === "string" ? NO_KEY_TTL_MS : KEY_TTL_MS;
}
