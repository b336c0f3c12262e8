#!/usr/bin/env node
// Starts the command line: here on Node 24 or newer, else on the `node` package's own binary. Plain
// JavaScript that Node 18 parses too, so that an old Node gets an answer and not a syntax error.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MAJOR_MIN = 24;
/** Sent on to the child; a terminal's Ctrl-C reaches both, which the command line takes for one. */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"];
const SIGNAL_EXIT_BASE = 128;
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR_MIN) {
  nodeModule.enableCompileCache(); // Half of a short command is the loading of its modules.
  await import("./main.ts");
} else {
  runOn(packagedNode());
}

/** The binary of the npm package `node`, wherever npm has put it; null without it. */
function packagedNode() {
  try {
    const found = createRequire(import.meta.url).resolve("node/package.json");
    const binary = join(dirname(found), "bin", process.platform === "win32" ? "node.exe" : "node");
    return existsSync(binary) ? binary : null;
  } catch {
    return null; // The package is not installed.
  }
}

function runOn(binary) {
  if (binary === null) {
    fail(`fpaas needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}.`);
    return;
  }
  const main = fileURLToPath(import.meta.url);
  const child = spawn(binary, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${binary} does not start: ${error.message}`));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? SIGNAL_EXIT_BASE + (SIGNAL_NUMBERS[signal] ?? 0);
  });
}

function fail(problem) {
  process.stderr.write(
    `error: ${problem}\n  Install Node ${NODE_MAJOR_MIN} from https://nodejs.org, or run \`npm ci\` in the project's folder:\n  it brings a Node of its own.\n`,
  );
  process.exitCode = 1;
}
