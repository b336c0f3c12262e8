// Live relays, read one at a time: connects, reads, and when the connection ends connects again behind the
// last frame that was handed out; after some failures in a row to the next relay of the list.
// Spec: atproto.com/specs/sync#firehose

import { RelayDisconnected, relayFrames } from "../adapters/relay-socket.ts";
import type { Clock, Places } from "../ports.ts";
import { RecentTimes } from "./recent-times.ts";
import { RelayHost, type Start } from "./relay-host.ts";
import { headSeq } from "./relay-seek.ts";
import type { RelayStats } from "./relay-stats.ts";
import { SessionFrames } from "./session-frames.ts";
import { type Source, SourceError, type SourceItem, type SourceNotice } from "./source.ts";

const SUBSCRIBE_PATH = "/xrpc/com.atproto.sync.subscribeRepos";
/** Upper bound of the first pause; it doubles with every failure in a row. */
export const RECONNECT_MS_MIN = 1000;
export const RECONNECT_MS_MAX = 60_000;
/** Failures in a row after which the next relay is asked, if there is one. */
export const FAILOVER_FAILURES = 3;
/** A connection with a cursor on which nothing comes for so long is looked into: the cursor may be in the future. */
export const CURSOR_SILENCE_MS = 5000;

export type RelayOptions = {
  /** Where to go on; without any, at the relay's present. */
  readonly places: Places;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly userAgent: string;
  readonly stats: RelayStats;
  /** Connections of which items are left over from before: ours are numbered on from there. */
  readonly sessionsBefore?: number;
  readonly onNotice: (notice: SourceNotice) => void;
};

/**
 * Relays as a source. Positions are the seqs of the item's session; a frame without one (`#info`, or one
 * that cannot be read) has that of the frame before it.
 * @throws SourceError `source_unknown` when a spec is no URL.
 */
export function openRelay(specs: readonly string[], options: RelayOptions): Source {
  const urls = specs.map(relayUrl);
  return {
    name: urls[0]?.host ?? "",
    live: true,
    batches: () => new RelayReader(urls, options).batches(),
    quietMs: () => options.stats.quietMs,
  };
}

/** The URL to connect to: the subscription's path is added where `spec` has none. */
export function relayUrl(spec: string): URL {
  const url = URL.parse(spec);
  if (url === null || !/^wss?:$/.test(url.protocol)) {
    throw new SourceError("source_unknown", `${spec} is no ws:// or wss:// URL`);
  }
  if (url.pathname === "/") url.pathname = SUBSCRIBE_PATH;
  return url;
}

/** Full jitter: uniform between 0 and the bound. @param failures in a row, from 0. */
export function reconnectMs(failures: number, random: number): number {
  return Math.round(random * Math.min(RECONNECT_MS_MAX, RECONNECT_MS_MIN * 2 ** failures));
}

class RelayReader {
  readonly #options: RelayOptions;
  readonly #hosts: readonly RelayHost[];
  #current = 0;
  #failures = 0;
  #sessions: number;
  /** Whether the relay before this one was another. */
  #changed = false;
  /** Times that the last events claim. */
  readonly #recent = new RecentTimes();

  constructor(urls: readonly URL[], options: RelayOptions) {
    this.#options = options;
    this.#sessions = options.sessionsBefore ?? 0;
    this.#hosts = urls.map((url) => new RelayHost(url, options));
  }

