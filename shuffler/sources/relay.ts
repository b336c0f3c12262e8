// A live relay: connects, reads, and when the connection ends connects again behind the last frame that
// was handed out. Spec: atproto.com/specs/sync#firehose

import { RelayDisconnected, relayFrames } from "../adapters/relay-socket.ts";
import { decodeFrame, peekSeq } from "../decode/frame.ts";
import type { Clock } from "../ports.ts";
import { type Source, SourceError, type SourceItem, type SourceNotice } from "./source.ts";

const SUBSCRIBE_PATH = "/xrpc/com.atproto.sync.subscribeRepos";
/** Upper bound of the first pause; it doubles with every failure in a row. */
export const RECONNECT_MS_MIN = 1000;
export const RECONNECT_MS_MAX = 60_000;

export type RelayOptions = {
  /** Seq to go on behind; null for the relay's present. */
  readonly after: number | null;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly onNotice: (notice: SourceNotice) => void;
};

/**
 * A relay as a source. Positions are the relay's seqs; a frame without one (`#info`, or one that cannot
 * be read) has that of the frame before it.
 * @throws SourceError `source_unknown` when `spec` is no URL.
 */
export function openRelay(spec: string, options: RelayOptions): Source {
  const url = relayUrl(spec);
  return {
    name: url.host,
    live: true,
    batches: () => new RelayReader(url, options).batches(),
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
  readonly #url: URL;
  readonly #options: RelayOptions;
  #after: number | null;
  #failures = 0;

  constructor(url: URL, options: RelayOptions) {
    this.#url = url;
    this.#options = options;
    this.#after = options.after;
  }

  async *batches(): AsyncGenerator<SourceItem[]> {
    const { signal, clock, random, onNotice } = this.#options;
    while (!signal.aborted) {
      try {
        yield* this.#connection();
      } catch (error) {
        if (!(error instanceof RelayDisconnected)) throw error;
        const retryInMs = reconnectMs(this.#failures, random());
        this.#failures += 1;
        onNotice({ kind: "disconnected", reason: error.message, retryInMs });
        await clock.sleep(retryInMs, signal);
      }
    }
  }

  async *#connection(): AsyncGenerator<SourceItem[]> {
    const { signal, onNotice } = this.#options;
    const url = this.#urlNow();
    const onOpen = (): void => onNotice({ kind: "connected", url });
    for await (const frames of relayFrames(url, signal, onOpen)) {
      yield frames.map((frame) => this.#itemOf(frame));
    }
  }

  #urlNow(): string {
    const url = new URL(this.#url);
    if (this.#after !== null) url.searchParams.set("cursor", String(this.#after));
    return url.href;
  }

  #itemOf(raw: Uint8Array): SourceItem {
    const seq = peekSeq(raw);
    if (seq === null) this.#report(raw);
    else {
      this.#after = seq;
      // Only an event shows that the connection is of use: a refused cursor also opens and closes one.
      this.#failures = 0;
    }
    return { kind: "frame", position: this.#after ?? 0, raw };
  }

  #report(raw: Uint8Array): void {
    const message = decodeFrame(raw);
    if (message.kind !== "info" && message.kind !== "error") return; // refused, and counted as such
    const kind = message.kind === "info" ? "relay-info" : "relay-error";
    this.#options.onNotice({ kind, name: message.name, message: message.message });
  }
}
