// `tz: 'Europe/Berlin'`: checked against the zones this machine knows.

import { nearest } from "../diagnostics/suggest.ts";
import { type Args, stringArg } from "./args.ts";
import type { Env } from "./env.ts";

export const DAY_MS = 86_400_000;

/** The IANA zone of the option `tz`; null when absent or reported. */
export function zoneArg(args: Args, env: Env): string | null {
  const name = stringArg(args, "tz", env);
  if (name === null) return null;
  if (isZone(name)) return name;
  const meant = nearest(name, Intl.supportedValuesOf("timeZone"));
  const span = args.get("tz")?.span ?? { start: 0, end: 0 };
  const hint = meant === null ? "" : `, did you mean \`${meant}\`?`;
  env.report("FPL0422", span, `unknown time zone '${name}'${hint}`, {
    help: "write the name of an IANA zone, such as 'Europe/Berlin' or 'UTC'",
    ...(meant === null ? {} : { fix: { span, text: `'${meant}'` } }),
  });
  return null;
}

/** Names only: an offset such as `+02:00` knows no summer time, and is what `tz` is there to avoid. */
function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
