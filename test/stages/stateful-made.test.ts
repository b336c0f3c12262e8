// Stages with state on events made by hand: their edges, their limits, and what the compiler refuses.

import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { validatePlan } from "../../plan/validate.ts";
import { type MadeEvent, madeItems } from "../support/made-events.ts";
import { at } from "../support/reference.ts";
import { runItems } from "../support/run-plan.ts";

const T0 = Date.UTC(2026, 6, 4, 12);
/** A printed value as text, strings without their quotes. */
const shown = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);
/** Seconds after noon. */
const secondOf = (time: unknown): number => (Date.parse(shown(time)) - T0) / 1000;
const iso = (ms: number): string => new Date(ms).toISOString();

/** Events of one account at seconds after noon, in this order; a key stands behind the `:`. */
function events(...specs: readonly (number | string)[]): MadeEvent[] {
  return specs.map((spec) => {
    const [second, key = "k"] = String(spec).split(":");
    return { did: "did:plc:a", timeMs: T0 + Number(second) * 1000, record: { key } };
  });
}

function run(stages: string, made: readonly MadeEvent[]) {
  const result = runItems(
    `pipeline p { from firehose() |> ${stages} |> to topic('t') }`,
    madeItems(made),
  );
  return {
    records: result.topics.get("t") ?? [],
    topics: result.topics,
    late: result.counters.reduce((sum, { late }) => sum + late, 0),
  };
}

const codes = (stages: string): string[] =>
  compile({
    file: "t.fpl",
    text: `pipeline p { from firehose() |> ${stages} |> to topic('t') }`,
  }).diagnostics.map(({ code }) => code);

describe("sessions", () => {
  const sessions = (options: string, made: readonly MadeEvent[]) =>
    run(`window session(${options}) |> reduce by record.key { n: count() }`, made);
  const spans = (options: string, made: readonly MadeEvent[]) =>
    sessions(options, made).records.map(({ n, window }) => {
      const [start, end] = [at(window, "start"), at(window, "end")].map(secondOf);
      return `${shown(n)} in [${start}, ${end})`;
    });

  it("end at the last event plus the gap, and an event exactly there begins the next", () => {
    expect(spans("gap: 10s, max: 1h", events(0, 9, 19))).toEqual(["2 in [0, 19)", "1 in [19, 29)"]);
    expect(spans("gap: 10s, max: 1h", events(0, 9, 18.999))).toEqual(["3 in [0, 28.999)"]);
  });

  it("are bridged by an event that comes late but in its grace", () => {
    expect(spans("gap: 10s, max: 1h, grace: 6s", events(0, 15, 8, 16))).toEqual(["4 in [0, 26)"]);
    expect(spans("gap: 10s, max: 1h", events(0, 15, 8, 16))).toEqual([
      "1 in [0, 10)",
      "2 in [15, 26)",
    ]);
  });

  it("count an event late when the watermark of its channel has passed its time and grace", () => {
    const { late, topics } = run(
      "window session(gap: 10s, max: 1h, grace: 5s, late: side('late')) |> reduce { n: count() }",
      events(0, 30, 24, 23.999),
    );
    expect(late).toBe(1);
    expect(topics.get("late")?.map(({ time }) => time)).toEqual([iso(T0 + 23_999)]);
  });

  it("are cut at their greatest length, where the next begins", () => {
    expect(spans("gap: 10s, max: 20s", events(0, 5, 10, 15, 19.999, 20, 25))).toEqual([
      "5 in [0, 20)",
      "2 in [20, 35)",
    ]);
  });

  it("are kept by key", () => {
    expect(spans("gap: 10s, max: 1h", events("0:a", "5:b", "9:a", "14:b", "24:b"))).toEqual([
      "2 in [0, 19)",
      "2 in [5, 24)",
      "1 in [24, 34)",
    ]);
  });
});

describe("dedup", () => {
  const passed = (options: string, made: readonly MadeEvent[]) =>
    run(`dedup(by: record.key, ${options})`, made).records.map(
      ({ time, record }) => `${secondOf(time)}:${shown(at(record, "key"))}`,
    );

  it("looks at the order of arrival, whatever the times are", () => {
    const made = events("0.5:a", "0:a", "9.999:a", "10:a", "5:b", "10.499:a", "10.5:a");
    expect(passed("within: 10s", made)).toEqual(["0.5:a", "5:b", "10.5:a"]);
  });

  it("counts a late record when it came", () => {
    expect(passed("within: 10s", events("0:a", "30:b", "5:a", "39.999:a", "40:a"))).toEqual([
      "0:a",
      "30:b",
      "5:a",
      "40:a",
    ]);
  });

  it("forgets the key that passed longest ago, one past its cap", () => {
    const made = events("0:a", "1:b", "2:a", "3:c", "4:a", "5:c");
    expect(passed("within: 1h, cap: 3", made)).toEqual(["0:a", "1:b", "3:c"]);
    expect(passed("within: 1h, cap: 2", made)).toEqual(["0:a", "1:b", "3:c", "4:a"]);
  });
});

