import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, it } from "vitest";
import { startNatsServer } from "../nats-server.ts";
import { MAX_PAYLOAD_BYTES } from "./config.ts";
import { NatsServerStartFailed, NatsStoreInUse } from "./errors.ts";
import { commandLineOf } from "./process-info.ts";
import { type TempFolder, tempFolder } from "./temp-folder.test-support.ts";

it("listens on loopback with JetStream and our limits when start resolves", async () => {
  await using folder = await tempFolder();
  await using server = await startNatsServer({ storeDir: folder.path, serverName: "mine" });
  expect(server.url).toBe(`nats://127.0.0.1:${server.port}`);
  const nc = await connect({ servers: server.url });
  expect(nc.info?.max_payload).toBe(MAX_PAYLOAD_BYTES);
  expect(nc.info?.server_name).toBe("mine");
  expect((await (await jetstreamManager(nc)).getAccountInfo()).streams).toBe(0);
  await nc.close();
});

it("keeps its data and its port over a stop and a kill -9", async () => {
  await using folder = await tempFolder();
  const first = await startNatsServer({ storeDir: folder.path });
  await addStream(first.url, "A");
  await first.stop();
  await first.stop();
  const second = await startNatsServer({ storeDir: folder.path, port: first.port });
  await addStream(second.url, "B");
  await second.kill("SIGKILL");
  await using third = await startNatsServer({ storeDir: folder.path, port: first.port });
  expect(third.url).toBe(first.url);
  expect(await addStream(third.url, "C")).toBe(3);
});

it("refuses a store that a live process uses", async () => {
  await using folder = await tempFolder();
  await using _server = await startNatsServer({ storeDir: folder.path });
  const second = startNatsServer({ storeDir: folder.path });
  await expect(second).rejects.toThrow(NatsStoreInUse);
  await expect(second).rejects.toMatchObject({ code: "nats_store_in_use", pid: process.pid });
});

it("ends the orphaned server of a killed owner and takes its store over", async () => {
  await using folder = await tempFolder();
  const owner = await ownerProcess(folder);
  owner.process.kill("SIGKILL");
  await once(owner.process, "exit");
  expect(await commandLineOf(owner.serverPid)).toContain(folder.path);
  await using server = await startNatsServer({ storeDir: folder.path });
  expect(server.pid).not.toBe(owner.serverPid);
  expect(await commandLineOf(owner.serverPid)).toBeNull();
});

it("does not outlive a plain exit of its owner", async () => {
  await using folder = await tempFolder();
  const owner = await ownerProcess(folder);
  owner.process.stdin.end("exit\n");
  await once(owner.process, "exit");
  await expect.poll(() => commandLineOf(owner.serverPid)).toBeNull();
});

it("does not take a reused process id for the owner, nor a half-written lock", async () => {
  await using folder = await tempFolder();
  const reused = { owner: process.pid, ownerStarted: "1", server: process.pid };
  for (const text of [JSON.stringify(reused), '{"owner":', ""]) {
    await writeFile(`${folder.path}/nats-server.pid`, text);
    await using server = await startNatsServer({ storeDir: folder.path });
    expect(server.pid).toBeGreaterThan(0);
  }
});

it("shows the end of the log when the server ends at its start", async () => {
  await using folder = await tempFolder();
  await using first = await startNatsServer({ storeDir: `${folder.path}/a` });
  const clash = startNatsServer({ storeDir: `${folder.path}/b`, port: first.port });
  await expect(clash).rejects.toThrow(NatsServerStartFailed);
  await expect(clash).rejects.toThrow(/address already in use/);
  await using again = await startNatsServer({ storeDir: `${folder.path}/b` });
  expect(again.port).not.toBe(first.port);
  expect(await readFile(`${again.logFile}.1`, "utf8")).toContain("address already in use");
});

it("says that a store cannot be used when its place is a file", async () => {
  await using folder = await tempFolder();
  await writeFile(`${folder.path}/file`, "");
  await expect(startNatsServer({ storeDir: `${folder.path}/file` })).rejects.toThrow(
    /the NATS store .*file cannot be used/,
  );
});

async function addStream(url: string, name: string): Promise<number> {
  const nc = await connect({ servers: url });
  const manager = await jetstreamManager(nc);
  await manager.streams.add({ name, subjects: [name] });
  const { streams } = await manager.getAccountInfo();
  await nc.close();
  return streams;
}

/** Another Node process that owns a server on the folder; exits when it reads a line. */
async function ownerProcess(folder: TempFolder) {
  const script = `
    import { startNatsServer } from ${JSON.stringify(new URL("../nats-server.ts", import.meta.url))};
    const server = await startNatsServer({ storeDir: ${JSON.stringify(folder.path)} });
    console.log(server.pid);
    process.stdin.once("data", () => process.exit(0));`;
  const args = ["--input-type=module-typescript", "-e", script];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout), "line");
  return { process: child, serverPid: Number(line) };
}
