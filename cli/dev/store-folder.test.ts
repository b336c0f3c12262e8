import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { announceDev, devStoreFolder, runningDevs } from "./store-folder.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-store-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it("names a folder after the program, the same for the same program and source only", () => {
  const store = devStoreFolder("/w", "dir/my prog.fpl", ["text", "source"]);
  expect(store).toMatch(/^\/w\/\.fpaas\/dev-my-prog-[0-9a-f]{10}$/);
  expect(devStoreFolder("/w", "dir/my prog.fpl", ["text", "source"])).toBe(store);
  expect(devStoreFolder("/w", "dir/my prog.fpl", ["texts", "ource"])).not.toBe(store);
});

it("finds what was announced until the note is taken away", async () => {
  expect(await runningDevs(folder)).toEqual([]);
  const storeDir = devStoreFolder(folder, "a.fpl", []);
  await mkdir(storeDir, { recursive: true });
  const withdraw = await announceDev(storeDir, "nats://127.0.0.1:4222");
  expect(await runningDevs(folder)).toEqual([
    { url: "nats://127.0.0.1:4222", pid: process.pid, name: basename(storeDir) },
  ]);
  await withdraw();
  expect(await runningDevs(folder)).toEqual([]);
});
