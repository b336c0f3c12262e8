// What parses but does not run yet says so, once, with its own code.

import type { Report } from "../diagnostics/diagnostic.ts";
import type { Span } from "../syntax/ast.ts";

/** Reports that `what` is not in this release. */
export function notRunnable(what: string, span: Span, report: Report): void {
  report("FPL0480", span, `${what} is not runnable yet`, {
    help: "it is part of the language, and this release only parses it",
  });
}
