// Keeps the consequences of a mistake out of the list, so that what is left is worth fixing.

import type { Code } from "./codes.ts";
import type { Diagnostic } from "./diagnostic.ts";

/** About how a program hangs together: judged only in files that could be parsed. */
const STRUCTURAL: ReadonlySet<Code> = new Set<Code>([
  "FPL0306",
  "FPL0315",
  "FPL0405",
  "FPL0406",
  "FPL0407",
  "FPL0412",
  "FPL0413",
  "FPL0415",
  "FPL0416",
  "FPL0419",
  "FPL0420",
  "FPL0423",
  "FPL0480",
  "FPL0504",
  "FPL0505",
]);

const SYNTAX: ReadonlySet<Code> = new Set<Code>(["FPL0101", "FPL0102", "FPL0103", "FPL0104"]);

/** Without what may only follow from text that was skipped. Names and fields are still reported. */
export function withoutCascades(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const unparsed = new Set(
    diagnostics.filter((one) => SYNTAX.has(one.code)).map((one) => one.file),
  );
  return diagnostics.filter((one) => !(STRUCTURAL.has(one.code) && unparsed.has(one.file)));
}
