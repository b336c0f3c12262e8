// Two worker processes on one pipeline share its tasks. When one is stopped, or killed, or does not wake for a
// while, the other takes over; and what the topic holds is what an uninterrupted run in one process gives.

import { afterAll, describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.ts";
import { tasksOf } from "../../plan/deployment.ts";
import { DEFAULT_TENANT } from "../../plan/names.ts";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { NatsDeploymentStore } from "../../runtime/adapters/nats/deployment-store.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { checkpointSubjects } from "../../runtime/task/checkpoint.ts";
import { startTestNats } from "../../runtime/testing/nats.ts";
import {
  endAll,
  fpaas,
  fpaasInBackground,
  type Running,
  untilTopicEnds,
} from "../support/fpaas.ts";

const SAMPLE = "examples/sample.frames.zst";
const FILE = "pipelines/hashtag-trends.fpl";
const [PIPELINE, TOPIC] = ["hashtag_trends", "trends.tags"];
const TAKEOVER_MS_MAX = 10_000;
const WAIT = { timeout: 60_000, interval: 50 };

afterAll(endAll);

describe.each(["SIGTERM", "SIGKILL", "SIGSTOP"] as const)(
  "two workers, and one gets %s",
  (signal) => {
    it("have both tasks, and the other has them all within 10 s, with the same answer", async () => {
      const expected = recordsOf(await fpaas(["run", FILE, "--from", SAMPLE]));
      await using nats = await startTestNats();
      const env = { NATS_URL: nats.url };
      const [victim, other] = [startWorker(env), startWorker(env)];
      for (const worker of [victim, other])
        await expect.poll(() => worker.stderr(), WAIT).toContain("worker ");
      await fpaas(["deploy", FILE], env);
      const shuffling = fpaas(
        ["shuffler", "--from", SAMPLE, "--close-windows", "--speed", "60x"],
        env,
      );
      for (const worker of [victim, other])
        await expect.poll(() => worker.stderr(), WAIT).toMatch(/tasks?: in/);
      victim.kill(signal);
      const takeoverMs = await untilAllCommit(nats.url);
      console.log(`${signal}: every task has committed again after ${Math.round(takeoverMs)} ms`);
      expect(takeoverMs).toBeLessThan(TAKEOVER_MS_MAX);
      await shuffling;
      if (signal === "SIGSTOP") {
        victim.kill("SIGCONT");
        await expect
          .poll(() => victim.stderr(), WAIT)
          .toContain("another worker has taken it over");
        victim.kill("SIGTERM");
      }
      await untilTopicEnds(nats.url, TOPIC);
      other.kill("SIGTERM");
      const [code] = await Promise.all([victim.ended, other.ended]);
      expect(code).toBe(signal === "SIGKILL" ? null : EXIT.interrupted);
      const tail = await fpaas(["tail", TOPIC, "--from", "first", "--until-now", "--json"], env);
      expect(recordsOf(tail).sort()).toEqual(expected.sort());
    }, 180_000);
  },
);

function startWorker(env: NodeJS.ProcessEnv): Running {
  return fpaasInBackground(["worker", "--threads", "1"], env);
}

/** How long it takes until each task of the pipeline has committed once more. */
async function untilAllCommit(url: string): Promise<number> {
  const connection = await connectNats({ url, name: "test" });
  try {
    const stored = await (await NatsDeploymentStore.open(connection)).get(DEFAULT_TENANT, PIPELINE);
    if (stored === null) throw new Error(`${PIPELINE} is not deployed`);
    const { deployment } = stored;
    const subjects = tasksOf(deployment).map((task) => checkpointSubjects(deployment, task));
    const log = new NatsLog(connection);
    const seqs = () =>
      Promise.all(subjects.map(async (at) => (await log.last(at.stream, at.checkpoint))?.seq ?? 0));
    const before = await seqs();
    const fromMs = performance.now();
    await expect
      .poll(async () => (await seqs()).every((seq, i) => seq > (before[i] ?? 0)), WAIT)
      .toBe(true);
    return performance.now() - fromMs;
  } finally {
    await connection.close();
  }
}

function recordsOf(output: string): string[] {
  return output.split("\n").filter((line) => line.startsWith(`{"topic":"${TOPIC}"`));
}
