import { readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { fetchNatsServer } from "./fetch.ts";
import { tempFolder } from "./temp-folder.test-support.ts";

it("leaves nothing half fetched in the cache when every route fails", async () => {
  await using folder = await tempFolder();
  const env = { PATH: "/nowhere", XDG_CACHE_HOME: folder.path };
  const { fetched, failed } = await fetchNatsServer(env, () => {}, "http://127.0.0.1:1");
  expect(fetched).toBeNull();
  expect(failed).toHaveLength(2);
  expect(await readdir(`${folder.path}/fpaas`)).toEqual([]);
});
