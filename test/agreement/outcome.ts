// What a program came to, in whichever way it was run, and where two ways differ.

import { difference, isSame } from "../support/difference.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Late records, dead letters, and what was dropped by reason. */
export type Counts = {
  readonly late: number;
  readonly deadLetters: number;
  readonly dropped: Readonly<Record<string, number>>;
};

export type Outcome = {
  /** The records of every topic but dead letters, in the order they were read. */
  readonly topics: ReadonlyMap<string, readonly Fields[]>;
  readonly counts: Counts;
};

/** By topic: the field whose records keep their order. */
export type Keys = ReadonlyMap<string, string>;

/** What differs, in words; null when nothing does. */
export function disagreement(a: Outcome, b: Outcome, keys: Keys): string | null {
  const names = new Set([...a.topics.keys(), ...b.topics.keys()]);
  const wrong = [...names].flatMap((topic) => {
    const [left, right] = [a.topics.get(topic) ?? [], b.topics.get(topic) ?? []];
    const different = difference(topic, left, right);
    if (!isSame(different)) return [JSON.stringify(different, null, 1)];
    return outOfOrder(topic, left, right, keys.get(topic));
  });
  const [left, right] = [canonicalCounts(a.counts), canonicalCounts(b.counts)];
  if (left !== right) wrong.push(`counts: ${left} and ${right}`);
  return wrong.length === 0 ? null : wrong.join("\n");
}

function outOfOrder(
  topic: string,
  a: readonly Fields[],
  b: readonly Fields[],
  key: string | undefined,
): string[] {
  if (key === undefined) return [];
  const byKey = (list: readonly Fields[]) =>
    Map.groupBy(list.map(canonicalRecord), (one) => JSON.stringify(one.fields[key] ?? null));
  const others = byKey(b);
  return [...byKey(a)].flatMap(([value, list]) => {
    const other = others.get(value) ?? [];
    const isEqual = list.every(({ text }, i) => text === other[i]?.text);
    return isEqual ? [] : [`${topic}: the records of ${value} are in another order`];
  });
}

function canonicalRecord(fields: Fields) {
  return { fields, text: JSON.stringify(fields) };
}

function canonicalCounts({ late, deadLetters, dropped }: Counts): string {
  const reasons = Object.entries(dropped).sort(([x], [y]) => (x < y ? -1 : 1));
  return JSON.stringify({ late, deadLetters, dropped: reasons });
}

export function addCounts(all: readonly Counts[]): Counts {
  const dropped: Record<string, number> = {};
  for (const [reason, count] of all.flatMap((one) => Object.entries(one.dropped))) {
    dropped[reason] = (dropped[reason] ?? 0) + count;
  }
  return {
    late: all.reduce((sum, one) => sum + one.late, 0),
    deadLetters: all.reduce((sum, one) => sum + one.deadLetters, 0),
    dropped,
  };
}
