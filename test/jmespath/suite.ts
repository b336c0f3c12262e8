// The JMESPath compliance suite, read where it lies beside the repository.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import type { Json } from "../../plan/expr.ts";

const SUITE = new URL("../../../shared/data/jmespath/tests/", import.meta.url);

const caseSchema = z.object({
  expression: z.string(),
  result: z.json().optional(),
  error: z.string().optional(),
});
const fileSchema = z.array(z.object({ given: z.json(), cases: z.array(caseSchema) }));

/** A case with neither result nor error is a benchmark: it only has to be accepted. */
export type SuiteCase = z.infer<typeof caseSchema> & {
  readonly file: string;
  readonly given: Json;
};

export const HAS_SUITE = existsSync(SUITE);
export const SUITE_FILES: readonly string[] = HAS_SUITE ? readdirSync(SUITE).sort() : [];

export function casesOf(file: string): SuiteCase[] {
  const parsed = fileSchema.parse(JSON.parse(readFileSync(new URL(file, SUITE), "utf8")));
  return parsed.flatMap(({ given, cases }) => cases.map((one) => ({ ...one, file, given })));
}
