// A bucket stream that comes to its bound of bytes on a real nats-server: the alarms before it and at it, what waits,
// and how it goes on. Nothing is lost.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planOf } from "../../compiler/testing/plan-of.ts";
import { inspectStreams } from "../../runtime/adapters/nats/inspect.ts";
import { deployPlan } from "../../runtime/deploy.ts";
import { openWorld, STREAM, type World } from "../../runtime/lifecycle/world.test-support.ts";
import { untilTopicEnds } from "../../test/support/fpaas.ts";
import { type RunningCommand, TestFolder } from "../testing/command.ts";

const LIKES = 12_000;
const ROOM_BYTES = 150_000;
const WATCH_PATIENCE = { timeout: 40_000, interval: 200 };

const program = (name: string): string => `pipeline ${name} {
  from firehose('app.bsky.feed.like') |> map { n: seq } |> to topic('${name}.out', key: n)
}`;

let world: World;
let folder: TestFolder;
let worker: RunningCommand;

beforeAll(async () => {
  [world, folder] = await Promise.all([openWorld(), TestFolder.create()]);
  for (const name of ["marks", "others"]) {
    await deployPlan(planOf(program(name)), program(name), world.target);
  }
});

afterAll(async () => {
  worker.child.kill("SIGKILL");
  await worker.ended;
  await world[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const env = () => ({ NATS_URL: world.nats.url });
const fpaas = (...args: string[]) => folder.run(args, env());
const bytes = async (): Promise<number> =>
  (await inspectStreams(world.nc)).find(({ name }) => name === STREAM)?.bytes ?? 0;

/** As an operator gives it a bound: nothing but the bound is changed. */
async function bound(bytesMax: number): Promise<void> {
  const options = ["--buckets", "1", "--partitions", "4", "--duplicate-window", "2m"];
  const asked = [...options, "--bucket-max-bytes", `${bytesMax}B`, "--update"];
  expect((await fpaas("init", ...asked)).stdout).toMatch(/^FPL_0 +changed$/m);
}

describe("a bucket that comes to its bound", () => {
  it("makes tasks wait, and the worker's log, status, doctor and metrics say so", async () => {
    await bound((await bytes()) + ROOM_BYTES);
    worker = folder.start(["worker", "--admin", "0"], env());
    await expect.poll(() => worker.stderr(), WATCH_PATIENCE).toMatch(/^worker /m);
    await world.feed(0, LIKES);
    // Commits that do not fit wait from before the bound on; then it is drawn to where they have stopped.
    await expect.poll(() => worker.stderr(), WATCH_PATIENCE).toMatch(/FPL_0 is \d+ % full/);
    await bound(await bytes());
    await expect
      .poll(() => worker.stderr(), WATCH_PATIENCE)
      .toMatch(
        /FPL_0 is \d+ % full \(.*\): its pipelines wait when it is full; `fpaas init --update/,
      );
    const status = await fpaas("status");
    expect(status.stdout).toMatch(
      /^FPL_0 is \d+ % full \(\S+ \S+ of \S+ \S+\): its pipelines wait/m,
    );
    const [{ stream }] = JSON.parse((await fpaas("status", "marks", "--json")).stdout);
    expect(stream).toMatchObject({ name: "FPL_0", bytes: expect.any(Number) });
    expect(stream.bytes / stream.bytesMax).toBeGreaterThan(0.9);
    const doctor = await fpaas("doctor", "--json");
    expect(doctor.code).toBe(1);
    expect(JSON.parse(doctor.stdout)).toContainEqual(
      expect.objectContaining({ level: "fail", what: "FPL_0" }),
    );
    const url = /\/readyz on (http:\S+)\n/.exec(worker.stderr())?.[1];
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain(`fpaas_stream_bytes_max{stream="FPL_0"} ${stream.bytesMax}`);
    expect(metrics).toMatch(/^fpaas_stream_bytes\{stream="FIREHOSE"\} \d+$/m);
    expect((await world.records("marks.out")).length).toBeLessThan(LIKES);
  });

  it("has room again when a pipeline is deleted, and when it gets more; every record comes once", async () => {
    // Nothing more can be written: a delete makes room before it writes anything.
    expect((await fpaas("delete", "others")).code).toBe(0);
    const marks = async () => (await world.records("marks.out")).map(({ n }) => Number(n));
    await world.end();
    await bound(100_000_000);
    await expect.poll(() => worker.stderr(), WATCH_PATIENCE).toContain("FPL_0 has room again");
    await untilTopicEnds(world.nats.url, "marks.out");
    expect((await marks()).sort((a, b) => a - b)).toEqual(
      Array.from({ length: LIKES }, (_, n) => n),
    );
  });
});
