// Cases from the field with numbers near the greatest double, by `run` and by `fpaas test`. What is right stands in the
// README beside them.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { runHere, TestFolder } from "../../cli/testing/command.ts";
import { repositoryFile } from "../support/recordings.ts";

const POISON = repositoryFile("../shared/cases/poison/");
const DAG_CBOR = repositoryFile("../shared/cases/dag-cbor/");
const present = existsSync(POISON) && existsSync(DAG_CBOR);
/** Each with 1, but for two that have more. */
const GOOD_SUMS = new Map([
  ...Array.from({ length: 40 }, (_, i): [string, number] => [`ok${i}`, 1]),
  ["ok", 7],
  ["ok1", 3],
]);

type Printed = { readonly topic: string; readonly record: Readonly<Record<string, unknown>> };

/** The records that `run` prints, one object a line, and what it says besides. */
async function run(folder: URL, program: string, from: string, ...options: readonly string[]) {
  const args = ["run", program, "--from", from, ...options];
  const { code, stdout, stderr } = await runHere(args, folder.pathname, {
    ...process.env,
    NATS_URL: "",
  });
  expect(code, stderr).toBe(0);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { records: lines.map((line) => (JSON.parse(line) as Printed).record), stderr };
}

/** A test of the case's own program over its recording. */
async function passes(program: string, from: string, expectations: string): Promise<void> {
  await using folder = await TestFolder.create();
  await folder.write("given.frames.zst", await readFile(new URL(from, POISON)));
  const text = await readFile(new URL(program, POISON), "utf8");
  const test = `test 'the case' for p { given 'given.frames.zst' ${expectations} }`;
  await folder.write("case.fpl", `${text}\n${test}\n`);
  const { code, stdout, stderr } = await folder.run(["test", "case.fpl"]);
  expect(code, `${stdout}${stderr}`).toBe(0);
}

const byKey = (records: readonly Printed["record"][]) =>
  records.map(({ k, s }) => [k, s]).sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));

describe.skipIf(!present)("numbers beyond a double (../shared/cases/poison)", () => {
  it("sum: what overflows is put aside once, with its reason, and the rest comes", async () => {
    const sums = await run(POISON, "sum.fpl", "floats.frames.zst");
    expect(byKey(sums.records)).toEqual([
      ["half", 0.5],
      ["nz", 0],
      ["ok", 3],
    ]);
    const letters = await run(POISON, "sum.fpl", "floats.frames.zst", "--topic", "dlq.p");
    expect(letters.records).toMatchObject([
      { reason: "number out of range", detail: "sum() in field s", record: { k: "bad" } },
    ]);
  });

  it("sum: all keys of a partition with one that overflows have their results", async () => {
    const { records } = await run(POISON, "sum.fpl", "forty-good.frames.zst");
    expect(records).toHaveLength(GOOD_SUMS.size);
    expect(new Map(records.map(({ k, s }) => [k, s]))).toEqual(GOOD_SUMS);
    const letters = await run(POISON, "sum.fpl", "forty-good.frames.zst", "--topic", "dlq.p");
    expect(letters.records).toHaveLength(1);
  });

  it("chain: so have those that read the topic", async () => {
    const { records } = await run(POISON, "chain.fpl", "forty-good.frames.zst", "--topic", "q.out");
    expect(records).toHaveLength(GOOD_SUMS.size);
    expect(new Map(records.map(({ k, s }) => [k, s]))).toEqual(GOOD_SUMS);
  });

  it("sum: a test of the program finds the same", async () => {
    await passes(
      "sum.fpl",
      "floats.frames.zst",
      `advance watermark to t'2026-07-01T13:00:00Z'
       expect 'p.out' has { k: 'half', s: 0.5 }
       expect 'p.out' has { k: 'nz', s: 0 }
       expect 'p.out' has { k: 'ok', s: 3 }
       expect length('p.out') == 3
       expect dead_letters == 1`,
    );
  });
});

describe.skipIf(!present)("floats that are not finite (../shared/cases/dag-cbor)", () => {
  it("do not get in, and siblings do", async () => {
    const { records, stderr } = await run(DAG_CBOR, "odd.fpl", "odd.frames", "--topic", "o.odd");
    expect(stderr).toContain("a number is not finite");
    expect(records.map(({ k }) => k)).toContain(5);
    const letters = await run(DAG_CBOR, "odd.fpl", "odd.frames", "--topic", "dlq.odd");
    expect(letters.records).toEqual([]);
  });
});
