// What the topics of a program must hold, and what is beyond a limit, by plain code.

import type { Item } from "./columns.ts";
import type { Fields } from "./ways.ts";

/** The records of one key in a topic. */
export type Wanted = {
  readonly k: string;
  readonly times: number;
  readonly isRight: (record: Fields) => boolean;
};

export type Expected = {
  readonly topics: Readonly<Record<string, readonly Wanted[]>>;
  /** How many things are put aside. */
  readonly letters: number;
};

export const DEPTH_MAX = 256;

/** Why a value cannot be in a record of a topic; null where it can. */
export function excess(
  value: unknown,
  messageBytes: number,
  depthMax: number = DEPTH_MAX,
): string | null {
  if (depthOf(value) > depthMax) return "value nested too deeply";
  if (!hasOnlyDoubles(value)) return "number out of range";
  return bytesOf(value) > messageBytes ? "value too large" : null;
}

/** The items that a record of a topic can hold, and the others. */
export function grownBeyond(
  items: readonly Item[],
  messageBytes: number,
  depthMax: number = DEPTH_MAX,
) {
  const isBeyond = ({ k, v, n }: Item): boolean =>
    excess({ k, v, n }, messageBytes, depthMax) !== null;
  return { fit: items.filter((item) => !isBeyond(item)), beyond: items.filter(isBeyond) };
}

export function groupsOf(items: readonly Item[]): Map<string, Item[]> {
  return Map.groupBy(items, ({ k }) => k);
}

export function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce(
    (most: number, inner) => Math.max(most, 1 + depthOf(inner)),
    1,
  );
}

function hasOnlyDoubles(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(hasOnlyDoubles);
}

/** Without what says where a text begins and ends; nothing in the table is so near to a limit. */
function bytesOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce((sum: number, inner) => sum + bytesOf(inner), 0);
}
