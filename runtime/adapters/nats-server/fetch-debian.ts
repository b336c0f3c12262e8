// Route two: the nats-server package of a Debian suite, by apt itself, which checks the signatures.
// Needs no root: every folder apt writes to is private and nothing is installed.

import { access, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "./find.ts";
import { CommandFailed, runCommand } from "./run-command.ts";

const SUITE = "forky";
const PACKAGE = "nats-server";
const PACKAGE_BINARY = "usr/sbin/nats-server";
const KEYRINGS = ["gpg", "pgp"].map(
  (suffix) => `/usr/share/keyrings/debian-archive-keyring.${suffix}`,
);
const APT_TIMEOUT_MS = 120_000;
const CONNECT_TIMEOUT_S = 10;

/** The package cannot be had this way on this machine. */
export class DebianFetchFailed extends Error {
  readonly code = "debian_fetch_failed";
}

/**
 * Downloads and unpacks the package under `workDir`; returns the path of the executable.
 * @throws DebianFetchFailed, CommandFailed
 */
export async function fetchFromDebian(workDir: string, env: Environment): Promise<string> {
  const keyring = await installedKeyring();
  const mirror = await debianMirror(await privateApt(join(workDir, "own"), [], env));
  const sources = join(workDir, "sources.list");
  await writeFile(sources, `deb [signed-by=${keyring}] ${mirror} ${SUITE} main\n`);
  const only = [`Dir::Etc::SourceList=${sources}`, "Dir::Etc::SourceParts=/dev/null"];
  const apt = await privateApt(join(workDir, SUITE), only, env);
  await apt(["update"]);
  await apt(["download", PACKAGE]);
  return await unpack(join(workDir, SUITE), env);
}

/**
 * The machine's own Debian mirror, taken from `apt-get indextargets` output with one
 * `uri origin label` a line; not the security archive, which has other suites.
 */
export function mirrorIn(indexTargets: string): string | null {
  for (const line of indexTargets.split("\n")) {
    const [uri, origin, label] = line.trim().split(" ");
    if (uri !== undefined && origin === "Debian" && label === "Debian") return uri;
  }
  return null;
}

/** Runs apt-get with private folders; resolves to its stdout. */
type Apt = (args: readonly string[]) => Promise<string>;

async function privateApt(folder: string, more: readonly string[], env: Environment): Promise<Apt> {
  await mkdir(join(folder, "lists", "partial"), { recursive: true });
  await mkdir(join(folder, "cache", "archives", "partial"), { recursive: true });
  const settings = [
    `Dir::State::lists=${join(folder, "lists")}`,
    "Dir::State::status=/dev/null",
    `Dir::Cache=${join(folder, "cache")}`,
    // apt's word for "stay who you are": its own user could not write to our folders.
    "APT::Sandbox::User=root",
    `Acquire::http::Timeout=${CONNECT_TIMEOUT_S}`,
    `Acquire::https::Timeout=${CONNECT_TIMEOUT_S}`,
    ...more,
  ].flatMap((setting) => ["-o", setting]);
  const options = { cwd: folder, timeoutMs: APT_TIMEOUT_MS, env: { ...env, LC_ALL: "C" } };
  return (args) => runCommand("apt-get", [...settings, ...args], options);
}

async function debianMirror(apt: Apt): Promise<string> {
  const updateFailure = await failureOf(apt(["update"]));
  const mirror = mirrorIn(
    await apt(["indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)"]),
  );
  if (mirror !== null) return mirror;
  const reason = updateFailure === null ? "" : ` (${updateFailure.message})`;
  throw new DebianFetchFailed(`no Debian mirror among this machine's apt sources${reason}`);
}

/** One dead source of the machine fails the whole update, though the Debian one may be there. */
async function failureOf(command: Promise<string>): Promise<CommandFailed | null> {
  try {
    await command;
    return null;
  } catch (error) {
    if (error instanceof CommandFailed) return error;
    throw error;
  }
}

async function installedKeyring(): Promise<string> {
  for (const path of KEYRINGS) {
    if (await exists(path)) return path;
  }
  throw new DebianFetchFailed(`no Debian archive keyring (${KEYRINGS.join(", ")})`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function unpack(folder: string, env: Environment): Promise<string> {
  const archive = (await readdir(folder)).find((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new DebianFetchFailed("apt-get download left no .deb file");
  const options = { cwd: folder, timeoutMs: APT_TIMEOUT_MS, env };
  await runCommand("dpkg-deb", ["-x", archive, "unpacked"], options);
  return join(folder, "unpacked", PACKAGE_BINARY);
}
