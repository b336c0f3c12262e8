// Runs each test file in its own process, one after another, and lists the failures: a test file must not depend
// on another one.
//
//   node scripts/each-test-alone.ts [--times 3] [part of a path …]
//
// Exit code 1 when a file fails. Prints the end of a failing run's output.

import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const VITEST = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const PATTERN =
  "{bench,bytes,cli,compiler,examples,pipelines,plan,runtime,scripts,shuffler,test}/**/*.test.ts";
/** Lines of output shown of a failing run, from its end. */
const LINES_SHOWN_MAX = 60;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: "string", default: "1" } },
});
const times = Number(values.times);
if (!Number.isInteger(times) || times < 1) throw new Error(`--times ${values.times} is no count`);
const files = globSync(PATTERN, { cwd: ROOT })
  .filter((file) => !file.endsWith(".long.test.ts"))
  .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) throw new Error("no test file has that in its path");

const failed: string[] = [];
for (const file of files) {
  for (let time = 1; time <= times; time += 1) {
    const startMs = performance.now();
    const { code, output } = await runAlone(file);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    console.log(`${code === 0 ? "ok  " : "FAIL"}  ${file}  ${seconds} s`);
    if (code === 0) continue;
    failed.push(file);
    console.log(output.split("\n").slice(-LINES_SHOWN_MAX).join("\n"));
  }
}
console.log(`${files.length} files, ${times} runs each, ${failed.length} failed runs`);
for (const file of new Set(failed)) console.log(`  ${file}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** @returns the exit code, null when a signal ended it, and both outputs */
function runAlone(
  file: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [VITEST, "run", file], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const take = (text: string): void => {
    output += text;
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
