// Which nats-server versions we run on. Atomic batch publishing came with 2.12; the version we test
// with, and fetch where there is none, is pinned.

import { runCommand } from "./run-command.ts";

/** The release that is fetched when no usable server is found. */
export const NATS_SERVER_PINNED_VERSION = "2.15.1";

export type Version = { readonly major: number; readonly minor: number; readonly patch: number };

/** `refused`: lacks atomic batch publishing. `old`: works, but is not what we test with. */
export type VersionVerdict = "good" | "old" | "refused";

const REFUSED_BELOW: Version = { major: 2, minor: 12, patch: 0 };
const OLD_BELOW: Version = { major: 2, minor: 15, patch: 0 };
const VERSION_TIMEOUT_MS = 10_000;

/** Asks the binary for its version. @throws CommandFailed when it does not run. */
export async function versionOf(binary: string): Promise<Version | null> {
  const output = await runCommand(binary, ["--version"], { timeoutMs: VERSION_TIMEOUT_MS });
  return parseVersion(output);
}

/** Reads `nats-server: v2.15.1` or `2.15.1-RC.2`; null when there is no version in it. */
export function parseVersion(text: string): Version | null {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (match === null) return null;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

export function formatVersion(version: Version): string {
  return `${version.major}.${version.minor}.${version.patch}`;
}

/** Negative when `a` is the older one, 0 when they are equal. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

export function judgeVersion(version: Version): VersionVerdict {
  if (compareVersions(version, REFUSED_BELOW) < 0) return "refused";
  return compareVersions(version, OLD_BELOW) < 0 ? "old" : "good";
}
