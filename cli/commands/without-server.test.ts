// What commands say where there is no server, and what `fpaas doctor` finds.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { TestFolder } from "../testing/command.ts";
import { COUNTS } from "../testing/programs.ts";

let folder: TestFolder;

beforeAll(async () => {
  folder = await TestFolder.create();
  await folder.write("counts.fpl", COUNTS);
});

afterAll(() => folder[Symbol.asyncDispose]());

const fpaas = (...args: string[]) => folder.run(args);

describe("without a NATS server", () => {
  it.each([
    ["list"],
    ["status"],
    ["tail", "counts.minutes"],
    ["deploy", "counts.fpl"],
    ["worker"],
    ["pause", "counts"],
  ])("%s says so and how to give one, exit 1", async (...args) => {
    const { code, stdout, stderr } = await fpaas(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("no NATS server");
    expect(stderr).toContain("--nats nats://");
    expect(stderr).toContain("fpaas dev");
  });

  it("says that the one it was given does not answer, and does not wait for it, exit 1", async () => {
    const { code, stderr } = await fpaas("list", "--nats", "nats://127.0.0.1:1");
    expect(code).toBe(1);
    expect(stderr).toContain("cannot connect to NATS at nats://127.0.0.1:1");
  });
});

describe("a server that is not there yet", () => {
  it.each([["worker"], ["shuffler", "--relay", "ws://127.0.0.1:1", "--buffer", "none"]])(
    "is said once and waited for by %s, which Ctrl-C ends at once",
    async (...args) => {
      const command = folder.start([...args, "--nats", "nats://127.0.0.1:1"]);
      await command.said("cannot connect to NATS at nats://127.0.0.1:1");
      await command.said("waiting for it");
      command.child.kill("SIGINT");
      const { code, stderr } = await command.ended;
      expect(code).toBe(130);
      expect(stderr.match(/waiting for it/g)).toHaveLength(1);
    },
  );

  it("is used by a worker once it is there", async () => {
    await using nats = await startTestNats();
    await nats.stop();
    const command = folder.start(["worker", "--threads", "1", "--nats", nats.url]);
    await command.said("waiting for it");
    await nats.restart();
    await command.said("nats: connected");
    await command.said("1 thread");
    command.child.kill("SIGINT");
    expect((await command.ended).code).toBe(130);
  });

  it("is not waited for where its address is none", async () => {
    const { code, stderr } = await fpaas("worker", "--nats", "nats://no host:x");
    expect(code).toBe(1);
    expect(stderr).toContain("Invalid URL");
  });
});

describe("fpaas doctor", () => {
  it("has a line for each thing it looks at", async () => {
    const { code, stdout } = await fpaas("doctor");
    expect(code).toBe(0);
    for (const what of ["node", "nats-server", "nats", "disk", "sample"]) {
      expect(stdout).toMatch(new RegExp(`^(ok|warn)\\s+${what}\\s`, "m"));
    }
    const json = JSON.parse((await fpaas("doctor", "--json")).stdout);
    expect(json[0]).toMatchObject({ level: "ok", what: "node" });
  });

  it("fails when the server it was given is not there", async () => {
    const { code, stdout } = await fpaas("doctor", "--nats", "nats://127.0.0.1:1");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}nats/m);
  });
});
