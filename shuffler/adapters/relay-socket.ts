// One WebSocket connection to a relay as a run of frames. A slow reader pauses the socket, so that TCP
// holds the relay back instead of our memory growing.

import { WebSocket } from "ws";
import { MESSAGE_BYTES_MAX } from "../decode/limits.ts";

/** Frames waiting for the reader before the socket is paused. */
export const QUEUE_FRAMES_MAX = 1024;
/** Bytes of those frames, likewise: the socket goes on once the reader took them. */
export const QUEUE_BYTES_MAX = 32_000_000;
/** A connection on which nothing has come for so long is asked whether anything is on its way. */
export const QUIET_PING_MS = 1000;
/** Without a message or a pong for so long the connection counts as dead. */
export const SILENCE_MS_MAX = 60_000;

/** The connection ended or never came about. Connect again, after a pause. */
export class RelayDisconnected extends Error {
  readonly code = "relay_disconnected";
  readonly retry = true;
}

export type RelayFramesOptions = {
  readonly signal: AbortSignal;
  /** Called once when the connection stands. */
  readonly onOpen: () => void;
  readonly userAgent: string;
  /**
   * Called with the wall-clock time up to which all that the relay has sent is here, when it has answered that
   * there is no more, and with null when something comes or the connection ends.
   */
  readonly onQuiet?: (quietMs: number | null) => void;
  readonly silenceMsMax?: number;
};

/**
 * Connects and yields what has arrived, at least one frame at a time.
 * @throws RelayDisconnected when it ends, for whatever reason but `signal`.
 */
export async function* relayFrames(
  url: string,
  options: RelayFramesOptions,
): AsyncGenerator<Uint8Array[]> {
  const { signal, onOpen, onQuiet, userAgent, silenceMsMax = SILENCE_MS_MAX } = options;
  if (signal.aborted) return;
  const socket = new WebSocket(url, {
    maxPayload: MESSAGE_BYTES_MAX,
    // Hashes, signatures and keys hardly shrink, and a small message could unpack to a huge one.
    perMessageDeflate: false,
    headers: { "User-Agent": userAgent },
  });
  const inbox = new Inbox(socket);
  const close = (): void => socket.terminate();
  signal.addEventListener("abort", close, { once: true });
  socket.once("open", onOpen);
  const stopWatching = watchSilence(socket, silenceMsMax);
  const stopAsking = onQuiet === undefined ? () => {} : watchQuiet(socket, inbox, onQuiet);
  try {
    for (;;) {
      const frames = await inbox.take();
      if (signal.aborted) return;
      yield frames;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  } finally {
    stopWatching();
    stopAsking();
    signal.removeEventListener("abort", close);
    socket.terminate();
  }
}

/** Ends a connection that neither sends nor answers pings. A paused one cannot answer, and is let be. */
function watchSilence(socket: WebSocket, silenceMsMax: number): () => void {
  let heard = true;
  const hear = (): void => {
    heard = true;
  };
  socket.on("message", hear).on("pong", hear).on("open", hear);
  const timer = setInterval(() => {
    if (!heard && !socket.isPaused) socket.terminate();
    heard = false;
    if (socket.readyState === WebSocket.OPEN) socket.ping();
  }, silenceMsMax / 2);
  return () => clearInterval(timer);
}

/**
 * Asks a relay that sends nothing for an answer: a connection keeps the order, so that everything sent before
 * the answer has come before it. An answer to an older question says nothing.
 */
function watchQuiet(
  socket: WebSocket,
  inbox: Inbox,
  onQuiet: (quietMs: number | null) => void,
): () => void {
  let asked = 0;
  let askedAtMs: number | null = null;
  let heard = true;
  const hear = (): void => {
    heard = true;
    askedAtMs = null;
    onQuiet(null);
  };
  socket.on("message", hear).on("close", hear);
  socket.on("pong", (data) => {
    if (askedAtMs === null || data.toString() !== String(asked) || !inbox.isEmpty) return;
    onQuiet(askedAtMs);
    askedAtMs = null;
  });
  const timer = setInterval(() => {
    const isIdle = !heard && askedAtMs === null && socket.readyState === WebSocket.OPEN;
    heard = false;
    if (!isIdle || socket.isPaused) return;
    asked += 1;
    askedAtMs = Date.now();
    socket.ping(String(asked));
  }, QUIET_PING_MS);
  return () => {
    clearInterval(timer);
    onQuiet(null);
  };
}

/** Frames between the socket and the reader, bounded by pausing the socket. */
class Inbox {
  readonly #socket: WebSocket;
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #end: RelayDisconnected | null = null;
  #wake: () => void = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#push(data));
    socket.on("error", (error) => this.#finish(error.message, error));
    socket.on("close", (code, reason) =>
      this.#finish(`closed by the relay, code ${code} ${reason.toString("utf8")}`.trim()),
    );
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** Everything that has arrived; waits for the first. */
  async take(): Promise<Uint8Array[]> {
    if (this.#frames.length === 0 && this.#end === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#frames.length === 0 && this.#end !== null) throw this.#end;
    const frames = this.#frames;
    this.#frames = [];
    this.#bytes = 0;
    if (this.#socket.isPaused) this.#socket.resume();
    return frames;
  }

  #push(data: Buffer | ArrayBuffer | Buffer[]): void {
    const frame = bytesOf(data);
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (this.#frames.length >= QUEUE_FRAMES_MAX || this.#bytes >= QUEUE_BYTES_MAX) {
      this.#socket.pause();
    }
    this.#wake();
  }

  #finish(reason: string, cause?: Error): void {
    this.#end ??= new RelayDisconnected(reason, { cause });
    this.#wake();
  }
}

/** `ws` gives a Buffer for its default `binaryType`; the other forms are of its other settings. */
function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
