// The life of a pipeline on a real nats-server, each command as a user runs it.

import { Kvm } from "@nats-io/kv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PLANS_BUCKET } from "../../plan/names.ts";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { startTestNats, type TestNats } from "../../runtime/testing/nats.ts";
import { TestFolder } from "../testing/command.ts";
import { COUNTS, HOURS, makeRecording, TYPO } from "../testing/programs.ts";

const RECORDING = "made.frames.zst";

let folder: TestFolder;
let nats: TestNats;

beforeAll(async () => {
  [folder, nats] = await Promise.all([TestFolder.create(), startTestNats()]);
  await folder.write("counts.fpl", COUNTS);
  await folder.write("hours.fpl", HOURS);
  await folder.write("thief.fpl", COUNTS.replace("pipeline counts", "pipeline thief"));
  await folder.write("typo.fpl", TYPO);
  await folder.write(RECORDING, await makeRecording());
});

afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await nats[Symbol.asyncDispose]();
});

const fpaas = (...args: string[]) => folder.run(args, { NATS_URL: nats.url });
const inBackground = (...args: string[]) => folder.start(args, { NATS_URL: nats.url });

/** Runs `status` until `isReached` holds for its tasks. */
async function statusWhere(isReached: (tasks: TaskLine[]) => boolean): Promise<TaskLine[]> {
  for (;;) {
    const { stdout } = await fpaas("status", "counts", "--json");
    const tasks: TaskLine[] = JSON.parse(stdout)[0].tasks;
    if (isReached(tasks)) return tasks;
  }
}

type TaskLine = {
  stage: string;
  in: number;
  lag: number;
  ended: boolean;
  late: number;
  worker: string | null;
  busy: number;
  blockedMs: number;
};

