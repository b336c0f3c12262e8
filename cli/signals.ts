// Ctrl-C and its kin: the first asks for a clean stop, a later one ends the process at once.

/** Why a command is asked to stop: the user, or the reader of its output is gone. */
export type StopReason = "interrupted" | "closed";

/** A second signal this soon is the same Ctrl-C, come by way of a parent process too. */
const SAME_SIGNAL_MS = 500;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

type Signals = { on(signal: (typeof SIGNALS)[number], listener: () => void): unknown };

export type Stop = { readonly signal: AbortSignal; abort(reason: StopReason): void };

/**
 * @param source the process
 * @param giveUp called when a signal comes while the clean stop is under way
 */
export function watchSignals(source: Signals, giveUp: () => void): Stop {
  const controller = new AbortController();
  let firstMs: number | null = null;
  for (const signal of SIGNALS) {
    source.on(signal, () => {
      const nowMs = performance.now();
      if (firstMs !== null && nowMs - firstMs > SAME_SIGNAL_MS) giveUp();
      firstMs ??= nowMs;
      controller.abort("interrupted" satisfies StopReason);
    });
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
  };
}

/** Whether the user asked for the stop. */
export function wasInterrupted(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason === ("interrupted" satisfies StopReason);
}
