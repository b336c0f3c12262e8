// A source of which everything was refused: no command over it has done what was wanted.

import { eventsTotal, type ShufflerCounters } from "../shuffler/shuffle.ts";
import { type Context, stoppedExit } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { formatCount } from "./terminal/units.ts";

/** How a command over `source` ends that has come to its end, or was stopped. */
export function exitAfter(source: string, counters: ShufflerCounters, context: Context): ExitCode {
  const trouble = context.signal.aborted ? null : nothingRead(source, counters);
  if (trouble === null) return stoppedExit(context);
  context.terminal.complain(trouble);
  return EXIT.failure;
}

/** What to say when nothing of `source` could be read, though something was there; null when something could. */
function nothingRead(source: string, counters: ShufflerCounters): string | null {
  const { rejected } = counters;
  if (eventsTotal(counters) > 0 || rejected.size === 0) return null;
  const reasons = [...rejected]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${formatCount(count)} ${reason}`);
  return `nothing of ${source} could be read: all was rejected (${reasons.join(", ")})`;
}