describe("a record late to some of its windows", () => {
  it("counts in those that the watermark of its channel has not closed", () => {
    const { records, late } = run(
      "window hopping(size: 20s, every: 10s) |> reduce { n: count() }",
      events(12, 5),
    );
    expect(records.map(({ n, window }) => `${secondOf(at(window, "start"))}: ${shown(n)}`)).toEqual(
      ["0: 2", "10: 1"],
    );
    expect(late).toBe(0);
  });
});

describe("windows of a time zone", () => {
  const windows = (options: string, days: readonly string[]) =>
    run(
      `window ${options} |> reduce { n: count() }`,
      days.map((time) => ({ did: "did:plc:a", timeMs: Date.parse(time), record: {} })),
    ).records.map(({ n, window }) =>
      [at(window, "start"), at(window, "end"), n].map(shown).join(" "),
    );

  it("have 23 and 25 hours where clocks change", () => {
    const days = ["2026-03-28T22:59:59Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"];
    expect(windows("tumbling(size: 1d, tz: 'Europe/Berlin')", days)).toEqual([
      "2026-03-27T23:00:00.000Z 2026-03-28T23:00:00.000Z 1",
      "2026-03-28T23:00:00.000Z 2026-03-29T22:00:00.000Z 1",
      "2026-03-29T22:00:00.000Z 2026-03-30T22:00:00.000Z 1",
    ]);
    expect(windows("tumbling(size: 1d, tz: 'Europe/Berlin')", ["2026-10-25T12:00:00Z"])).toEqual([
      "2026-10-24T22:00:00.000Z 2026-10-25T23:00:00.000Z 1",
    ]);
  });

  it("overlap by whole days", () => {
    expect(
      windows("hopping(size: 2d, every: 1d, tz: 'Asia/Tokyo')", ["2026-07-04T15:00:00Z"]),
    ).toEqual([
      "2026-07-03T15:00:00.000Z 2026-07-05T15:00:00.000Z 1",
      "2026-07-04T15:00:00.000Z 2026-07-06T15:00:00.000Z 1",
    ]);
  });

  it("need a zone that is known and days that are whole", () => {
    const { diagnostics } = compile({
      file: "t.fpl",
      text: "pipeline p { from firehose() |> window tumbling(size: 1d, tz: 'Europe/Berlim') |> reduce { n: count() } |> to stdout }",
    });
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "FPL0422 unknown time zone 'Europe/Berlim', did you mean `Europe/Berlin`?",
    ]);
    const window = (size: string, tz: string) =>
      codes(`window tumbling(size: ${size}, tz: '${tz}') |> reduce { n: count() }`);
    expect(window("2d", "UTC")).toEqual([]);
    expect(window("25h", "UTC")).toEqual(["FPL0418"]);
    expect(window("1d", "+02:00")).toEqual(["FPL0422"]);
  });
});

describe("a reduce without a window", () => {
  const sent = (bounds: string, made: readonly MadeEvent[]) =>
    run(
      `reduce by record.key { n: count() } ${bounds} |> emit changes(every: 10s)`,
      made,
    ).records.map(({ key, n, time }) => `${shown(key)} ${shown(n)} ${secondOf(time)}`);

  it("sends what has changed at each tick, in the order of keys", () => {
    expect(sent("expire after 1h", events("1:b", "2:a", "3:a", "12:a", "40:b"))).toEqual([
      "a 2 9.999",
      "b 1 9.999",
      "a 3 19.999",
      "b 2 49.999",
    ]);
  });

  it("forgets a key that has had no record for its time, and not sooner", () => {
    expect(sent("expire after 20s", events("1:a", "20.999:a", "40.999:a"))).toEqual([
      "a 1 9.999",
      "a 2 29.999",
      "a 1 49.999",
    ]);
  });

  it("forgets the key without a record for longest, one past its cap, and sends it first", () => {
    expect(sent("cap: 2", events("1:a", "2:b", "3:a", "4:c", "5:b"))).toEqual([
      "b 1 9.999",
      "a 2 9.999",
      "b 1 9.999",
      "c 1 9.999",
    ]);
  });
});

