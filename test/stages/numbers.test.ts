// Numbers near the greatest double: sums that come back are right, and a group whose result is beyond the doubles is put
// aside alone, whatever the window.

import { describe, expect, it } from "vitest";
import type { Json } from "../../plan/expr.ts";
import { VALUE_DEPTH_MAX } from "../../runtime/eval/cbor-encode.ts";
import type { Value } from "../../runtime/eval/values.ts";
import { type MadeEvent, madeItems, POST } from "../support/made-events.ts";
import { runItems } from "../support/run-plan.ts";

const T0_MS = Date.UTC(2026, 6, 6, 12);
const DID = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";

/** Events of one account, a second apart. */
function events(said: readonly (readonly [key: string, value: Value])[]): MadeEvent[] {
  return said.map(([k, x], i) => ({ did: DID, timeMs: T0_MS + i * 1000, record: { k, x } }));
}

/** `back` comes back from beyond the doubles, `beyond` does not. */
const SAID = events([
  ["beyond", 1e308],
  ["ok", 1],
  ["back", 1e308],
  ["beyond", 1e308],
  ["back", 1e308],
  ["ok", 2],
  ["back", -1.5e308],
]);

type Row = Readonly<Record<string, Json>>;

function keyOf({ k }: Row): string {
  return typeof k === "string" ? k : "";
}

function run(stages: string, items = SAID): { out: readonly Row[]; letters: readonly Row[] } {
  const program = `pipeline p { options { partitions: 2 } from firehose('${POST}') |> ${stages} |> to topic('p.out') }`;
  const { topics } = runItems(program, madeItems(items));
  const out = (topics.get("p.out") ?? []).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return { out, letters: topics.get("dlq.p") ?? [] };
}

const X = "to_number(record.x)";
const SUMS = `reduce by record.k as k { s: sum(${X}), n: count() }`;
/** By what keeps the groups. Hopping windows give each result twice. */
const GROUPED: readonly (readonly [string, string, number])[] = [
  ["tumbling", `window tumbling(size: 1m) |> ${SUMS}`, 1],
  ["hopping", `window hopping(size: 2m, every: 1m) |> ${SUMS}`, 2],
  ["calendar", `window tumbling(size: 1d, tz: 'Europe/Berlin') |> ${SUMS}`, 1],
  ["session", `window session(gap: 30s, max: 1h) |> ${SUMS}`, 1],
  ["without", `${SUMS} expire after 1h |> emit changes(every: 1m)`, 1],
  ["emit changes", `window tumbling(size: 1m) |> ${SUMS} |> emit changes(every: 1m)`, 1],
];

describe.each(GROUPED)("a sum beyond the doubles: %s window", (_, stages, times) => {
  it("is put aside with its reason, and every other group has its result", () => {
    const { out, letters } = run(stages);
    const results = out.map((row) => `${keyOf(row)} ${Number(row.s)} ${Number(row.n)}`);
    expect([...new Set(results)].sort()).toEqual(["back 5e+307 3", "ok 3 2"]);
    expect(results).toHaveLength(2 * times);
    expect(letters).toHaveLength(times);
    for (const letter of letters) {
      expect(letter).toMatchObject({
        reason: "number out of range",
        detail: "sum() in field s",
        op: "reduce",
        record: { k: "beyond", n: 2 },
      });
      expect(letter.time).toBe((letter.record as Row).time);
      expect(letter.record).not.toHaveProperty("s");
    }
  });
});

describe("a group that was put aside", () => {
  const back: MadeEvent = {
    did: DID,
    timeMs: T0_MS + 90_000,
    record: { k: "beyond", x: -1.5e308 },
  };

  it.each([
    ["the reduce without a window", `${SUMS} expire after 1h`],
    ["`emit changes`", `window tumbling(size: 1h) |> ${SUMS}`],
  ])("has its later results, in %s", (_, reduce) => {
    const { out, letters } = run(`${reduce} |> emit changes(every: 1m)`, [...SAID, back]);
    expect(letters).toMatchObject([{ record: { k: "beyond", n: 2 } }]);
    const later = out.filter(({ k }) => k === "beyond");
    expect(new Set(later.map(({ s, n }) => `${Number(s)} ${Number(n)}`))).toEqual(
      new Set(["5e+307 3"]),
    );
  });
});

