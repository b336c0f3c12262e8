// The same programs over the same recording, each in one process and together on a real nats-server with
// worker threads, must give the same records. (pipelines/*.test.ts hold the first against a naive
// reference, so the second is held against it too.)

import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { TestFolder } from "../../cli/testing/command.ts";
import { repositoryFile } from "../support/recordings.ts";

const RECORDINGS = ["examples/sample.frames.zst", "../shared/data/firehose/pds-a.frames.zst"].map(
  pathOf,
);
const PROGRAMS = ["hashtag-trends", "likes-per-post", "network-health", "languages"];

const FILES = PROGRAMS.map((name) => pathOf(`pipelines/${name}.fpl`));

describe.each(RECORDINGS)("over %s", (recording) => {
  it.skipIf(!existsSync(recording))("dev gives what run gives", async () => {
    // Of its own: `fpaas dev` keeps its server in the folder that it runs in.
    await using folder = await TestFolder.create();
    const local: string[][] = [];
    for (const file of FILES) {
      const { code, stdout } = await folder.run(["run", file, "--from", recording]);
      expect(code).toBe(0);
      local.push(lines(stdout));
    }
    for (const records of local) expect(records.length).toBeGreaterThan(0);
    const options = ["--from", recording, "--once", "--fresh", "--json"];
    const dev = await folder.start(["dev", ...FILES, ...options]).ended;
    expect(dev.code, dev.stderr).toBe(0);
    expect(lines(dev.stdout).sort()).toEqual(local.flat().sort());
  });
});

function pathOf(file: string): string {
  return repositoryFile(file).pathname;
}

function lines(output: string): string[] {
  return output.split("\n").filter((line) => line.startsWith("{"));
}
