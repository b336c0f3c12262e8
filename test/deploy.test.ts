// The files in deploy/, as far as they can be tried without a container engine: nats-server reads its
// configuration, systemd its unit, and whatever the compose files name is there.

import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { TestFolder } from "../cli/testing/command.ts";
import { connectNats } from "../runtime/adapters/nats/connect.ts";
import { inspectStreams } from "../runtime/adapters/nats/inspect.ts";
import { ensureNatsServer, MAX_PAYLOAD_BYTES } from "../runtime/adapters/nats-server.ts";
import { startNatsCluster } from "../runtime/testing/nats-cluster.ts";

const run = promisify(execFile);
const COMPOSE_FILES = ["deploy/single/compose.yaml", "deploy/cluster/compose.yaml"];
const CONFIGS = ["deploy/single/nats-server.conf", "deploy/cluster/nats-server.conf"];
const UNIT = "deploy/systemd/fpaas@.service";

const volumeSchema = z.string().regex(/^[^:]+:\/[^:]+(:ro)?$/);
const conditionSchema = z.object({
  condition: z.enum(["service_healthy", "service_completed_successfully"]),
});
/** What of a compose file we use; anything else is a slip. */
const serviceSchema = z.strictObject({
  image: z.string(),
  build: z.strictObject({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(volumeSchema).optional(),
  ports: z.array(z.string().startsWith("127.0.0.1:")).optional(),
  depends_on: z.record(z.string(), conditionSchema).optional(),
  healthcheck: z
    .strictObject({
      test: z.array(z.string()),
      interval: z.string(),
      timeout: z.string(),
      retries: z.number(),
    })
    .optional(),
  restart: z.enum(["no", "on-failure", "unless-stopped"]),
  stop_grace_period: z.string(),
});
const composeSchema = z.object({
  name: z.string(),
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.null()),
});

const readCompose = (path: string) =>
  composeSchema.parse(parse(readFileSync(path, "utf8"), { merge: true }));

describe.each(CONFIGS)("%s", (path) => {
  it("is taken by nats-server, with its fsync, payload and batches", async () => {
    const { path: server } = await ensureNatsServer();
    const env = { ...process.env, NATS_NAME: "nats-1" };
    const { stderr, stdout } = await run(server, ["-t", "-c", path], { env });
    expect(stdout + stderr).toMatch(/configuration file .* is valid/);
    const text = readFileSync(path, "utf8");
    expect(text).toMatch(/^ {2}sync_interval: always$/m);
    expect(text).toMatch(/^max_payload: 8MB$/m);
    expect(MAX_PAYLOAD_BYTES).toBe(8 * 1024 * 1024);
    expect(text).toMatch(/^ {6}max_inflight_per_stream: 1000$/m);
  });

  it("is no longer taken with a word misspelt, so that the check means something", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fpaas-deploy-"));
    const bad = join(folder, "bad.conf");
    writeFileSync(
      bad,
      readFileSync(path, "utf8").replace("max_inflight_total", "max_inflight_all"),
    );
    const { path: server } = await ensureNatsServer();
    const env = { ...process.env, NATS_NAME: "nats-1" };
    await expect(run(server, ["-t", "-c", bad], { env })).rejects.toThrow("max_inflight_all");
    rmSync(folder, { recursive: true });
  });
});

describe.each(COMPOSE_FILES)("%s", (path) => {
  it("names services, volumes and files that are there", () => {
    const { services, volumes } = readCompose(path);
    for (const [name, service] of Object.entries(services)) {
      for (const other of Object.keys(service.depends_on ?? {})) {
        expect(services, `${name} depends on ${other}`).toHaveProperty(other);
      }
      for (const [source = ""] of (service.volumes ?? []).map((one) => one.split(":"))) {
        if (source.startsWith(".")) expect(existsSync(resolve(dirname(path), source))).toBe(true);
        else expect(volumes, `${name} mounts ${source}`).toHaveProperty(source);
      }
      if (service.build === undefined) continue;
      const context = resolve(dirname(path), service.build.context);
      expect(existsSync(join(context, service.build.dockerfile))).toBe(true);
    }
  });

  it("waits for healthy servers, and connects to all of them", () => {
    const { services } = readCompose(path);
    const servers = Object.keys(services).filter((name) =>
      services[name]?.image.startsWith("nats:"),
    );
    expect(Object.keys(services.init?.depends_on ?? {})).toEqual(servers);
    const ours = Object.values(services).filter(({ image }) => image === "fpaas");
    expect(ours.length).toBeGreaterThan(2);
    const url = servers.map((name) => `nats://${name}:4222`).join(",");
    for (const { environment } of ours) expect(environment).toEqual({ NATS_URL: url });
    for (const name of servers) expect(services[name]?.healthcheck).toBeDefined();
  });
});

