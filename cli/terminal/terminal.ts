// Standard output and standard error as the commands see them: data on the one, everything else on the
// other; quiet, colours and progress decided once.

import type { Writable } from "node:stream";
import { type Paint, painter } from "./paint.ts";

/** A stream of the process; `isTTY` only on a terminal. */
export type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export type TerminalOptions = {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Wall clock in milliseconds, for the pace of progress lines. */
  readonly nowMs: () => number;
};

/** Between two progress lines where there is no terminal to rewrite one on. */
export const PROGRESS_LINE_MS = 10_000;
/** Between two rewrites of the progress line on a terminal. */
const PROGRESS_REWRITE_MS = 100;

export class Terminal {
  readonly #out: Stream;
  readonly #err: Stream;
  readonly #nowMs: () => number;
  /** Colours for standard output and for standard error. */
  readonly paintOut: Paint;
  readonly paintErr: Paint;
  quiet = false;
  /** Whether standard output was closed by its reader: nothing more is wanted. */
  #closed = false;
  #progressShown = false;
  #progressMs: number;

  constructor({ stdout, stderr, env, nowMs }: TerminalOptions) {
    this.#out = stdout;
    this.#err = stderr;
    this.#nowMs = nowMs;
    this.#progressMs = nowMs();
    this.paintOut = painter(stdout.isTTY === true, env);
    this.paintErr = painter(stderr.isTTY === true, env);
  }

  /** Whether a person reads the data. */
  get interactive(): boolean {
    return this.#out.isTTY === true;
  }

  /** Calls back when the reader of standard output has gone, as `head` does when it has enough. */
  onClosed(listener: () => void): void {
    this.#out.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      this.#closed = true;
      listener();
    });
  }

  /** Writes data; resolves when there is room for more. */
  async data(text: string): Promise<void> {
    if (this.#closed) return;
    this.#clearProgress();
    if (this.#out.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#out.off("drain", done).off("close", done).off("error", done);
        resolve();
      };
      this.#out.on("drain", done).on("close", done).on("error", done);
    });
  }

  /** One value as one line of JSON. */
  async json(value: unknown): Promise<void> {
    await this.data(`${JSON.stringify(value)}\n`);
  }

  /** A remark that `--quiet` leaves out. */
  say(line: string): void {
    if (!this.quiet) this.complain(line);
  }

  /** What must be read even when quiet: errors and warnings. */
  complain(line: string): void {
    this.#clearProgress();
    this.#err.write(`${line}\n`);
  }

  /** What is going on: one line rewritten on a terminal, else a plain line now and then. */
  progress(line: string): void {
    if (this.quiet) return;
    const tty = this.#err.isTTY === true;
    const nowMs = this.#nowMs();
    if (nowMs - this.#progressMs < (tty ? PROGRESS_REWRITE_MS : PROGRESS_LINE_MS)) return;
    this.#progressMs = nowMs;
    if (!tty) {
      this.#err.write(`${line}\n`);
      return;
    }
    this.#err.write(`\r\x1b[K${line.slice(0, (this.#err.columns ?? 80) - 1)}`);
    this.#progressShown = true;
  }

  /** Resolves when everything written has left the process. */
  async flush(): Promise<void> {
    this.#clearProgress();
    await Promise.all([flushed(this.#out), flushed(this.#err)]);
  }

  #clearProgress(): void {
    if (!this.#progressShown) return;
    this.#progressShown = false;
    this.#err.write("\r\x1b[K");
  }
}

async function flushed(stream: Stream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    stream.once("error", () => resolve()); // Its reader has gone: nothing will leave any more.
    stream.write("", () => resolve());
  });
}
