import { expect, it } from "vitest";
import { findNatsServer } from "./find.ts";
import { fakeServer, tempFolder } from "./temp-folder.test-support.ts";

it("prefers $NATS_SERVER_BIN to PATH and PATH to the cache", async () => {
  await using folder = await tempFolder();
  const named = await folder.script("mine", fakeServer("2.15.3"));
  const onPath = await folder.script("bin/nats-server", fakeServer("2.15.2"));
  const cached = await folder.script("cache/fpaas/nats-server-2.15.1", fakeServer("2.15.1"));
  const cache = { XDG_CACHE_HOME: `${folder.path}/cache` };
  const path = { PATH: `/nowhere:${folder.path}/bin` };
  const find = async (env: Record<string, string>) => (await findNatsServer(env)).found?.path;
  expect(await find({ ...cache, ...path, NATS_SERVER_BIN: named })).toBe(named);
  expect(await find({ ...cache, ...path })).toBe(onPath);
  expect(await find(cache)).toBe(cached);
});

it("looks into ~/.cache/fpaas without XDG_CACHE_HOME and takes the newest", async () => {
  await using folder = await tempFolder();
  await folder.script(".cache/fpaas/nats-server-2.15.9", fakeServer("2.15.9"));
  const newest = await folder.script(".cache/fpaas/nats-server-2.15.10", fakeServer("2.15.10"));
  expect((await findNatsServer({ HOME: folder.path })).found?.path).toBe(newest);
});

it("says which server is too old and goes on searching", async () => {
  await using folder = await tempFolder();
  const old = await folder.script("mine", fakeServer("2.11.8"));
  await folder.script("bin/nats-server", fakeServer("2.15.1"));
  const env = { NATS_SERVER_BIN: old, PATH: `${folder.path}/bin`, HOME: folder.path };
  const { found, rejected } = await findNatsServer(env);
  expect(found?.version).toBe("2.15.1");
  expect(rejected).toEqual([
    {
      way: "$NATS_SERVER_BIN",
      reason: `${old} is 2.11.8; 2.12 or newer is needed for atomic batches`,
    },
  ]);
});

it("takes 2.14 with a warning", async () => {
  await using folder = await tempFolder();
  const old = await folder.script("mine", fakeServer("2.14.0"));
  const { found } = await findNatsServer({ NATS_SERVER_BIN: old });
  expect(found?.warning).toBe(`${old} is 2.14.0; 2.15 or newer is advised`);
});

it("passes over what does not run or says no version", async () => {
  await using folder = await tempFolder();
  const broken = await folder.script("bin/nats-server", "echo broken >&2; exit 3");
  const mute = await folder.script("mine", "true");
  const env = { NATS_SERVER_BIN: mute, PATH: `${folder.path}/bin`, HOME: folder.path };
  const { found, rejected } = await findNatsServer(env);
  expect(found).toBeNull();
  expect(rejected.map(({ reason }) => reason)).toEqual([
    `${mute} does not say a version`,
    `${broken}: broken`,
  ]);
});

it("reports a $NATS_SERVER_BIN that does not exist", async () => {
  await using folder = await tempFolder();
  const env = { NATS_SERVER_BIN: `${folder.path}/none`, HOME: folder.path };
  const { rejected } = await findNatsServer(env);
  expect(rejected[0]?.reason).toContain("ENOENT");
});
