// The same program over the same recording, once in one process and once on a real nats-server with
// worker threads, must give the same records. (pipelines/*.test.ts hold the first against a naive
// reference, so the second is held against it too.)

import { existsSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { endAll, fpaas } from "../support/fpaas.ts";

const RECORDINGS = ["examples/sample.frames.zst", "../shared/data/firehose/pds-a.frames.zst"];
const PROGRAMS = ["hashtag-trends", "likes-per-post", "network-health", "languages"];

afterAll(endAll);

describe.each(RECORDINGS)("over %s", (recording) => {
  it.skipIf(!existsSync(recording)).each(PROGRAMS)("dev gives what run gives: %s", async (name) => {
    const file = `pipelines/${name}.fpl`;
    const local = lines(await fpaas(["run", file, "--from", recording]));
    const deployed = lines(
      await fpaas(["dev", file, "--from", recording, "--once", "--fresh", "--json"]),
    );
    expect(local.length).toBeGreaterThan(0);
    expect(deployed.sort()).toEqual(local.sort());
  });
});

function lines(output: string): string[] {
  return output.split("\n").filter((line) => line.startsWith("{"));
}