describe("limits", () => {
  const reduce = "reduce { n: count() }";
  it.each([
    ["dedup(by: did, within: 366d)", "dedup(by: did, within: 367d)", "FPL0410"],
    [
      "dedup(by: did, within: 1h, cap: 1000000)",
      "dedup(by: did, within: 1h, cap: 1000001)",
      "FPL0203",
    ],
    [
      `window session(gap: 1m, max: 366d) |> ${reduce}`,
      `window session(gap: 1m, max: 367d) |> ${reduce}`,
      "FPL0410",
    ],
    [
      `window session(gap: 1m, max: 1m) |> ${reduce}`,
      `window session(gap: 61s, max: 1m) |> ${reduce}`,
      "FPL0402",
    ],
    [
      `window session(gap: 1m, max: 1h, grace: 10m) |> ${reduce}`,
      `window session(gap: 1m, max: 1h, grace: 601s) |> ${reduce}`,
      "FPL0410",
    ],
    [
      `${reduce} expire after 366d |> emit changes(every: 24h)`,
      `${reduce} expire after 367d |> emit changes(every: 24h)`,
      "FPL0410",
    ],
    [
      `${reduce} expire after 10s |> emit changes(every: 10s)`,
      `${reduce} expire after 9s |> emit changes(every: 10s)`,
      "FPL0410",
    ],
    [
      `${reduce} cap: 1000000 |> emit changes(every: 1s)`,
      `${reduce} cap: 1000001 |> emit changes(every: 1s)`,
      "FPL0203",
    ],
    [
      `${reduce} cap: 1 |> emit changes(every: 1s)`,
      `${reduce} cap: 1 |> emit changes(every: 999ms)`,
      "FPL0410",
    ],
    [`${reduce} cap: 1 |> emit changes(every: 1s)`, `${reduce} cap: 1`, "FPL0423"],
    [`${reduce} cap: 1 |> emit changes(every: 1s)`, `${reduce} cap: 1 |> emit final`, "FPL0423"],
    [
      `${reduce} cap: 1 |> emit changes(every: 1s)`,
      `${reduce} |> emit changes(every: 1s)`,
      "FPL0405",
    ],
    [
      `window tumbling(size: 1m) |> ${reduce} |> emit final`,
      `window tumbling(size: 1m) |> ${reduce} |> filter true |> emit final`,
      "FPL0420",
    ],
    [
      `window tumbling(size: 1m) |> ${reduce} |> emit changes(every: 1s)`,
      `window session(gap: 1m, max: 1h) |> ${reduce} |> emit changes(every: 1s)`,
      "FPL0424",
    ],
    [
      `window tumbling(size: 1m, idle: 15s) |> ${reduce} |> top(3, by: n)`,
      `window tumbling(size: 1m) |> ${reduce} |> emit changes(every: 1s) |> top(3, by: n)`,
      "FPL0412",
    ],
    [
      "window tumbling(size: 1m) |> reduce { r: rate() }",
      "reduce { r: rate() } cap: 1 |> emit changes(every: 1s)",
      "FPL0421",
    ],
  ])("%s is well, %s is not", (fits, exceeds, code) => {
    expect(codes(fits)).toEqual([]);
    expect(codes(exceeds)).toContain(code);
  });
});

it("every plan of these stages is one that a later release can check", () => {
  const stages = [
    "dedup(by: did, within: 1h)",
    "sample(1%, by: did)",
    "window session(gap: 1m, max: 1h) |> reduce by did { r: rate(), q: quantiles(seq, [0.5, 1]) }",
    "window hopping(size: 2d, every: 1d, tz: 'Europe/Berlin') |> reduce { s: stddev(seq), t: top_k(did, 3) }",
    "window tumbling(size: 1m) |> reduce by did { q: quantile(seq, 0.9) } |> emit changes(every: 10s)",
    "reduce by did { n: count() } expire after 30d cap: 9 |> emit changes(every: 10s)",
    "branch { when seq > 1 => |> branch { else => |> to feed('a', rank: seq) } else => |> to webhook('https://a.invalid') }",
  ];
  for (const text of stages) {
    const sink = text.startsWith("branch") ? "" : "|> to topic('t')";
    const program = `pipeline p { from union { firehose(), topic('x') as x start at first } |> ${text} ${sink} }`;
    const { plans, diagnostics } = compile({ file: "t.fpl", text: program });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    const [plan] = plans;
    expect(validatePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  }
});

describe("the duration of a window", () => {
  const counted = "window session(gap: 10s, max: 1h) |> reduce by record.key as key { n: count() }";
  const made = events(0, 4, 30);

  it("is that of its session", () => {
    const { records } = run(`${counted} |> map { seconds: window.duration / 1s }`, made);
    expect(records.map(({ seconds }) => seconds)).toEqual([14, 10]);
  });

  it("is there where a function or a projection asks for it", () => {
    const fn = "fn minutes(w) = w.duration / 1m";
    const text = `${fn}
      pipeline p { from firehose() |> ${counted}
      |> map { a: minutes(window), b: [window][*].duration, c: window | duration } |> to topic('t') }`;
    const { topics } = runItems(text, madeItems(events(0)));
    expect(topics.get("t")).toEqual([
      expect.objectContaining({ a: 1 / 6, b: [10_000], c: 10_000 }),
    ]);
  });

  it("is a field like any other of anything else", () => {
    const [record] = run("map { a: record.duration, b: { duration: 1 }.duration }", made).records;
    expect(record).toMatchObject({ a: null, b: 1 });
  });
});
