// A relay to test and measure against: com.atproto.sync.subscribeRepos over WebSocket, playing
// frames from a tape, with the troubles of a real relay on demand.
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { setImmediate, setTimeout } from "node:timers/promises";
import { type WebSocket, WebSocketServer } from "ws";
import { errorFrame } from "./frame.ts";
import { makeRelayNotices, type RelayNotices } from "./relay-notices.ts";
import { RelayReader } from "./relay-reader.ts";
import { Tape } from "./tape.ts";

/** How far behind the head a reader may fall before a relay drops it: frames. */
const LAG_FRAMES_MAX = 16_384;

export type SimulatedRelayOptions = {
  /** Raw subscribeRepos frames, in order; a fault put among them is played at its place. */
  readonly frames: readonly Uint8Array[];
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** Null (the default): as fast as the slowest reader takes them. */
  readonly eventsPerSecond?: number | null;
  /** Frames sent before the relay started: there for cursors to replay. Default 0. */
  readonly framesPast?: number;
  /** How many frames a cursor can go back. Default: all. */
  readonly windowFramesMax?: number;
  readonly lagFramesMax?: number;
  /** What happens when the tape is through: stay connected (the default) or close. */
  readonly atEnd?: "stay" | "close";
};

/** A running relay. Its tape starts to move when the first reader connects. */
export type SimulatedRelay = AsyncDisposable & {
  /** `ws://127.0.0.1:port`, without the XRPC path, as relays are named. */
  readonly url: string;
  /** Sequence number of the last frame sent to anyone; 0 before the first. */
  headSeq(): number;
  stats(): RelayStats;
  /** Holds the tape, and goes on with it. Readers stay connected. */
  pause(): void;
  play(): void;
  /** Null: as fast as the slowest reader takes them. */
  setRate(eventsPerSecond: number | null): void;
  /** Cuts every connection without a goodbye. Readers may come back. */
  disconnectAll(): void;
  /** Cuts each connection when it has been sent this many frames; null ends that. */
  disconnectAfter(framesSent: number | null): void;
  /** Answers new connections with HTTP 503, or takes them again. */
  refuse(refusing: boolean): void;
  /** Sends an error frame (`op: -1`) to every reader, then closes. */
  failAll(error: string, message: string): Promise<void>;
  /** Sends bytes to every reader at once, whatever they are. They are not kept for replay. */
  sendAll(bytes: Uint8Array): void;
};

type RelayStats = {
  readonly connected: number;
  readonly connectionsTotal: number;
  readonly framesSent: number;
  readonly slowReadersDropped: number;
};

const PATH = "/xrpc/com.atproto.sync.subscribeRepos";
const TICK_MS = 5;
/** Frames a reader is sent in one turn, so that none keeps the others waiting. */
const TURN_FRAMES_MAX = 256;

export async function startSimulatedRelay(options: SimulatedRelayOptions): Promise<SimulatedRelay> {
  const relay = new RelayServer(options, await makeRelayNotices());
  await relay.listen();
  return relay;
}

class RelayServer implements SimulatedRelay {
  readonly #tape: Tape;
  readonly #notices: RelayNotices;
  readonly #server: WebSocketServer;
  readonly #readers = new Set<RelayReader>();
  readonly #windowFramesMax: number;
  readonly #lagFramesMax: number;
  readonly #atEnd: "stay" | "close";
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #head: number;
  #rate: number | null;
  #paused = false;
  #refusing = false;
  #disconnectAfter: number | null = null;
  #credit = 0;
  #lastTurnMs: number | null = null;
  #connectionsTotal = 0;
  #framesSentByGone = 0;
  #slowReadersDropped = 0;

