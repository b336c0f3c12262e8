// Live relays, read one at a time: connects, reads, and when the connection ends connects again behind the
// last frame that was handed out; after some failures in a row to the next relay of the list.
// Spec: atproto.com/specs/sync#firehose

import { RelayDisconnected, relayFrames } from "../adapters/relay-socket.ts";
import { decodeFrame, peekSeq } from "../decode/frame.ts";
import { rejected } from "../decode/rejection.ts";
import type { Clock, Places } from "../ports.ts";
import { MEDIAN_EVENTS, RecentTimes } from "./recent-times.ts";
import { RelayHost, SEEK_OVERLAP_MS, type Start } from "./relay-host.ts";
import type { RelayStats } from "./relay-stats.ts";
import {
  type Session,
  type Source,
  SourceError,
  type SourceItem,
  type SourceNotice,
} from "./source.ts";

const SUBSCRIBE_PATH = "/xrpc/com.atproto.sync.subscribeRepos";
/** Upper bound of the first pause; it doubles with every failure in a row. */
export const RECONNECT_MS_MIN = 1000;
export const RECONNECT_MS_MAX = 60_000;
/** Failures in a row after which the next relay is asked, if there is one. */
export const FAILOVER_FAILURES = 3;
/** Errors of the protocol that are told apart. */
const FUTURE_CURSOR = "FutureCursor";
const OUTDATED_CURSOR = "OutdatedCursor";

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
    this.#tellSought(host, start);
    this.#sessions += 1;
    const session = { host: host.name, numbering: start.numbering, number: this.#sessions };
    const url = urlOf(host, start);
    const onOpen = (): void => {
      stats.connected = true;
      stats.connections += 1;
      onNotice({ kind: "connected", url });
    };
    const frames = new SessionFrames(host, start, session, this.#options, this.#recent);
    try {
      const onQuiet = (quietMs: number | null): void => {
        stats.quietMs = quietMs;
      };
      for await (const batch of relayFrames(url, { signal, onOpen, onQuiet, userAgent })) {
        const items = batch.flatMap((frame) => frames.take(frame));
        if (frames.hasEvents) this.#noteEvents();
        if (items.length > 0) yield items;
      }
    } finally {
      stats.connected = false;
    }
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

  #tellSought(host: RelayHost, { soughtMs, position }: Start): void {
    if (soughtMs === null || position === null) return;
    this.#options.stats.soughtByTime += 1;
    this.#options.onNotice({
      kind: "resumed-by-time",
      host: host.name,
      timeMs: soughtMs,
      position,
    });
  }
}

function urlOf(host: RelayHost, { cursor }: Start): string {
  const url = new URL(host.url);
  if (cursor !== null) url.searchParams.set("cursor", String(cursor));
  return url.href;
}

/** The frames of one connection as items. */
class SessionFrames {
  readonly #host: RelayHost;
  readonly #start: Start;
  readonly #session: Session;
  readonly #options: RelayOptions;
  #lastSeq: number | null = null;
  #isOutdated = false;
  /** The first event behind that warning, and the times of the first ones. */
  #outdated: { readonly firstSeq: number; readonly times: RecentTimes } | null = null;
  readonly #recent: RecentTimes;
  /** Whether there was a frame with a seq. */
  hasEvents = false;

  constructor(
    host: RelayHost,
    start: Start,
    session: Session,
    options: RelayOptions,
    recent: RecentTimes,
  ) {
    this.#recent = recent;
    this.#host = host;
    this.#start = start;
    this.#session = session;
    this.#options = options;
  }

  /**
   * @returns the item, or nothing for a frame that was handed out on an earlier connection.
   * @throws RelayDisconnected when the relay has begun to count anew and does not say so.
   */
  take(raw: Uint8Array): SourceItem[] {
    const seq = peekSeq(raw);
    if (seq === null) {
      this.#hear(raw);
      return [this.#item(raw)];
    }
    if (this.#lastSeq === null && seq < (this.#start.cursor ?? 0)) {
      // It ought to have said so. Taken for what we have had already, its events would be left out.
      this.#tellFuture();
      throw new RelayDisconnected(`seq ${seq} is below our cursor`);
    }
    if (this.#isOutdated) this.#tellOutdated(seq, raw);
    this.hasEvents = true;
    this.#recent.add(raw);
    if (this.#lastSeq !== null && seq <= this.#lastSeq) return [this.#outOfOrder(raw, seq)];
    this.#lastSeq = seq;
    if (seq <= (this.#host.read ?? -1)) {
      this.#options.stats.repeated += 1;
      return [];
    }
    this.#host.noteRead(seq);
    return [this.#item(raw)];
  }

  #item(raw: Uint8Array): SourceItem {
    return { kind: "frame", position: this.#position(), raw, session: this.#session };
  }

  #outOfOrder(raw: Uint8Array, seq: number): SourceItem {
    this.#options.stats.outOfOrder += 1;
    const message = rejected("seq_order", `seq ${seq} is not above ${this.#lastSeq}`);
    return { kind: "message", position: this.#position(), raw, session: this.#session, message };
  }

  #position(): number {
    return this.#lastSeq ?? this.#host.read ?? this.#start.position ?? 0;
  }

  /** What the relay has to say itself. Anything else without a seq is refused and counted later. */
  #hear(raw: Uint8Array): void {
    const message = decodeFrame(raw);
    if (message.kind !== "info" && message.kind !== "error") return;
    const hasCursor = (this.#start.cursor ?? 0) > 0;
    if (message.kind === "error" && message.name === FUTURE_CURSOR && hasCursor) {
      this.#tellFuture();
      return;
    }
    if (message.kind === "info" && message.name === OUTDATED_CURSOR) this.#isOutdated = true;
    const kind = message.kind === "info" ? "relay-info" : "relay-error";
    this.#options.onNotice({ kind, name: message.name, message: message.message });
  }

  #tellFuture(): void {
    this.#options.stats.futureCursors += 1;
    this.#host.noteFuture();
    const position = this.#start.cursor ?? 0;
    this.#options.onNotice({ kind: "cursor-future", host: this.#host.name, position });
  }

  /**
   * Once the first event behind the warning is there; where a time was looked for once some more are, for any one
   * may have a wrong time. An overlap that is cut short loses nothing.
   */
  #tellOutdated(seq: number, raw: Uint8Array): void {
    const { soughtMs } = this.#start;
    this.#outdated ??= { firstSeq: seq, times: new RecentTimes() };
    const { firstSeq, times } = this.#outdated;
    times.add(raw);
    if (soughtMs !== null && times.count < MEDIAN_EVENTS) return;
    this.#isOutdated = false;
    const position = this.#start.position ?? 0;
    if (position === 0 || firstSeq <= position + 1) return; // 0 asks for all there is.
    if (soughtMs !== null && (times.medianMs ?? 0) <= soughtMs + SEEK_OVERLAP_MS) return;
    this.#options.stats.outdatedCursors += 1;
    this.#options.onNotice({
      kind: "cursor-outdated",
      host: this.#host.name,
      position,
      firstSeq,
    });
  }
}
