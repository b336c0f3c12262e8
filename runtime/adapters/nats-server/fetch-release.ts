// Route one: the official release archive of the pinned version, checked against the release's own
// SHA-256 list, unpacked by the system's tar.

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";
import { NATS_SERVER_PINNED_VERSION } from "./version.ts";

const RELEASES_URL = "https://github.com/nats-io/nats-server/releases/download";
const CHECKSUMS = "SHA256SUMS";
/** Without internet the first answer must fail fast, so that the next route gets its turn. */
const ANSWER_TIMEOUT_MS = 5000;
const DOWNLOAD_TIMEOUT_MS = 180_000;
const UNPACK_TIMEOUT_MS = 60_000;

/** Node's names of platforms and processors → those in the release's file names. */
const PLATFORMS = new Map([
  ["linux", "linux"],
  ["darwin", "darwin"],
  ["win32", "windows"],
  ["freebsd", "freebsd"],
]);
const PROCESSORS = new Map([
  ["x64", "amd64"],
  ["arm64", "arm64"],
  ["arm", "arm7"],
  ["ia32", "386"],
  ["ppc64", "ppc64le"],
  ["s390x", "s390x"],
]);

/** The archive cannot be had or is not what the release says it is. */
export class ReleaseFetchFailed extends Error {
  readonly code = "release_fetch_failed";
}

/**
 * Downloads, checks and unpacks the release into `workDir`; returns the path of the executable.
 * @param baseUrl where the releases are, to use a mirror
 * @throws ReleaseFetchFailed, or what `fetch` throws
 */
export async function fetchRelease(workDir: string, baseUrl = RELEASES_URL): Promise<string> {
  const folder = releaseName(process.platform, process.arch);
  const archive = `${folder}.${process.platform === "win32" ? "zip" : "tar.gz"}`;
  const base = `${baseUrl}/v${NATS_SERVER_PINNED_VERSION}`;
  const sums = new TextDecoder().decode(await download(`${base}/${CHECKSUMS}`));
  const bytes = await download(`${base}/${archive}`);
  verify(bytes, checksumOf(sums, archive), archive);
  await writeFile(join(workDir, archive), bytes);
  const args = ["-xf", archive, "--no-same-owner"];
  await runCommand("tar", args, { cwd: workDir, timeoutMs: UNPACK_TIMEOUT_MS });
  return join(workDir, folder, process.platform === "win32" ? "nats-server.exe" : "nats-server");
}

/** `nats-server-v2.15.1-linux-amd64`. @throws ReleaseFetchFailed when there is no such release. */
export function releaseName(platform: string, processor: string): string {
  const os = PLATFORMS.get(platform);
  const arch = PROCESSORS.get(processor);
  if (os === undefined || arch === undefined) {
    throw new ReleaseFetchFailed(`there is no release for ${platform} on ${processor}`);
  }
  return `nats-server-v${NATS_SERVER_PINNED_VERSION}-${os}-${arch}`;
}

/** Finds the line `<hex>  <name>` of `sha256sum`. @throws ReleaseFetchFailed without one */
export function checksumOf(sums: string, name: string): string {
  for (const line of sums.split("\n")) {
    const match = /^([0-9a-f]{64})\s+\*?(\S+)\s*$/i.exec(line);
    if (match?.[2] === name) return String(match[1]).toLowerCase();
  }
  throw new ReleaseFetchFailed(`${CHECKSUMS} of the release does not list ${name}`);
}

function verify(bytes: Uint8Array, expected: string, name: string): void {
  const actual = createHash("sha256").update(bytes).digest("hex");
  if (actual === expected) return;
  throw new ReleaseFetchFailed(`${name} has SHA-256 ${actual}, the release says ${expected}`);
}

/** The whole body of a URL. The connection has `ANSWER_TIMEOUT_MS` to answer at all. */
async function download(url: string): Promise<Uint8Array> {
  const abort = new AbortController();
  const give = (ms: number, what: string) =>
    setTimeout(() => abort.abort(new ReleaseFetchFailed(`${url}: ${what} in ${ms} ms`)), ms);
  const answerTimer = give(ANSWER_TIMEOUT_MS, "no answer");
  const downloadTimer = give(DOWNLOAD_TIMEOUT_MS, "not downloaded");
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(answerTimer);
    if (!response.ok) throw new ReleaseFetchFailed(`${url}: HTTP ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } finally {
    clearTimeout(answerTimer);
    clearTimeout(downloadTimer);
  }
}
