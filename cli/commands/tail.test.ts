// A topic with a record in it that cannot be read, as an older version may have written one.

import { jetstream } from "@nats-io/jetstream";
import { expect, it } from "vitest";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { topicSubject } from "../../plan/names.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { encodeRecord } from "../../runtime/eval/codec.ts";
import { openWorld } from "../../runtime/lifecycle/world.test-support.ts";
import { runHere } from "../testing/command.ts";

const PROGRAM = `pipeline marks { from firehose() |> map { n: seq } |> to topic('marks') }`;
/** The map `{ n: Infinity }`, as a 64-bit float. */
const INFINITE = Uint8Array.of(0xa1, 0x61, 0x6e, 0xfb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0);
const CUT = encodeRecord({ n: 3 }).subarray(0, -1);

it("is told what it cannot read, and prints everything else", async () => {
  await using world = await openWorld();
  await deployPlan(planOf(PROGRAM), PROGRAM, world.target);
  const subject = topicSubject({ bucket: 0, tenant: "local", pipeline: "marks" }, "marks", 0);
  const put = (...parts: Uint8Array[]) =>
    jetstream(world.nc).publish(subject, Buffer.concat(parts));
  const { seq } = await put(encodeRecord({ n: 1 }), INFINITE, encodeRecord({ n: 2 }));
  await put(CUT);
  await put(encodeRecord({ n: 4 }));
  const args = ["tail", "marks", "--until-now", "--json", "--nats", world.nats.url];
  const { code, stdout, stderr } = await runHere(args, ".", {});
  const records = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).record);
  expect(records).toEqual([{ n: 1 }, { n: 2 }, { n: 4 }]);
  expect(stderr).toContain(
    `marks: record 2 in message ${seq} of FPL_0 cannot be read: a number is not finite\n`,
  );
  expect(stderr).toContain(`marks: message ${seq + 1} of FPL_0 cannot be read: `);
  expect(code).toBe(0);
});