it("the compose files give commands and options that `fpaas` has", async () => {
  await using folder = await TestFolder.create();
  const services = COMPOSE_FILES.flatMap((path) => Object.values(readCompose(path).services));
  const options = new Map<string, Set<string>>();
  for (const { image, command } of services) {
    const [name = "", ...args] = command;
    if (image !== "fpaas") continue;
    const given = args.filter((arg) => arg.startsWith("--"));
    options.set(name, new Set([...(options.get(name) ?? []), ...given]));
  }
  expect([...options.keys()].sort()).toEqual(["init", "shuffler", "worker"]);
  for (const [name, given] of options) {
    const { stdout } = await folder.run([name, "--help"]);
    for (const option of given) expect(stdout, `fpaas ${name}`).toContain(`${option} <`);
  }
});

it("the cluster has three servers that know each other, two shufflers and two workers", () => {
  const { services } = readCompose("deploy/cluster/compose.yaml");
  const config = readFileSync("deploy/cluster/nats-server.conf", "utf8");
  for (const name of ["nats-1", "nats-2", "nats-3"]) {
    expect(services[name]?.environment).toEqual({ NATS_NAME: name });
    expect(config).toContain(`"nats://${name}:6222"`);
  }
  const commands = Object.values(services).map(({ command }) => command[0]);
  expect(commands.filter((name) => name === "shuffler")).toHaveLength(2);
  expect(commands.filter((name) => name === "worker")).toHaveLength(2);
});

it("`fpaas init` keeps three copies of everything on a cluster of three", async () => {
  await using cluster = await startNatsCluster();
  await using folder = await TestFolder.create();
  const env = { NATS_URL: cluster.url };
  const { code, stderr } = await folder.run(["init", "--buckets", "2", "--max-bytes", "1GB"], env);
  expect(stderr).toContain("R3, file, uncompressed");
  expect(code).toBe(0);
  const connection = await connectNats({ url: cluster.url, name: "test" });
  const streams = await inspectStreams(connection);
  await connection.close();
  expect(streams.map(({ name }) => name)).toContain("KV_fpaas_cursors");
  expect(new Set(streams.map(({ replicas }) => replicas))).toEqual(new Set([3]));
  expect(streams.map(({ name }) => name)).not.toContain("FPAAS_PROBE");
});

it("the Dockerfile copies what is there, and starts the command line", () => {
  const text = readFileSync("deploy/Dockerfile", "utf8");
  for (const [, files = ""] of text.matchAll(/^COPY (.*) \S+$/gm)) {
    for (const file of files.split(" ")) expect(existsSync(file), file).toBe(true);
  }
  expect(text).toContain('ENTRYPOINT ["node", "/opt/fpaas/cli/bin.mjs"]');
  expect(existsSync("cli/bin.mjs")).toBe(true);
});

const hasSystemd = existsSync("/usr/bin/systemd-analyze");

it.skipIf(!hasSystemd)("systemd takes the unit", () => {
  const folder = mkdtempSync(join(tmpdir(), "fpaas-deploy-"));
  const unit = join(folder, "fpaas@shuffler.service");
  // Its program must be there for systemd to be content.
  const text = readFileSync(UNIT, "utf8").replaceAll("/opt/fpaas/cli", resolve("cli"));
  writeFileSync(unit, text);
  const verify = () => spawnSync("systemd-analyze", ["verify", unit]).stderr.toString();
  expect(verify()).toBe("");
  writeFileSync(unit, text.replace("Restart=always", "Restart=sometimes"));
  expect(verify()).toContain("restart specifier");
  rmSync(folder, { recursive: true });
});
