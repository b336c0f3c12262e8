// How the records of a topic differ from what they must be, whatever their order: partitions of a topic
// interleave as they like.

type Fields = Readonly<Record<string, unknown>>;

export type Difference = {
  readonly topic: string;
  readonly expected: number;
  readonly missing: readonly string[];
  /** Expected, but not so often. */
  readonly doubled: readonly string[];
  /** Not expected at all. */
  readonly wrong: readonly string[];
};

export function difference(
  topic: string,
  expected: readonly Fields[],
  actual: readonly Fields[],
): Difference {
  const wanted = new Map<string, number>();
  for (const one of expected.map(canonical)) wanted.set(one, (wanted.get(one) ?? 0) + 1);
  const left = new Map(wanted);
  const doubled: string[] = [];
  const wrong: string[] = [];
  for (const one of actual.map(canonical)) {
    const count = left.get(one) ?? 0;
    if (count > 0) left.set(one, count - 1);
    else (wanted.has(one) ? doubled : wrong).push(one);
  }
  const missing = [...left].flatMap(([one, count]) => new Array<string>(count).fill(one));
  return { topic, expected: expected.length, missing, doubled, wrong };
}

export function isSame({ missing, doubled, wrong }: Difference): boolean {
  return missing.length + doubled.length + wrong.length === 0;
}

/** JSON with sorted keys, so that equal values give equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
