// A diagnostic as data: what every pass reports and the command line renders.

import type { Span } from "../syntax/ast.ts";
import { type Code, severityOf } from "./codes.ts";

export type Diagnostic = {
  readonly code: Code;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly file: string;
  readonly span: Span;
  /** Stands beside the carets. */
  readonly label?: string;
  /** What to do. */
  readonly help?: string;
  /** A replacement that makes the diagnostic go away. */
  readonly fix?: Fix;
};

export type Fix = { readonly span: Span; readonly text: string };

/** What a pass may add to a message. */
export type Extra = Pick<Diagnostic, "label" | "help" | "fix">;

/** Reports into the diagnostics of one file. */
export type Report = (code: Code, span: Span, message: string, extra?: Extra) => void;

/** A `Report` that appends to `into` for `file`. */
export function reporter(file: string, into: Diagnostic[]): Report {
  return (code, span, message, extra) => {
    into.push({ code, severity: severityOf(code), message, file, span, ...extra });
  };
}
