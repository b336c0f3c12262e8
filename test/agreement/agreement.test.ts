// `fpaas test` expects what `fpaas run` gives, and gets it; and a small sample of agreement.long.test.ts.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { repositoryFile } from "../support/recordings.ts";
import { expectPassingTests } from "./as-tests.ts";
import { keysOf, randomGroup, randomRecording, randomText, shippedSources } from "./groups.ts";
import { disagreement, type Outcome } from "./outcome.ts";
import { byDev, byRun } from "./ways.ts";

const RANDOM_GROUPS = 2;
const RANDOM_PROGRAMS = 25;
const DEV_PROGRAMS = 4;

describe("fpaas test gives what run gives", () => {
  const sample = readFileSync(repositoryFile("examples/sample.frames.zst"));

  it.each(shippedSources())("on %s", async (_name, text) => {
    await expectPassingTests(text, sample);
  });

  it.each(Array.from({ length: RANDOM_GROUPS }, (_, i) => i + 1))(
    `on ${RANDOM_PROGRAMS} random programs, seed %i`,
    async (seed) => {
      await expectPassingTests(randomText(seed, RANDOM_PROGRAMS), await randomRecording(seed));
    },
  );
});

describe("fpaas dev --once gives what run gives", () => {
  it(`on ${DEV_PROGRAMS} random programs`, async () => {
    const group = await randomGroup(1, DEV_PROGRAMS);
    await using _ = group.folder;
    const run = await byRun(group);
    expect(disagreement(run, await byDev(group), keysOf(group.plans))).toBeNull();
  });
});

describe("a disagreement", () => {
  const counts = { late: 1, deadLetters: 0, dropped: { false: 2 } };
  const one = { k: "a", n: 1 };
  const two = { k: "a", n: 2 };
  const base: Outcome = { topics: new Map([["t", [one, two]]]), counts };

  it.each<[string, Outcome]>([
    ["a record less", { topics: new Map([["t", [one]]]), counts }],
    ["a record twice", { topics: new Map([["t", [one, two, two]]]), counts }],
    ["another topic", { topics: new Map([...base.topics, ["u", [one]]]), counts }],
    ["another order of a key", { topics: new Map([["t", [two, one]]]), counts }],
    ["another count", { topics: base.topics, counts: { ...counts, late: 2 } }],
    ["another reason", { topics: base.topics, counts: { ...counts, dropped: { null: 2 } } }],
  ])("is %s", (_what, other) => {
    const keys = new Map([["t", "k"]]);
    expect(disagreement(base, base, keys)).toBeNull();
    expect(disagreement(base, other, keys)).not.toBeNull();
  });
});
