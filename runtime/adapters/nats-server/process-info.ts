// Who is behind a process id: ids are reused, so an id alone proves nothing.

import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandFailed, runCommand } from "./run-command.ts";

const PS_TIMEOUT_MS = 5000;
const POLL_MS = 20;
/** Fields of /proc/<pid>/stat, counted from behind the name: the state, and the start time. */
const STARTED_FIELD = 19;
const ZOMBIE = "Z";

/** The command line, its arguments parted by spaces; null when there is no such process. */
export async function commandLineOf(pid: number): Promise<string | null> {
  if (process.platform !== "linux") return await ps(pid, "command=");
  const text = await readProc(pid, "cmdline");
  return text === null || text === "" ? null : text.replaceAll("\0", " ").trim();
}

/** When the process started, in the system's own form; null when there is no such process. */
export async function startOf(pid: number): Promise<string | null> {
  if (process.platform !== "linux") return await ps(pid, "lstart=");
  const stat = await readProc(pid, "stat");
  // The second field is the program's name in brackets and may hold anything, brackets included.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return fields[0] === ZOMBIE ? null : (fields[STARTED_FIELD] ?? null);
}

/** Sends SIGTERM, and SIGKILL after `graceMs`; resolves when the process is gone. */
export async function endProcess(pid: number, graceMs: number): Promise<void> {
  signal(pid, "SIGTERM");
  if (await goneWithin(pid, graceMs)) return;
  signal(pid, "SIGKILL");
  await goneWithin(pid, graceMs);
}

async function goneWithin(pid: number, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while ((await commandLineOf(pid)) !== null) {
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

async function readProc(pid: number, file: string): Promise<string | null> {
  try {
    return await readFile(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ESRCH")) return null;
    throw error;
  }
}

async function ps(pid: number, column: string): Promise<string | null> {
  try {
    const text = await runCommand("ps", ["-o", column, "-p", String(pid)], {
      timeoutMs: PS_TIMEOUT_MS,
    });
    return text.trim() || null;
  } catch (error) {
    if (error instanceof CommandFailed) return null; // ps fails when there is no such process.
    throw error;
  }
}

/** Whether a thrown value is a system error of this code, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
