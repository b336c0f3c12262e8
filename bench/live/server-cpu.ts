// CPU time that a server process has used so far: its part of a measurement, told apart from ours.

import { readFile } from "node:fs/promises";

/** Of `/proc/<pid>/stat`, everywhere Linux runs Node. */
const TICKS_PER_SECOND = 100;
/** Places of user and system time behind the command's closing parenthesis. */
const [USER, SYSTEM] = [11, 12];

/** Milliseconds, of all its threads; NaN where there is no `/proc`. */
export async function serverCpuMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[USER]) + Number(fields[SYSTEM])) / TICKS_PER_SECOND) * 1000;
}
