// The server as a child process: spawned apart from our terminal, ended with us, waited for.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";

const STOP_GRACE_MS = 15_000;

/** A child process and the moment it is gone and `afterExit` is through. */
export type Child = {
  readonly process: ChildProcess;
  readonly exited: Promise<void>;
};

/**
 * Spawns in a process group of its own, so that Ctrl-C in the terminal reaches only us, and with a file as
 * its output, so that the log also holds what is written before logging is set up, and a panic.
 */
export async function spawnDetached(
  program: string,
  args: readonly string[],
  logFile: string,
  afterExit: () => Promise<void>,
): Promise<Child> {
  const log = await open(logFile, "a");
  try {
    const stdio = ["ignore" as const, log.fd, log.fd];
    const child = spawn(program, args, { detached: true, stdio });
    child.unref();
    return { process: child, exited: exitOf(child).then(afterExit) };
  } finally {
    await log.close();
  }
}

/** The process id; rejects with the system's reason when the process could not be spawned. */
export async function pidOf({ process: child }: Child): Promise<number> {
  if (child.pid === undefined) await once(child, "spawn");
  return Number(child.pid);
}

export function hasEnded({ process: child }: Child): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** SIGTERM, and SIGKILL when the process takes too long; resolves when it is gone. */
export async function stopChild(child: Child): Promise<void> {
  const killer = setTimeout(() => child.process.kill("SIGKILL"), STOP_GRACE_MS);
  try {
    await killChild(child, "SIGTERM");
  } finally {
    clearTimeout(killer);
  }
}

/** Sends the signal and resolves when the process is gone. */
export async function killChild(child: Child, signal: NodeJS.Signals): Promise<void> {
  child.process.ref(); // Else this process could end while it waits.
  child.process.kill(signal);
  await child.exited;
}

/** Also makes sure that the child does not outlive an exit of this process. */
async function exitOf(child: ChildProcess): Promise<void> {
  const endWithUs = () => child.kill("SIGTERM");
  process.once("exit", endWithUs);
  await new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  process.off("exit", endWithUs);
}
