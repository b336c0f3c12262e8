// `fpaas dev` as a user runs it: a real nats-server, worker threads, and Ctrl-C at a bad moment.

import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningCommand, TestFolder } from "../testing/command.ts";
import { COUNTS, HOURS, makeRecording, TYPO } from "../testing/programs.ts";

const RECORDING = "made.frames.zst";
const FILES = ["counts.fpl", "hours.fpl"];
/** Half a minute is left when the first record comes, which a busy machine may need to end the command. */
const SLOWLY = ["--speed", "10x"];

let folder: TestFolder;
let expected: string[];

beforeAll(async () => {
  folder = await TestFolder.create();
  await folder.write("counts.fpl", COUNTS);
  await folder.write("hours.fpl", HOURS);
  await folder.write("both.fpl", COUNTS + HOURS);
  await folder.write("typo.fpl", TYPO);
  await folder.write(RECORDING, await makeRecording());
  expected = records((await folder.run(["run", "both.fpl", "--from", RECORDING])).stdout);
});

afterAll(() => folder[Symbol.asyncDispose]());

const dev = (...args: string[]): RunningCommand =>
  folder.start(["dev", ...FILES, "--from", RECORDING, ...args]);

describe("fpaas dev", () => {
  it("yields what run yields, and ends by itself with a summary", async () => {
    const { code, stdout, stderr } = await dev("--once", "--fresh", "--json").ended;
    expect(code).toBe(0);
    expect(expected.length).toBeGreaterThan(5);
    expect(records(stdout)).toEqual(expected);
    expect(stderr).toMatch(/fpaas dev {2}counts v1, hours v1/);
    expect(stderr).toContain("nats://127.0.0.1:");
    expect(stderr).toMatch(/events in +\d/);
  });

  it("says when there is nothing left to do, and leaves no server behind, but a store folder", async () => {
    const again = await dev("--once", "--json").ended;
    expect(again).toMatchObject({ code: 0, stdout: "" });
    expect(again.stderr).toContain("--fresh starts over");
    const stores = readdirSync(`${folder.path}/.fpaas`);
    expect(stores).toEqual([expect.stringMatching(/^dev-counts-[0-9a-f]{10}$/)]);
    expect((await folder.run(["list"])).stderr).toContain("no `fpaas dev` runs in this folder");
  });

  it("stops on Ctrl-C and goes on where it was, missing and repeating nothing", async () => {
    const first = dev("--fresh", "--json", ...SLOWLY);
    await first.printed('{"topic":"counts.minutes"');
    first.child.kill("SIGINT");
    const stopped = await first.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain("events in");
    const before = records(stopped.stdout);
    expect(before.length).toBeLessThan(expected.length);
    const rest = await dev("--once", "--json").ended;
    expect(rest.code).toBe(0);
    expect([...before, ...records(rest.stdout)].sort()).toEqual(expected);
  });

  it("is found by the other commands while it runs, and prints for people", async () => {
    const running = dev("--fresh");
    await running.printed("counts.minutes");
    const { code, stdout } = await folder.run(["list", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).map((one: { pipeline: string }) => one.pipeline)).toEqual([
      "counts",
      "hours",
    ]);
    const twice = await dev("--fresh").ended;
    expect(twice.code).toBe(6);
    expect(twice.stderr).toContain("is running already");
    running.child.kill("SIGINT");
    expect((await running.ended).code).toBe(130);
    expect(running.stdout()).toMatch(/^\d\d:\d\d–\d\d:\d\d {2}counts\.minutes {2}app\.bsky/m);
  });

  it("ends quietly when its reader has enough, as head does", async () => {
    const running = dev("--fresh", "--json", ...SLOWLY);
    await running.printed('{"topic"');
    running.child.stdout.destroy();
    const { code, stderr } = await running.ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain("EPIPE");
  });

  it("shows what is wrong with a program before it starts anything, exit 3", async () => {
    const { code, stderr } = await folder.run(["dev", "typo.fpl", "--from", RECORDING]);
    expect(code).toBe(3);
    expect(stderr).toContain("did you mean `filter`?");
  });

  it("refuses --once with a relay, and --fresh with somebody else's server, exit 2", async () => {
    const relay = await folder.run(["dev", "counts.fpl", "--once", "--from", "wss://a.example"]);
    expect(relay.code).toBe(2);
    const other = await folder.run(["dev", "counts.fpl", "--fresh", "--nats", "nats://a.example"]);
    expect(other.code).toBe(2);
  });
});

describe("fpaas dev --watch", () => {
  it("deploys what is saved, and keeps the old version while there is an error", async () => {
    await folder.write("watched.fpl", COUNTS);
    const args = ["dev", "watched.fpl", "--from", RECORDING, "--fresh", "--watch"];
    const running = folder.start(args);
    await running.printed("app.bsky.feed");
    await folder.write("watched.fpl", TYPO);
    await running.said("did you mean `filter`?");
    await running.said("counts v1 keeps running");
    await folder.write("watched.fpl", COUNTS.replace("tumbling(size: 1m", "tumbling(size: 2m"));
    await running.said("deployed counts v2");
    running.child.kill("SIGINT");
    expect((await running.ended).code).toBe(130);
  });
});

function records(stdout: string): string[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .sort();
}
