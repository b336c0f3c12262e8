// A topic with a record in it that cannot be read, as an older version may have written one: by `tail`, and by a
// pipeline that reads the topic.

import { jetstream } from "@nats-io/jetstream";
import { expect, it } from "vitest";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { topicSubject } from "../../plan/names.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { encodeRecord } from "../../runtime/eval/codec.ts";
import { Instant } from "../../runtime/eval/values.ts";
import { openWorld } from "../../runtime/lifecycle/world.test-support.ts";
import { runHere } from "../testing/command.ts";

const OWNER = `pipeline marks { from firehose() |> map { n: seq } |> to topic('marks') }`;
const READER = `pipeline reader {
  on error to dlq('broken')
  from topic('marks') |> map { n } |> to topic('copies')
}`;
/** The map `{ n: Infinity }`, as a 64-bit float. */
const INFINITE = Uint8Array.of(0xa1, 0x61, 0x6e, 0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0);

const mark = (n: number) => encodeRecord({ n, time: new Instant(n) });

it("keeps no other record back, and is told", async () => {
  await using world = await openWorld();
  for (const one of [OWNER, READER]) await deployPlan(planOf(one), one, world.target);
  const subject = topicSubject({ bucket: 0, tenant: "local", pipeline: "marks" }, "marks", 0);
  const put = (...parts: Uint8Array[]) =>
    jetstream(world.nc).publish(subject, Buffer.concat(parts));
  const { seq } = await put(mark(1), INFINITE, mark(2));
  await put(mark(3).subarray(0, -1));
  await put(mark(4));
  const args = ["tail", "marks", "--until-now", "--json", "--nats", world.nats.url];
  const { code, stdout, stderr } = await runHere(args, ".", {});
  const lines = stdout.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).record.n)).toEqual([1, 2, 4]);
  expect(stderr).toContain(
    `marks: record 2 in message ${seq} of FPL_0 cannot be read: a number is not finite\n`,
  );
  expect(stderr).toContain(`marks: message ${seq + 1} of FPL_0 cannot be read: `);
  expect(code).toBe(0);

  world.work();
  const copies = async () => (await world.records("copies")).map(({ n }) => n);
  await expect.poll(copies).toEqual([1, 2, 4]);
  const letters = (await world.records("broken")).map(({ reason, seq: at }) => [reason, at]);
  expect(letters).toEqual([
    ["malformed payload", seq],
    ["malformed payload", seq + 1],
  ]);
});