  constructor(options: SimulatedRelayOptions, notices: RelayNotices) {
    this.#notices = notices;
    this.#tape = new Tape(options.frames);
    this.#head = options.framesPast ?? 0;
    this.#rate = options.eventsPerSecond ?? null;
    this.#windowFramesMax = options.windowFramesMax ?? Number.POSITIVE_INFINITY;
    this.#lagFramesMax = options.lagFramesMax ?? LAG_FRAMES_MAX;
    this.#atEnd = options.atEnd ?? "stay";
    this.#server = new WebSocketServer({
      host: "127.0.0.1",
      port: options.port ?? 0,
      path: PATH,
      perMessageDeflate: false,
      verifyClient: (_info, answer) => answer(!this.#refusing, 503),
    });
    this.#server.on("connection", (socket, request) => this.#greet(socket, request));
  }

  async listen(): Promise<void> {
    await once(this.#server, "listening");
    this.#running = this.#run();
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string")
      throw new Error("the relay is not listening");
    return `ws://127.0.0.1:${address.port}`;
  }

  headSeq(): number {
    return this.#head === 0 ? 0 : this.#tape.seqAt(this.#head - 1);
  }

  stats(): RelayStats {
    const sent = [...this.#readers].map(({ framesSent }) => framesSent);
    return {
      connected: this.#readers.size,
      connectionsTotal: this.#connectionsTotal,
      framesSent: sent.reduce((sum, count) => sum + count, this.#framesSentByGone),
      slowReadersDropped: this.#slowReadersDropped,
    };
  }

  pause(): void {
    this.#paused = true;
  }

  play(): void {
    this.#paused = false;
    this.#lastTurnMs = null;
  }

  setRate(eventsPerSecond: number | null): void {
    this.#rate = eventsPerSecond;
    this.#lastTurnMs = null;
  }

  disconnectAll(): void {
    for (const reader of this.#readers) reader.cut();
  }

  disconnectAfter(framesSent: number | null): void {
    this.#disconnectAfter = framesSent;
  }

  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  async failAll(error: string, message: string): Promise<void> {
    const { bytes } = await errorFrame(error, message);
    for (const reader of this.#readers) reader.fail(bytes);
  }

  sendAll(bytes: Uint8Array): void {
    for (const reader of this.#readers) reader.send(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }

  /** The relay's turn, again and again: move the head, send, drop who cannot follow. */
  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#moveHead();
      let sent = 0;
      for (const reader of this.#readers) sent += this.#serve(reader);
      this.#dropSlowReaders();
      if (sent > 0 && this.#rate === null) await setImmediate();
      else await setTimeout(TICK_MS);
    }
  }

  #moveHead(): void {
    if (this.#paused || this.#readers.size === 0) {
      this.#lastTurnMs = null;
      return;
    }
    const free = this.#rate === null ? this.#framesReadersCanTake() : this.#framesDue(this.#rate);
    this.#head = Math.min(this.#tape.length, this.#head + free);
  }

  #framesReadersCanTake(): number {
    const positions = [...this.#readers].filter(({ isOpen }) => isOpen).map((r) => r.position);
    if (positions.length === 0) return 0;
    return Math.max(0, Math.min(...positions) + TURN_FRAMES_MAX - this.#head);
  }

  #framesDue(eventsPerSecond: number): number {
    const nowMs = performance.now();
    const elapsedMs = nowMs - (this.#lastTurnMs ?? nowMs);
    this.#lastTurnMs = nowMs;
    this.#credit += (elapsedMs * eventsPerSecond) / 1000;
    const due = Math.floor(this.#credit);
    this.#credit -= due;
    return due;
  }

  /** Returns how many frames the reader was sent. */
  #serve(reader: RelayReader): number {
    if (!reader.isOpen) return 0;
    const allowed = (this.#disconnectAfter ?? Number.POSITIVE_INFINITY) - reader.framesSent;
    const framesMax = Math.max(0, Math.min(TURN_FRAMES_MAX, allowed));
    const sent = this.#paused ? 0 : reader.pump(this.#tape, this.#head, framesMax);
    const isCut = sent >= allowed && reader.isFlushed;
    if (isCut) reader.cut();
    else if (this.#atEnd === "close" && reader.position >= this.#tape.length) reader.close();
    return sent;
  }

  #dropSlowReaders(): void {
    for (const reader of this.#readers) {
      if (!reader.isOpen || reader.lag(this.#head) <= this.#lagFramesMax) continue;
      this.#slowReadersDropped += 1;
      reader.fail(this.#notices.tooSlow);
    }
  }

  #greet(socket: WebSocket, request: IncomingMessage): void {
    this.#connectionsTotal += 1;
    socket.on("error", () => socket.terminate()); // the reader's trouble, not the relay's
    const text = new URL(request.url ?? "/", "ws://relay").searchParams.get("cursor");
    const cursor = Number(text);
    if (text === null || text === "") this.#admit(socket, this.#head, null);
    else if (Number.isSafeInteger(cursor)) this.#resume(socket, cursor);
    else new RelayReader(socket, this.#head).fail(this.#notices.invalidCursor);
  }

  #resume(socket: WebSocket, cursor: number): void {
    const oldest = Math.max(0, this.#head - this.#windowFramesMax);
    const resume = this.#tape.resume(cursor, oldest, this.#head);
    switch (resume.kind) {
      case "future":
        new RelayReader(socket, this.#head).fail(this.#notices.futureCursor);
        break;
      case "outdated":
        this.#admit(socket, resume.index, this.#notices.outdatedCursor);
        break;
      case "from":
        this.#admit(socket, resume.index, null);
    }
  }

  #admit(socket: WebSocket, position: number, greeting: Uint8Array | null): void {
    const reader = new RelayReader(socket, position);
    if (greeting !== null) reader.send(greeting);
    this.#readers.add(reader);
    socket.on("close", () => {
      this.#readers.delete(reader);
      this.#framesSentByGone += reader.framesSent;
    });
  }
}
