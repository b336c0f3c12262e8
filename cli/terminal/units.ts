// Numbers, durations and instants as people write and read them.

import { CommandError, EXIT } from "../exit-codes.ts";

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `30s`, `10m`, `1h`, `250ms` in milliseconds. @throws CommandError (usage) */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unitMs = UNIT_MS[match?.[2] ?? ""];
  if (match === null || unitMs === undefined) {
    throw new CommandError(
      EXIT.usage,
      `\`${text}\` is not a duration`,
      "write 30s, 10m, 1h or 250ms",
    );
  }
  return Number(match[1]) * unitMs;
}

/** A whole number of at least `least`. @throws CommandError (usage) */
export function parseCount(text: string, least = 1): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < least) {
    throw new CommandError(EXIT.usage, `\`${text}\` is not a whole number of at least ${least}`);
  }
  return count;
}

/** `50GB`, `1.5 TB`, `4096` in bytes. @throws CommandError (usage) */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB|TB)?$/.exec(text.trim());
  const power = BYTE_UNITS.indexOf(match?.[2] ?? "B");
  const bytes = Math.round(Number(match?.[1]) * 1000 ** power);
  if (match !== null && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new CommandError(EXIT.usage, `\`${text}\` is not a size`, "write 4096, 50GB or 1.5TB");
}

/** `1234567` as `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 record`, `2 records`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `850 ms`, `4.2 s`, `3m 05s`, `2h 07m`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${twoDigits(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
}

/** `1.5 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < BYTE_UNITS.length - 1; unit += 1) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** `12:10:00` in UTC. */
export function formatClock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