describe("an aggregate inside an expression", () => {
  it("that is beyond the doubles puts its group aside, named by what it is", () => {
    const { out, letters } = run(
      `window tumbling(size: 1m) |> reduce by record.k as k { half: sum(${X}) / 2, n: count() }`,
    );
    expect(out.map(({ k, half }) => [k, half])).toEqual([
      ["back", 2.5e307],
      ["ok", 1.5],
    ]);
    expect(letters).toMatchObject([
      { reason: "number out of range", detail: "sum() in field _0", record: { k: "beyond" } },
    ]);
  });

  it("is right where the sum of an average is beyond the doubles", () => {
    const { out, letters } = run(
      `window tumbling(size: 1m) |> reduce by record.k as k {
         mean: avg(${X}), all: collect(${X}, max: 9), most: max(${X}), least: min(${X}), q: quantile(${X}, 0.5)
       }`,
    );
    expect(letters).toEqual([]);
    expect(out.map(({ k, mean }) => [k, mean])).toEqual([
      ["back", 5e307 / 3],
      ["beyond", 1e308],
      ["ok", 1.5],
    ]);
    const beyond = out.find(({ k }) => k === "beyond");
    expect(beyond).toMatchObject({ all: [1e308, 1e308], most: 1e308, least: 1e308 });
    expect(Math.abs(Number(beyond?.q) / 1e308 - 1)).toBeLessThanOrEqual(0.01);
  });
});

/** A float that is not finite as it may stand in a stream from before it was refused: a map `{ k, x }`. */
function storedItems(): ReturnType<typeof madeItems> {
  const items = madeItems(SAID);
  const text = (one: string) => [0x60 + one.length, ...Buffer.from(one)];
  const raw = Buffer.from([
    0xa2,
    ...text("k"),
    ...text("ok"),
    ...text("x"),
    0xfb,
    0x7f,
    0xf8,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  const [first, ...rest] = items;
  if (first?.kind !== "message" || first.message.kind !== "commit") throw new Error("no commit");
  const ops = first.message.ops.map((op) => ({ ...op, record: raw }));
  return [{ ...first, raw, message: { ...first.message, ops } } as typeof first, ...rest];
}

describe("a float that is not finite in the firehose", () => {
  it.each([
    ["is put aside where it is read", "map { k: record.k, x: record.x, time }"],
    ["is put aside where the whole record is", "map { k: record.k, x: record, time }"],
    [
      "is put aside where it is summed up",
      "window tumbling(size: 1m) |> reduce by record.k as k { s: max(record.x) }",
    ],
  ])("%s", (_, stages) => {
    const program = `pipeline p { from firehose('${POST}') |> ${stages} |> to topic('p.out') }`;
    const { topics } = runItems(program, storedItems());
    expect(topics.get("dlq.p")).toMatchObject([
      { reason: "malformed payload", detail: "a number is not finite" },
    ]);
    expect(topics.get("p.out")?.length).toBeGreaterThan(1);
  });
});

describe("a record as deep as the limit", () => {
  const deepest = (depth: number): Value => {
    let value: Value = 1;
    for (let i = 0; i < depth; i += 1) value = [value];
    return value;
  };
  // The record has two levels of its own when it comes to a topic.
  const deep = (depth: number) =>
    events([
      ["deep", deepest(depth)],
      ["flat", [1]],
    ]);

  it.each([
    [
      "an exchange and `first`",
      "window tumbling(size: 1m) |> reduce by record.k as k { some: first(record.x) }",
    ],
    [
      "`last` without a window",
      "reduce by record.k as k { some: last(record.x) } expire after 1h |> emit changes(every: 1m)",
    ],
    [
      "`top`",
      "window tumbling(size: 1m) |> reduce by record.k as k { some: first(record.x) } |> top(2, by: k)",
    ],
    ["a session", "window session(gap: 1m, max: 1h) |> reduce by record.x as some { n: count() }"],
  ])("goes through %s, and one level deeper goes to dead letters", (_, stages) => {
    const { out, letters } = run(stages, deep(VALUE_DEPTH_MAX - 1));
    expect(letters).toEqual([]);
    expect(out).toHaveLength(2);
    const deeper = run(stages, deep(VALUE_DEPTH_MAX));
    expect(deeper.out).toHaveLength(1);
    expect(deeper.letters).toMatchObject([{ reason: "value too deep" }]);
    expect(JSON.stringify(deeper.letters)).toContain("[[[[1]]]]");
  });

  it("is collected, and what has no place in a topic any more goes to dead letters", () => {
    const collected =
      "window tumbling(size: 1m) |> reduce by record.k as k { some: collect(record.x, max: 2) }";
    const { out, letters } = run(collected, deep(VALUE_DEPTH_MAX));
    expect(out).toMatchObject([{ k: "flat" }]);
    expect(letters).toMatchObject([
      { reason: "value too deep", op: "sink", record: { k: "deep" } },
    ]);
    expect(run(collected, deep(VALUE_DEPTH_MAX - 2)).out).toHaveLength(2);
  });
});
