// What a firehose should never send, in the middle of one: each kind is reported once, and the answer is
// that of the good frames. A record a pipeline fails on goes to dead letters with its reason.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noise, oversize, truncated, unknownType } from "../../bench/simulated-relay/faults.ts";
import { createRandom } from "../../bench/simulated-relay/random.ts";
import { encodeRecording } from "../../bench/simulated-relay/recording.ts";
import { TestFolder } from "../../cli/testing/command.ts";
import { cborOf, commitBody, create, frameOf } from "../../shuffler/testing/frames.ts";
import { endAll, fpaas, fpaasInBackground } from "../support/fpaas.ts";
import { repositoryFile, SAMPLE } from "../support/recordings.ts";

const PROGRAM = "pipelines/hashtag-trends.fpl";
let folder: string;
let clean: string;
let damaged: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-bad-input-"));
  clean = join(folder, "clean.frames.zst");
  damaged = join(folder, "damaged.frames.zst");
  const frames = await SAMPLE.frames();
  await writeFile(clean, encodeRecording(frames));
  await writeFile(damaged, encodeRecording(await withBadFrames(frames)));
});

afterAll(async () => {
  endAll();
  await rm(folder, { recursive: true, force: true });
});

describe("a recording with bad frames in it", () => {
  const reasons = ["bad_frame", "unknown_type", "oversize_frame", "bad_utf8"];

  it("gives what the good frames give, and reports each kind of bad one, no cause twice", async () => {
    const good = await fpaas(["run", PROGRAM, "--from", clean]);
    const run = fpaasInBackground(["run", PROGRAM, "--from", damaged]);
    expect(await run.ended).toBe(0);
    expect(run.stdout()).toBe(good);
    for (const reason of reasons) {
      const reports = run.stderr().match(new RegExp(`^rejected \\(${reason}\\).*`, "gm")) ?? [];
      expect(reports.length, reason).toBeGreaterThan(0);
      expect(new Set(reports).size, reason).toBe(reports.length);
    }
  });

  it("gives the same on a real server", async () => {
    const good = await fpaas(["run", PROGRAM, "--from", clean]);
    // Of its own: `fpaas dev` keeps its server in the folder that it runs in.
    await using apart = await TestFolder.create();
    const options = ["--from", damaged, "--once", "--fresh", "--json"];
    const dev = await apart.run(["dev", repositoryFile(PROGRAM).pathname, ...options]);
    expect(dev.code, dev.stderr).toBe(0);
    expect(sorted(dev.stdout)).toEqual(sorted(good));
  });
});

it("sends a record the pipeline fails on to dead letters with its reason, and goes on", async () => {
  const program = join(folder, "fails.fpl");
  const text = `pipeline fails {
    from firehose('app.bsky.feed.post')
    |> filter op == 'create'
    |> map { did, share: 1 / length(record.langs ?? \`[]\`) }
    |> to topic('fails.out')
  }`;
  await writeFile(program, text);
  const good = lines(await fpaas(["run", program, "--from", clean, "--topic", "fails.out"]));
  const dead = lines(await fpaas(["run", program, "--from", clean, "--topic", "dlq.fails"]));
  expect(good.length).toBeGreaterThan(500);
  expect(dead.length).toBeGreaterThan(10);
  for (const line of dead) {
    expect(line.record).toMatchObject({ stage: "s0", op: "map", subject: expect.any(String) });
    expect(String(line.record.reason)).toContain("division by zero");
    expect(line.record.record).toHaveProperty("uri");
  }
});

/** Two of every kind, spread over the recording. */
async function withBadFrames(frames: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const random = createRandom(7, "bad input");
  const some = frames[100] ?? new Uint8Array();
  const kinds = [
    truncated(some),
    noise(random, 300),
    await unknownType(1),
    await oversize(1),
    badText(),
  ];
  return frames.flatMap((frame, i) => {
    const kind = i % 500 === 250 ? kinds[Math.floor(i / 500) % kinds.length] : undefined;
    return kind === undefined ? [frame] : [kind, frame];
  });
}

/** A commit whose post has a text that is not UTF-8. */
function badText(): Uint8Array {
  const record = cborOf({ $type: "app.bsky.feed.post", text: "AAAA", tags: ["bad"] });
  const at = Buffer.from(record).indexOf("AAAA");
  record[at + 1] = 0xff;
  return frameOf("#commit", commitBody([create("3kabcdefghijk", record)]));
}

function lines(output: string): { record: Record<string, unknown> }[] {
  return sorted(output).map((line) => JSON.parse(line));
}

function sorted(output: string): string[] {
  return output
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .sort();
}