  async *batches(): AsyncGenerator<SourceItem[]> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const host = this.#hosts[this.#current];
      if (host === undefined) return;
      try {
        yield* this.#connection(host);
      } catch (error) {
        if (!(error instanceof RelayDisconnected)) throw error;
        await this.#pause(error.message);
      }
    }
  }

  async *#connection(host: RelayHost): AsyncGenerator<SourceItem[]> {
    const { signal, stats, userAgent, onNotice } = this.#options;
    const start = await host.start(await this.#timeMs(), this.#changed);
    this.#tellStart(host, start);
    this.#sessions += 1;
    const session = { host: host.name, numbering: start.numbering, number: this.#sessions };
    const url = urlOf(host, start);
    const onOpen = (): void => {
      stats.connected = true;
      stats.connections += 1;
      onNotice({ kind: "connected", url });
    };
    const frames = new SessionFrames(host, start, session, {
      stats,
      onNotice,
      recent: this.#recent,
    });
    const silence = new CursorSilence(host, start, frames, this.#options);
    try {
      const onQuiet = (quietMs: number | null): void => {
        stats.quietMs = quietMs;
        silence.note(quietMs);
      };
      const either = AbortSignal.any([signal, silence.found]);
      for await (const batch of relayFrames(url, { signal: either, onOpen, onQuiet, userAgent })) {
        yield* this.#itemsOf(batch, frames);
      }
      if (silence.found.aborted) throw new RelayDisconnected("nothing comes for our cursor");
    } finally {
      silence.stop();
      stats.connected = false;
    }
  }

  /** @throws RelayDisconnected behind the items that came before what is wrong */
  *#itemsOf(batch: readonly Uint8Array[], frames: SessionFrames): Generator<SourceItem[]> {
    const items: SourceItem[] = [];
    let failure: { readonly error: unknown } | null = null;
    for (const frame of batch) {
      try {
        items.push(...frames.take(frame));
      } catch (error) {
        failure = { error };
        break;
      }
    }
    if (frames.hasEvents) this.#noteEvents();
    if (items.length > 0) yield items;
    if (failure !== null) throw failure.error;
  }

  /** Only an event shows that a connection is of use: a refused cursor also opens and closes one. */
  #noteEvents(): void {
    this.#failures = 0;
    this.#changed = false;
  }

  async #pause(reason: string): Promise<void> {
    const { signal, clock, random, stats, onNotice } = this.#options;
    const retryInMs = reconnectMs(this.#failures, random());
    this.#failures += 1;
    stats.disconnections += 1;
    onNotice({ kind: "disconnected", reason, retryInMs });
    await clock.sleep(retryInMs, signal);
    if (this.#hosts.length > 1 && this.#failures >= FAILOVER_FAILURES) this.#changeHost();
  }

  #changeHost(): void {
    const from = this.#hosts[this.#current]?.name ?? "";
    this.#current = (this.#current + 1) % this.#hosts.length;
    const to = this.#hosts[this.#current]?.name ?? "";
    this.#failures = 0;
    this.#changed = true;
    this.#options.stats.failovers += 1;
    this.#options.onNotice({ kind: "failover", from, to });
  }

  /** Time up to which everything was had: about that of the last events, or of what is stored. */
  async #timeMs(): Promise<number | null> {
    return this.#recent.medianMs ?? (await this.#options.places.storedTimeMs());
  }

  #tellStart(host: RelayHost, { soughtMs, position, distrusted }: Start): void {
    const { stats, onNotice } = this.#options;
    if (distrusted !== null) {
      stats.futureCursors += 1;
      onNotice({ kind: "cursor-future", host: host.name, position: distrusted });
    }
    if (soughtMs === null || position === null) return;
    stats.soughtByTime += 1;
    onNotice({ kind: "resumed-by-time", host: host.name, timeMs: soughtMs, position });
  }
}

/**
 * A relay may wait in silence until it has got as far as a cursor from the future. Its present, on a connection of its
 * own, says where it is.
 */
class CursorSilence {
  readonly #host: RelayHost;
  readonly #cursor: number;
  readonly #frames: SessionFrames;
  readonly #options: RelayOptions;
  readonly #found = new AbortController();
  readonly #stopped = new AbortController();
  /** Since when it is silent, or was looked into last. */
  #sinceMs: number | null = null;
  #isAsking = false;

  constructor(host: RelayHost, { cursor }: Start, frames: SessionFrames, options: RelayOptions) {
    this.#host = host;
    this.#cursor = cursor ?? 0;
    this.#frames = frames;
    this.#options = options;
  }

  /** Aborted when the cursor is in the future. */
  get found(): AbortSignal {
    return this.#found.signal;
  }

  /** @param quietMs up to when nothing more has come, by the wall clock; null: something may have */
  note(quietMs: number | null): void {
    if (quietMs === null || this.#cursor === 0 || this.#frames.hasEvents) return;
    this.#sinceMs ??= quietMs;
    if (this.#isAsking || quietMs - this.#sinceMs < CURSOR_SILENCE_MS) return;
    this.#isAsking = true;
    const asked = this.#ask().catch(() => undefined); // What did not answer is asked again.
    void asked.finally(() => {
      this.#isAsking = false;
      this.#sinceMs = null;
    });
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #ask(): Promise<void> {
    const signal = AbortSignal.any([this.#options.signal, this.#stopped.signal]);
    const head = await headSeq({ ...this.#options, signal, url: this.#host.url });
    if (head === null || head >= this.#cursor || signal.aborted || this.#frames.hasEvents) return;
    this.#frames.tellFuture();
    this.#found.abort();
  }
}

function urlOf(host: RelayHost, { cursor }: Start): string {
  const url = new URL(host.url);
  if (cursor !== null) url.searchParams.set("cursor", String(cursor));
  return url.href;
}
