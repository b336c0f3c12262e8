// `fpaas record`, and `fpaas run` over a relay, against a simulated one.

import { afterAll, beforeAll, expect, it } from "vitest";
import { readRecording } from "../../bench/simulated-relay/recording.ts";
import {
  type SimulatedRelay,
  startSimulatedRelay,
} from "../../bench/simulated-relay/relay-server.ts";
import { TestFolder } from "../testing/command.ts";
import { makeFrames, POSTS } from "../testing/programs.ts";

let folder: TestFolder;
let frames: Uint8Array[];

beforeAll(async () => {
  [folder, frames] = await Promise.all([TestFolder.create(), makeFrames()]);
  await folder.write("posts.fpl", POSTS);
});

afterAll(() => folder[Symbol.asyncDispose]());

const relay = (): Promise<SimulatedRelay> => startSimulatedRelay({ frames });

it("record writes the relay's frames as they are, up to the limit", async () => {
  await using from = await relay();
  const args = ["record", from.url, "made.frames.zst", "--limit", "50", "--json"];
  const { code, stdout } = await folder.run(args);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ file: "made.frames.zst", frames: 50 });
  const recorded = await readRecording(`${folder.path}/made.frames.zst`);
  expect(recorded.map((frame) => Buffer.from(frame).toString("hex"))).toEqual(
    frames.slice(0, 50).map((frame) => Buffer.from(frame).toString("hex")),
  );
});

it("record overwrites nothing, exit 1, and takes only relays, exit 2", async () => {
  await folder.write("taken.frames.zst", "precious");
  await using from = await relay();
  const taken = await folder.run(["record", from.url, "taken.frames.zst", "--limit", "1"]);
  expect(taken.code).toBe(1);
  expect(taken.stderr).toMatch(/cannot write \S*taken\.frames\.zst: EEXIST/);
  expect((await folder.run(["record", "posts.fpl", "x.frames.zst"])).code).toBe(2);
});

it("record ends on Ctrl-C with a whole recording, exit 130", async () => {
  await using from = await relay();
  const command = folder.start(["record", from.url, "cut-short.frames.zst"]);
  await command.said("connected to");
  command.child.kill("SIGINT");
  expect((await command.ended).code).toBe(130);
  await expect(readRecording(`${folder.path}/cut-short.frames.zst`)).resolves.toBeInstanceOf(Array);
});

it("run over a relay ends at the limit", async () => {
  await using from = await relay();
  const { code, stdout } = await folder.run([
    "run",
    "posts.fpl",
    "--from",
    from.url,
    "--limit",
    "5",
  ]);
  expect(code).toBe(0);
  expect(stdout.trimEnd().split("\n")).toHaveLength(5);
  await expect.poll(() => from.stats().connected).toBe(0);
});

it("run over a relay ends when its time is up, exit 0, and on Ctrl-C with its summary, exit 130", async () => {
  await using from = await relay();
  const timed = await folder.run(["run", "posts.fpl", "--from", from.url, "--for", "1s"]);
  expect(timed.code).toBe(0);
  expect(timed.stderr).toContain("records out");
  const command = folder.start(["run", "posts.fpl", "--from", from.url, "--for", "10m"]);
  await command.said("connected to");
  command.child.kill("SIGINT");
  const { code, stderr } = await command.ended;
  expect(code).toBe(130);
  expect(stderr).toContain("events in");
});
