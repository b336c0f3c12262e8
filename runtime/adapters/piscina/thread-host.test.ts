import { expect, it } from "vitest";
import type { Deployment } from "../../../plan/deployment.ts";
import { ThreadHost } from "./thread-host.ts";

const deployment: Deployment = {
  address: { bucket: 0, tenant: "local", pipeline: "p" },
  version: 1,
  state: "running",
  plan: {
    format: 1,
    pipeline: "p",
    params: {},
    stages: [],
    topics: [],
    deadLetters: { topic: "dlq.p", max: 1 },
  },
  source: "",
  deployedAtMs: 0,
  firehosePartitions: 1,
  lineages: {},
  topics: {},
};

it("says why a task failed on its thread, with the error's code", async () => {
  await using host = new ThreadHost("nats://127.0.0.1:1", 1);
  const { done } = host.start(deployment, { stage: "s0", partition: 0 }, () => {});
  await expect(done).rejects.toMatchObject({
    code: "nats_unreachable",
    message: expect.stringContaining("cannot connect to NATS"),
  });
});

it("says that a thread ran out of memory, and what to do", async () => {
  const tooLittleMb = 12;
  await using host = new ThreadHost("nats://127.0.0.1:1", 1, tooLittleMb);
  const huge = { ...deployment, source: "x".repeat(50_000_000) };
  const { done } = host.start(huge, { stage: "s0", partition: 0 }, () => {});
  await expect(done).rejects.toMatchObject({
    code: "thread_out_of_memory",
    message: expect.stringContaining("start more workers or threads"),
  });
});
