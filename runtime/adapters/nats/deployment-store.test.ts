import { Kvm } from "@nats-io/kv";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Deployment } from "../../../plan/deployment.ts";
import { PLANS_BUCKET } from "../../../plan/names.ts";
import { type DeploymentChange, DeploymentUnreadable, VERSIONS_MAX } from "../../deployments.ts";
import { simulatedPlan } from "../../task/simulation.test-support.ts";
import { type Bench, openBench } from "./bench.test-support.ts";
import { NatsDeploymentStore } from "./deployment-store.ts";

const good: Deployment = {
  address: { bucket: 0, tenant: "local", pipeline: "sim" },
  version: 1,
  state: "running",
  plan: simulatedPlan,
  source: "",
  deployedAtMs: 0,
  firehosePartitions: 4,
  lineages: { s0: "v1.s0", s1: "v1.s1" },
  topics: {},
};

let bench: Bench;
let store: NatsDeploymentStore;
beforeAll(async () => {
  bench = await openBench();
  store = await NatsDeploymentStore.open(bench.nc);
  const plans = await new Kvm(bench.nc).open(PLANS_BUCKET);
  await plans.put("local.cut", '{"address":');
  await plans.put("local.damaged", JSON.stringify({ ...good, version: "one" }));
  await plans.put("local.newer", JSON.stringify({ ...good, plan: { format: 99 } }));
  await store.put(good, 0);
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
});

const UNREADABLE = [
  { key: "local.cut", reason: expect.stringContaining("not JSON: ") },
  { key: "local.damaged", reason: expect.stringContaining("version: ") },
  { key: "local.newer", reason: expect.stringContaining("found 99") },
];

it("lists what can be read, and says of the rest why not", async () => {
  const { deployments, unreadable } = await store.list("local");
  expect(deployments).toEqual([good]);
  expect(unreadable).toMatchObject(UNREADABLE);
});

it("watches on behind entries that cannot be read, and ends when told to", async () => {
  const stop = new AbortController();
  const seen: DeploymentChange[] = [];
  for await (const change of store.watch(stop.signal)) {
    seen.push(change);
    if (seen.length === 4) await store.delete("local", "sim");
    if (seen.length === 5) stop.abort();
  }
  expect(seen).toMatchObject([
    ...UNREADABLE.map((one) => ({ kind: "unreadable", ...one })),
    { kind: "deployed", key: "local.sim", deployment: good },
    { kind: "deleted", key: "local.sim" },
  ]);
});

it("throws a typed error for one asked for by name", async () => {
  await expect(store.get("local", "newer")).rejects.toThrow(DeploymentUnreadable);
  await expect(store.get("local", "newer")).rejects.toThrow(
    "deployment local.newer cannot be read",
  );
});

it("keeps as many versions as it may, and forgets the oldest of one more", async () => {
  const address = { ...good.address, pipeline: "often" };
  const kept = async () => (await store.versions("local", "often")).map(({ version }) => version);
  for (let version = 1; version <= VERSIONS_MAX; version += 1) {
    await store.saveVersion({ ...good, address, version });
  }
  expect(await kept()).toEqual(Array.from({ length: VERSIONS_MAX }, (_, i) => i + 1));
  await store.saveVersion({ ...good, address, version: VERSIONS_MAX + 1 });
  expect(await kept()).toEqual(Array.from({ length: VERSIONS_MAX }, (_, i) => i + 2));
});
