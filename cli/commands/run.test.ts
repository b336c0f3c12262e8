// `fpaas run` as a user runs it.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestFolder } from "../testing/command.ts";
import { COUNTS, HOURS, makeFrames, makeRecording, POSTS, TYPO } from "../testing/programs.ts";

const RECORDING = "made.frames.zst";
let folder: TestFolder;

beforeAll(async () => {
  folder = await TestFolder.create();
  await folder.write("counts.fpl", COUNTS);
  await folder.write("both.fpl", COUNTS + HOURS);
  await folder.write("hours.fpl", HOURS);
  await folder.write("posts.fpl", POSTS);
  await folder.write("typo.fpl", TYPO);
  await folder.write(RECORDING, await makeRecording());
});

afterAll(() => folder[Symbol.asyncDispose]());

const fpaas = (...args: string[]) => folder.run(args);

describe("fpaas run", () => {
  const run = (...args: string[]) => fpaas("run", ...args, "--from", RECORDING);

  it("prints records as JSON lines and nothing else, and the summary on standard error", async () => {
    const { code, stdout, stderr } = await run("counts.fpl");
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      expect(Object.keys(line)).toEqual(["topic", "record"]);
      expect(line).toMatchObject({
        topic: "counts.minutes",
        record: { n: expect.any(Number), window: { start: expect.stringMatching(/Z$/) } },
      });
    }
    expect(stderr).toContain(`records out   ${lines.length} counts.minutes`);
    for (const name of ["events in", "dropped", "late", "dead letters", "events/s"]) {
      expect(stderr).toContain(name);
    }
  });

  it("runs chained pipelines of one file together", async () => {
    const { stdout } = await run("both.fpl", "--topic", "counts.hours");
    const sums = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).record);
    const minutes = (await run("counts.fpl")).stdout.trimEnd().split("\n");
    for (const { collection, n } of sums) {
      const counted = minutes.map((line) => JSON.parse(line).record);
      const own = counted.filter((record) => record.collection === collection);
      expect(own.reduce((sum, record) => sum + record.n, 0)).toBe(n);
    }
    expect(sums.length).toBeGreaterThan(0);
  });

  it("calls the topic of `to stdout` stdout, and takes params", async () => {
    const { stdout } = await run("posts.fpl", "--param", "needle=found", "--limit", "3");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ topic: "stdout", record: { what: "found" } });
  });

  it("says which topic is meant, exit 5", async () => {
    const { code, stderr } = await run("counts.fpl", "--topic", "counts.minute");
    expect(code).toBe(5);
    expect(stderr).toContain("did you mean `counts.minutes`?");
    expect((await run("hours.fpl")).code).toBe(5);
  });

  it("shows what is wrong with a program, exit 3, and prints no record", async () => {
    const { code, stdout, stderr } = await run("typo.fpl");
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain("did you mean `filter`?");
  });

  it("tells a missing recording (5) from one of unknown kind (2) and a damaged one (3)", async () => {
    const from = async (source: string) =>
      (await fpaas("run", "counts.fpl", "--from", source)).code;
    expect(await from("nowhere.frames")).toBe(5);
    expect(await from("counts.fpl")).toBe(2);
    await folder.write("cut.frames", new Uint8Array([9, 0, 0, 0, 1, 2]));
    expect(await from("cut.frames")).toBe(3);
  });

  it("gives what stands before the damage in a recording, and then says where that is", async () => {
    const plain = Buffer.concat((await makeFrames()).map(withLength));
    await folder.write("cut-late.frames", plain.subarray(0, -1));
    const args = ["run", "posts.fpl", "--from", "cut-late.frames"];
    const { code, stdout, stderr } = await folder.run(args);
    expect(code).toBe(3);
    expect(stdout.split("\n").length).toBeGreaterThan(10);
    expect(stderr).toContain("events in");
    expect(stderr).toContain("cut-late.frames is cut off inside the frame");
  });

  it("asks when to end for a relay, exit 2", async () => {
    const { code, stderr } = await fpaas("run", "counts.fpl", "--from", "wss://relay.example");
    expect(code).toBe(2);
    expect(stderr).toContain("--for 30s");
  });

  it("ends quietly when its reader has enough, as head does", async () => {
    const command = folder.start(["run", "posts.fpl", "--from", RECORDING]);
    command.child.stdout.once("data", () => command.child.stdout.destroy());
    const { code, stderr } = await command.ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain("EPIPE");
  });
});

function withLength(frame: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(frame.length);
  return Buffer.concat([prefix, frame]);
}
