// Cases from the field that broke the order of records, and lateness over topics. What is right stands in the
// README beside them.

import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runHere } from "../../cli/testing/command.ts";
import { repositoryFile } from "../support/recordings.ts";

const CASES = repositoryFile("../shared/cases/");
const present = existsSync(CASES);
const LATE_COUNTS = [1000, 936, 956, 954];

async function fpaas(command: "run" | "test", ...args: readonly string[]) {
  const result = await runHere([command, ...args], CASES.pathname, {
    ...process.env,
    NATS_URL: "",
  });
  expect(result.code, result.stderr).toBe(0);
  return result;
}

type Printed = { readonly topic: string; readonly record: Readonly<Record<string, unknown>> };

async function run(program: string, from: string): Promise<(topic: string) => Printed["record"][]> {
  const { stdout } = await fpaas("run", program, "--from", from);
  // `run` prints objects of this form, one a line.
  const printed = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Printed);
  return (topic) => printed.filter((one) => one.topic === topic).map(({ record }) => record);
}

describe.skipIf(!present)("the cases from the field (../shared/cases)", () => {
  it.each([
    "arrival-order/last-by-arrival.fpl",
    "record-order/unnested.fpl",
    "chained-lateness/tests.fpl",
    "chained-lateness/tests-with-expect-between.fpl",
  ])("%s passes", async (file) => {
    await fpaas("test", file);
  });

  it("record-order: two aggregates of a commit are of its first operation", async () => {
    const records = await run("record-order/operations.fpl", "record-order/multi.frames.zst");
    expect(records("a")).toMatchObject([{ f: "zz", i: 0 }]);
  });

  it("commit-order: operations of one commit keep their order", async () => {
    const pair = await run("commit-order/pair.fpl", "commit-order/thread.frames");
    const [first] = pair("o.pair");
    expect([String(first?.uri).slice(-13), first?.text]).toEqual([
      "3kaaaaaaaaaa2",
      "zebras: a thread (1/3)",
    ]);
    const order = await run("commit-order/order.fpl", "commit-order/thread.frames");
    expect(order("o.order")).toMatchObject([
      {
        first: "zebras: a thread (1/3)",
        last: "an end (3/3)",
        all: ["zebras: a thread (1/3)", "more (2/3)", "an end (3/3)"],
      },
    ]);
    expect(order("o.once")).toMatchObject([{ text: "zebras: a thread (1/3)" }]);
  });

  it("chained-lateness: a chain of pipelines gives what one gives", async () => {
    const records = await run("chained-lateness/deployed.fpl", "chained-lateness/late.jsonl.zst");
    const counts = (topic: string) => records(topic).map(({ n, time }) => [time, n]);
    expect(counts("case.devchained")).toEqual(counts("case.devdirect"));
    expect(
      counts("case.devdirect")
        .slice(0, 4)
        .map(([, n]) => n),
    ).toEqual(LATE_COUNTS);
  });
});
