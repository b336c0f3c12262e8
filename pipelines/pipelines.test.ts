// The shipped pipelines pass the tests in their own files and are formatted, by the commands a user has.

import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { expect, it } from "vitest";
import { repositoryFile } from "../test/support/recordings.ts";

const ROOT = repositoryFile(".").pathname;
const PIPELINES = globSync("pipelines/*.fpl", { cwd: ROOT });
const EXAMPLES = globSync("examples/*.fpl", { cwd: ROOT });

function fpaas(...args: readonly string[]): string {
  return execFileSync(process.execPath, ["cli/bin.mjs", ...args], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

it("every pipeline's file has tests, and they pass", () => {
  const outcomes: unknown = JSON.parse(fpaas("test", "--json", ...PIPELINES));
  expect(outcomes).toSatisfy(Array.isArray);
  for (const file of PIPELINES) {
    expect(outcomes).toContainEqual(expect.objectContaining({ file, passed: true }));
  }
  expect(outcomes).not.toContainEqual(expect.objectContaining({ passed: false }));
});

it("pipelines and examples are formatted", () => {
  expect(fpaas("fmt", "--check", ...PIPELINES, ...EXAMPLES)).toBe("");
});
