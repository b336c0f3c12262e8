// One connected reader of the simulated relay: where it stands, and how much it is sent at a time.
import type { WebSocket } from "ws";
import type { Tape } from "./tape.ts";

/** Stop sending while this much waits in our socket; a reader that does not read lags from here. */
const BUFFERED_BYTES_MAX = 1 << 20;
/** RFC 6455 close code for a reader that broke the rules (a cursor ahead, too slow). */
const CLOSE_POLICY = 1008;
const CLOSE_NORMAL = 1000;

export class RelayReader {
  readonly #socket: WebSocket;
  #position: number;
  #framesSent = 0;
  #caughtUp = false;

  /** @param position index on the tape of the first frame to send. */
  constructor(socket: WebSocket, position: number) {
    this.#socket = socket;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  get framesSent(): number {
    return this.#framesSent;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Nothing left in our own buffer: the operating system has it all. */
  get isFlushed(): boolean {
    return this.#socket.bufferedAmount === 0;
  }

  /** Frames behind the head; 0 while it still replays the past, which no relay holds against it. */
  lag(head: number): number {
    return this.#caughtUp ? head - this.#position : 0;
  }

  /** Sends up to `framesMax` frames before `head` and returns how many it took. */
  pump(tape: Tape, head: number, framesMax: number): number {
    const start = this.#position;
    const end = Math.min(head, start + framesMax);
    while (this.#position < end && this.isOpen && this.#hasRoom()) {
      this.send(tape.frameAt(this.#position));
      this.#position += 1;
    }
    if (this.#position >= head) this.#caughtUp = true;
    return this.#position - start;
  }

  /** Sends bytes out of turn: they are on nobody's tape. */
  send(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    this.#socket.send(bytes);
    this.#framesSent += 1;
  }

  /** An error frame, then close. */
  fail(errorFrame: Uint8Array): void {
    this.send(errorFrame);
    this.#socket.close(CLOSE_POLICY);
  }

  close(): void {
    this.#socket.close(CLOSE_NORMAL);
  }

  /** Cuts the connection without a goodbye. */
  cut(): void {
    this.#socket.terminate();
  }

  #hasRoom(): boolean {
    return this.#socket.bufferedAmount < BUFFERED_BYTES_MAX;
  }
}
