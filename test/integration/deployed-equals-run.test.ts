// The same programs over the same recording, each in one process and together on a real nats-server with
// worker threads, must give the same records. (pipelines/*.test.ts hold the first against a naive
// reference, so the second is held against it too.)

import { existsSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { endAll, fpaas, fpaasInBackground } from "../support/fpaas.ts";

const RECORDINGS = ["examples/sample.frames.zst", "../shared/data/firehose/pds-a.frames.zst"];
const PROGRAMS = ["hashtag-trends", "likes-per-post", "network-health", "languages"];

const FILES = PROGRAMS.map((name) => `pipelines/${name}.fpl`);

afterAll(endAll);

describe.each(RECORDINGS)("over %s", (recording) => {
  it.skipIf(!existsSync(recording))("dev gives what run gives", async () => {
    const local: string[][] = [];
    for (const file of FILES) local.push(lines(await fpaas(["run", file, "--from", recording])));
    for (const records of local) expect(records.length).toBeGreaterThan(0);
    const options = ["--from", recording, "--once", "--fresh", "--json"];
    const dev = fpaasInBackground(["dev", ...FILES, ...options]);
    expect(await dev.ended).toBe(0);
    expect(lines(dev.stdout()).sort()).toEqual(local.flat().sort());
  });
});

function lines(output: string): string[] {
  return output.split("\n").filter((line) => line.startsWith("{"));
}
