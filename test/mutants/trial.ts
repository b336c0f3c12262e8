// Tries a fault: puts it in the copy, runs its tests there, takes it out again.

import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mutateFile, type NamedMutant } from "./mutant.ts";
import type { TreeCopy } from "./tree-copy.ts";

export type Fate =
  /** Its tests failed. `by`: the first that did, or that they did not end. */
  | { readonly kind: "killed"; readonly by: string }
  /** Its tests passed: another one has to be written. */
  | { readonly kind: "survived" }
  /** The text to find is not in the file exactly once. */
  | { readonly kind: "does-not-apply" }
  /** No test was run: a suite is misnamed, or vitest has not come as far as a report. */
  | { readonly kind: "no-tests" };

/** Longer than a test file takes on a busy machine. A fault may make one wait for ever. */
const SUITE_MS_MAX = 120_000;

/** @param root of the tree that was copied */
export async function tryMutant(mutant: NamedMutant, root: string, copy: TreeCopy): Promise<Fate> {
  const broken = mutateFile(root, mutant);
  if (broken === null) return { kind: "does-not-apply" };
  copy.write(mutant.file, broken);
  try {
    return await runSuite(mutant.suite, copy.root, 1);
  } finally {
    copy.write(mutant.file, readFileSync(join(root, mutant.file), "utf8"));
  }
}

/** What some suites say of the tree at `cwd` as it is. @param workers how many run at once */
export async function runSuite(
  suite: readonly string[],
  cwd: string,
  workers: number,
): Promise<Fate> {
  const vitest = join(cwd, "node_modules", "vitest", "vitest.mjs");
  const path = join(cwd, "mutant-report.json");
  rmSync(path, { force: true });
  const report = ["--reporter=json", `--outputFile=${path}`];
  const isLate = await run(
    [vitest, "run", "--bail=1", `--maxWorkers=${workers}`, ...report, ...suite],
    cwd,
    SUITE_MS_MAX * suite.length,
  );
  return isLate ? { kind: "killed", by: "its tests do not end" } : fateIn(path);
}

/** What a report says. */
function fateIn(path: string): Fate {
  const report = reportAt(path);
  if (report === null) return { kind: "no-tests" };
  const failed = report.testResults.find(({ status }) => status === "failed");
  if (failed === undefined && report.numTotalTests === 0) return { kind: "no-tests" };
  if (failed === undefined && report.success) return { kind: "survived" };
  const test = failed?.assertionResults.find(({ status }) => status === "failed");
  return { kind: "killed", by: test?.fullName ?? failed?.message ?? "an unhandled error" };
}

type Report = {
  readonly success: boolean;
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
};

/** Null when there is none. */
function reportAt(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report; // Of the pinned vitest.
  } catch {
    return null;
  }
}

/** @returns whether it took too long, and was killed */
async function run(args: readonly string[], cwd: string, msMax: number): Promise<boolean> {
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: "ignore",
    detached: true, // A group of its own: servers that tests have started end with it.
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  }, msMax);
  await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  return isLate;
}
