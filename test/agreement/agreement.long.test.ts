// `run`, `test`, `dev --once` and a deployment give the same records, in the same order by key, and count the same: every
// shipped program, every lesson, and random programs.

import { describe, expect, it } from "vitest";
import { expectPassingTests } from "./as-tests.ts";
import { keysOf, randomGroup, randomRecording, randomText, shippedGroup } from "./groups.ts";
import { disagreement } from "./outcome.ts";
import { byDeploying, byDev, byRun, type Group } from "./ways.ts";

const GROUPS = 8;
const PROGRAMS = 25;

async function expectAgreement(group: Group): Promise<void> {
  await using _ = group.folder;
  const run = await byRun(group);
  expect(run.topics.size).toBeGreaterThan(group.files.length / 2);
  const keys = keysOf(group.plans);
  expect(disagreement(run, await byDev(group), keys)).toBeNull();
  expect(disagreement(run, await byDeploying(group), keys)).toBeNull();
}

describe("run, test, dev --once and a deployment agree", () => {
  it("on every shipped program and every lesson", async () => {
    await expectAgreement(await shippedGroup());
  });

  it.each(Array.from({ length: GROUPS }, (_, i) => i + 1))(
    `on ${PROGRAMS} random programs, seed %i`,
    async (seed) => {
      await expectAgreement(await randomGroup(seed, PROGRAMS));
      await expectPassingTests(randomText(seed, PROGRAMS), await randomRecording(seed));
    },
  );
});
