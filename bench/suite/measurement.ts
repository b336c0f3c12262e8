// Runs a measurement in a process of its own and takes the figures it prints.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import type { Measurement } from "./workloads.ts";

export type MeasurementOptions = {
  readonly quick: boolean;
  readonly say: (line: string) => void;
};

const HEAP_MB = 8192;
const OUTPUT_BYTES_MAX = 1 << 24;

/** Lines of Markdown, and the figures they were made from. */
const resultSchema = z.object({ lines: z.array(z.string()), raw: z.unknown() });
export type MeasurementResult = z.infer<typeof resultSchema> & {
  readonly workload: string;
  readonly title: string;
};

/** @throws Error when the process fails: also when its answer was wrong */
export async function runMeasurement(
  { name, title }: Measurement,
  { quick, say }: MeasurementOptions,
): Promise<MeasurementResult> {
  say(`${name}: running`);
  const entry = new URL(`../${name}/main.ts`, import.meta.url).pathname;
  const flags = ["--expose-gc", `--max-old-space-size=${HEAP_MB}`];
  const args = [...flags, entry, ...(quick ? ["--quick"] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return { workload: name, title, ...resultSchema.parse(JSON.parse(stdout)) };
}
