// How what runs for long connects: NATS may be away when it starts as well as later, and it waits for it alike.

import { NatsUnreachable } from "../runtime/adapters/nats/errors.ts";
import { backoffMs, pause } from "../runtime/adapters/nats/retry.ts";
import { LogUnavailable } from "../runtime/ports.ts";
import { type Backend, openBackend } from "./backend.ts";
import type { Context, NatsOptions } from "./context.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { describe } from "./report-error.ts";

/**
 * As `openBackend`, which makes the streams; waits for the server for as long as it takes.
 * @returns null when the signal aborted first
 * @throws what waiting does not help with: no address, a wrong one, credentials that are refused
 */
export async function openBackendPatiently(
  context: Context,
  options: NatsOptions,
): Promise<Backend | null> {
  const { terminal, signal } = context;
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      const backend = await unlessAborted(openBackend(context, options, "make"), signal);
      if (backend !== null && tries > 1) terminal.say("nats: connected");
      return backend;
    } catch (error) {
      if (!isAway(error)) throw error;
      if (tries === 1) terminal.complain(`${describe(error)}; waiting for it`);
    }
    await pause(backoffMs(tries), signal);
  }
  return null;
}

/** Whether the server may be there later. */
function isAway(error: unknown): boolean {
  if (error instanceof LogUnavailable) return true;
  if (!(error instanceof NatsUnreachable) || exitCodeOf(error) === EXIT.auth) return false;
  return !(error.cause instanceof TypeError); // What is no address at all is none later.
}

/** Null when the signal aborts first; what comes too late is closed. */
async function unlessAborted(opening: Promise<Backend>, signal: AbortSignal) {
  const aborted = Promise.withResolvers<null>();
  const abort = (): void => aborted.resolve(null);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const first = await Promise.race([opening, aborted.promise]);
    if (first === null) void closeLate(opening);
    return first;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function closeLate(opening: Promise<Backend>): Promise<void> {
  try {
    await (await opening)[Symbol.asyncDispose]();
  } catch {
    // It was not opened: nothing to close, and nobody waits for it.
  }
}