describe("a pipeline on a server", () => {
  it("is not to be found before anything was deployed, exit 5", async () => {
    const { code, stderr } = await fpaas("list");
    expect(code).toBe(5);
    expect(stderr).toContain("FPaaS has not been used on");
  });

  it("cannot be deployed while a topic it reads has no owner, exit 5", async () => {
    const { code, stderr } = await fpaas("deploy", "hours.fpl");
    expect(code).toBe(5);
    expect(stderr).toContain("no pipeline owns topic counts.minutes");
  });

  it("cannot be deployed with an error in the file, exit 3", async () => {
    expect((await fpaas("deploy", "typo.fpl")).code).toBe(3);
  });

  it("is deployed once, whatever the order of the files, and is unchanged the second time", async () => {
    const first = await fpaas("deploy", "hours.fpl", "counts.fpl");
    expect(first).toMatchObject({
      code: 0,
      stdout: "counts  version 1  deployed\nhours  version 1  deployed\n",
    });
    expect(first.stderr).toContain("no worker is running");
    const again = await fpaas("deploy", "counts.fpl", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({
      pipeline: "counts",
      version: 1,
      kind: "unchanged",
    });
  });

  it("may be read by another project, which is told of its fields, exit 3", async () => {
    await folder.write("elsewhere/sums.fpl", HOURS.replace("sum(n)", "sum(m)"));
    const { code, stderr } = await fpaas("deploy", "elsewhere/sums.fpl");
    expect(code).toBe(3);
    expect(stderr).toContain("unknown field `m`, did you mean `n`?");
  });

  it("is in the list", async () => {
    const { stdout } = await fpaas("list", "--json");
    expect(JSON.parse(stdout)).toMatchObject([
      { pipeline: "counts", version: 1, state: "running", writes: expect.any(Array) },
      { pipeline: "hours", version: 1, reads: ["counts.minutes"] },
    ]);
    expect((await fpaas("list")).stdout).toMatch(/^counts +1 +running/m);
  });

  it("keeps its topics to itself, exit 6", async () => {
    const { code, stderr } = await fpaas("deploy", "thief.fpl");
    expect(code).toBe(6);
    expect(stderr).toContain("belongs to pipeline counts");
  });

  it("works through what is shuffled, and its records can be tailed", async () => {
    const shuffled = await fpaas("shuffler", "--from", RECORDING, "--close-windows", "--json");
    expect(JSON.parse(shuffled.stdout)).toMatchObject({ source: RECORDING });
    const worker = inBackground("worker", "--threads", "1");
    const tasks = await statusWhere((all) => all.every(({ ended, worker }) => ended && worker));
    expect(tasks.every(({ busy, blockedMs }) => busy <= 1 && blockedMs > 0)).toBe(true);
    expect(tasks.reduce((sum, { in: count }) => sum + count, 0)).toBeGreaterThan(100);
    expect(tasks.every(({ lag, late }) => lag === 0 && late === 0)).toBe(true);
    worker.child.kill("SIGTERM");
    expect((await worker.ended).code).toBe(130);

    const expected = await folder.run(["run", "counts.fpl", "--from", RECORDING]);
    const tail = await fpaas("tail", "counts.minutes", "--until-now", "--json");
    expect(lines(tail.stdout)).toEqual(lines(expected.stdout));
    const two = await fpaas("tail", "counts.minutes", "--from", "first", "--limit", "2");
    expect(two.stdout).toMatch(/^\d\d:\d\d–\d\d:\d\d {2}app\.bsky\.feed\.\w+ +n +\d+\n/);
  });

  it("is shown by status with its position and counters", async () => {
    const { stdout } = await fpaas("status");
    expect(stdout).toMatch(/^counts {2}version 1 {2}running\nSTAGE +PART +SEQ +LAG/);
    expect(stdout).toMatch(/^s0 +0 +\d+ +0 +end/m);
  });

  it("is paused and resumed", async () => {
    expect((await fpaas("pause", "counts")).stdout).toBe("counts  paused\n");
    expect((await fpaas("pause", "counts")).stdout).toBe("counts  paused already\n");
    expect(JSON.parse((await fpaas("list", "--json")).stdout)[0].state).toBe("paused");
    expect((await fpaas("resume", "counts")).stdout).toBe("counts  running\n");
  });

  it("says what a change keeps before and after it is made", async () => {
    await folder.write("edited.fpl", COUNTS.replace("|> to", "|> filter n > 1\n  |> to"));
    const dry = await fpaas("deploy", "edited.fpl", "--dry-run");
    expect(dry.stdout).toMatch(/^counts {2}version 2 {2}deployed\n {2}= {2}stage s0 +kept/);
    expect(dry.stderr).toContain("nothing was changed");
    expect(JSON.parse((await fpaas("list", "--json")).stdout)[0].version).toBe(1);
    const made = await fpaas("deploy", "edited.fpl", "--json");
    expect(JSON.parse(made.stdout)).toMatchObject({
      pipeline: "counts",
      version: 2,
      replaced: 1,
      change: { stages: [{ kind: "kept" }, { kind: "edited", stateful: true }] },
    });
  });

  it("goes back to an earlier version, of which it keeps the program", async () => {
    const { stdout } = await fpaas("history", "counts", "--json");
    expect(JSON.parse(stdout)).toMatchObject([
      { version: 1, state: "replaced" },
      { version: 2, state: "running" },
    ]);
    expect((await fpaas("history", "counts", "--show", "1")).stdout).toBe(COUNTS);
    expect((await fpaas("rollback", "counts")).stdout).toMatch(/^counts {2}version 3 {2}deployed/);
    expect((await fpaas("rollback", "counts", "--to", "9")).code).toBe(5);
  });

  it("is restarted from another place, exit 2 when that is none", async () => {
    const { stdout } = await fpaas("restart", "counts", "--from", "2026-07-04T12:00:00Z");
    expect(stdout).toMatch(/~ {2}stage s1 +rebuilt, its state is dropped: restarted/);
    expect(stdout).toContain("read from t'2026-07-04T12:00:00.000Z'");
    expect((await fpaas("restart", "counts", "--from", "yesterday")).code).toBe(2);
  });

  it("is meant when its name is mistyped, exit 5", async () => {
    const { code, stderr } = await fpaas("pause", "count");
    expect(code).toBe(5);
    expect(stderr).toContain("no pipeline count, did you mean `counts`?");
    expect((await fpaas("tail", "counts.minute")).stderr).toContain("`counts.minutes`");
  });

  it("is deleted with its topics, with a word about who read them", async () => {
    const deleted = await fpaas("delete", "counts");
    expect(deleted.code).toBe(0);
    expect(deleted.stderr).toContain("pipeline hours reads a topic of counts");
    expect((await fpaas("tail", "counts.minutes", "--until-now")).code).toBe(5);
    expect((await fpaas("delete", "counts")).code).toBe(5);
    expect((await fpaas("deploy", "counts.fpl")).stdout).toBe("counts  version 1  deployed\n");
    expect((await fpaas("tail", "counts.minutes", "--until-now")).stdout).toBe("");
  });

  it("is listed beside an entry that cannot be read, which is warned of", async () => {
    const nc = await connectNats({ url: nats.url, name: "test" });
    const plans = await new Kvm(nc).open(PLANS_BUCKET);
    await plans.put("local.broken", "{}");
    const { code, stdout, stderr } = await fpaas("list");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^counts +1 +running/m);
    expect(stderr).toContain("warning: deployment local.broken cannot be read: not a plan");
    const paused = await fpaas("pause", "broken");
    expect(paused.stderr).toContain("error: deployment local.broken cannot be read");
    await plans.purge("local.broken");
    await nc.close();
  });

  it("has its streams examined by doctor", async () => {
    const { code, stdout } = await fpaas("doctor");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {4}FIREHOSE +[\d,]+ messages/m);
  });
});

describe("fpaas shuffler", () => {
  it("has nothing to do the second time", async () => {
    const { stderr } = await fpaas("shuffler", "--from", RECORDING);
    expect(stderr).toContain(`${RECORDING}: goes on behind position`);
    expect(stderr).toContain("0 events published");
  });

  it("wants one source, exit 2", async () => {
    expect((await fpaas("shuffler")).code).toBe(2);
    expect((await fpaas("shuffler", "--from", RECORDING, "--relay", "wss://a.example")).code).toBe(
      2,
    );
    expect((await fpaas("shuffler", "--from", RECORDING, "--speed", "fast")).code).toBe(2);
  });
});

function lines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith('{"topic":"counts.minutes"'))
    .sort();
}
