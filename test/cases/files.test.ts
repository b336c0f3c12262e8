// Cases from the field at the edge of files: joined zstd frames, odd DAG-CBOR, names of prototypes. What is right stands
// in the README beside them.

import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runHere, TestFolder } from "../../cli/testing/command.ts";
import { repositoryFile } from "../support/recordings.ts";

const CASES = repositoryFile("../shared/cases/");
const present = existsSync(new URL("zstd-frames/", CASES));
const ENV = { ...process.env, NATS_URL: "" };
const DEV_MS_MAX = 60_000;

type Printed = { readonly topic: string; readonly record: Readonly<Record<string, unknown>> };

async function run(program: string, from: string, ...options: readonly string[]) {
  const args = ["run", program, "--from", from, ...options];
  const result = await runHere(args, CASES.pathname, ENV);
  // `run` prints objects of this form, one a line.
  const lines = result.stdout.split("\n").filter((line) => line !== "");
  return { ...result, records: lines.map((line) => (JSON.parse(line) as Printed).record) };
}

describe.skipIf(!present)("joined zstd frames (../shared/cases/zstd-frames)", () => {
  const [ALL, JOINED] = ["zstd-frames/all.jsonl.zst", "zstd-frames/joined.frames.zst"];

  it("are read whole by run", async () => {
    for (const [from, posts] of [
      [ALL, 10],
      [JOINED, 7],
    ] as const) {
      const { code, records, stderr } = await run("zstd-frames/posts.fpl", from);
      expect(code, stderr).toBe(0);
      expect(new Set(records.map(({ text }) => text)).size).toBe(posts);
      expect(records).toHaveLength(posts);
    }
  });

  it("are read whole as a test's given file", async () => {
    const { code, stdout } = await runHere(["test", "zstd-frames/given.fpl"], CASES.pathname, ENV);
    expect(code, stdout).toBe(0);
  });

  it("are read whole by dev, which knows files of any name by their content", {
    timeout: DEV_MS_MAX,
  }, async () => {
    await using folder = await TestFolder.create();
    for (const [from, posts] of [
      [ALL, 10],
      [JOINED, 7],
    ] as const) {
      const dir = join(folder.path, String(posts));
      await mkdir(dir);
      await copyFile(new URL("zstd-frames/posts.fpl", CASES), join(dir, "posts.fpl"));
      await copyFile(new URL(from, CASES), join(dir, "input"));
      const args = ["dev", "posts.fpl", "--from", "input", "--once", "--json"];
      const { code, stdout, stderr } = await runHere(args, dir, ENV);
      expect(code, stderr).toBe(0);
      expect(stdout.trim().split("\n")).toHaveLength(posts);
    }
  });

  it("cut anywhere: exit 3 and the place, behind what was whole", async () => {
    await using folder = await TestFolder.create();
    await folder.write("posts.fpl", await readFile(new URL("zstd-frames/posts.fpl", CASES)));
    for (const [name, from, first] of [
      ["cut.jsonl.zst", ALL, 3],
      ["cut.frames.zst", JOINED, 3],
    ] as const) {
      const whole = await readFile(new URL(from, CASES));
      await folder.write(name, whole.subarray(0, whole.length - 30));
      const { code, stdout, stderr } = await folder.run(["run", "posts.fpl", "--from", name]);
      expect(code, stderr).toBe(3);
      expect(stderr).toContain(`${name} is cut off: it ends at byte ${whole.length - 30}`);
      expect(stdout.trim().split("\n").length).toBeGreaterThanOrEqual(first);
    }
  });
});

describe.skipIf(!present)("odd DAG-CBOR (../shared/cases/dag-cbor)", () => {
  it("64-bit integers arrive, and what DAG-CBOR has not is refused with a reason", async () => {
    const { code, records, stderr } = await run(
      "dag-cbor/odd.fpl",
      "dag-cbor/odd.frames",
      "--topic",
      "o.odd",
    );
    expect(code, stderr).toBe(0);
    expect(records.map(({ k, x }) => [k, x])).toEqual([
      [4, 2 ** 53],
      [5, 0],
      [6, Number(1_719_000_000_123_456_789n)],
      [7, 1_719_000_000_123_456],
    ]);
    expect(stderr).toContain("rejected (bad_record): a number is not finite");
    expect(stderr).toContain("rejected (bad_record): a key that is there twice");
    expect(stderr).toMatch(/rejected +3 bad_record/);
  });
});

describe.skipIf(!present)("fields with the names of prototypes (../shared/cases/own-proto)", () => {
  it("are data, the same from lines and from frames", async () => {
    const lines = await run("own-proto/own.fpl", "own-proto/own.jsonl");
    const frames = await run("own-proto/own.fpl", "own-proto/own.frames");
    expect(lines.stdout).toContain('"__proto__":{"x":1}');
    expect(lines.stdout).toBe(frames.stdout);
    expect(lines.stderr).not.toContain("CID");
  });

  it("are read and counted by name", async () => {
    const { stdout } = await run("own-proto/proto.fpl", "own-proto/proto.jsonl");
    expect(stdout).toContain('"tag":"__proto__","n":1');
    expect(stdout).toContain('"proto":{"polluted":true}');
    expect(stdout).toContain('"pol":null');
  });
});
