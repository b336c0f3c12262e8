// kill -9 of the worker in the middle of a deployed run: what the topics hold must be what an
// uninterrupted run in one process gives, record for record.

import { afterAll, expect, it } from "vitest";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { endAll, fpaas, fpaasInBackground, untilTopicEnds } from "../support/fpaas.ts";

const SAMPLE = "examples/sample.frames.zst";
const FILES = ["pipelines/hashtag-trends.fpl", "pipelines/likes-per-post.fpl"];
const TOPICS = ["trends.tags", "trends.late", "likes.per_minute", "likes.hot_hour"];

afterAll(endAll);

it("kill -9 of a worker leaves the answers as they are", async () => {
  const expected: string[] = [];
  for (const file of FILES)
    expected.push(...recordsOf(await fpaas(["run", file, "--from", SAMPLE])));
  expect(expected.length).toBeGreaterThan(200);
  await using nats = await startTestNats();
  const env = { NATS_URL: nats.url };
  await fpaas(["deploy", ...FILES], env);
  const shuffling = fpaas(
    ["shuffler", "--from", SAMPLE, "--close-windows", "--speed", "200x"],
    env,
  );
  for (let kills = 0; kills < 3; kills += 1) {
    const worker = fpaasInBackground(["worker", "--threads", "1"], env);
    const seen = String(40 * (kills + 1));
    await fpaas(["tail", "trends.tags", "--limit", seen, "--from", "first"], env);
    worker.kill("SIGKILL");
    await worker.ended;
  }
  await shuffling;
  const worker = fpaasInBackground(["worker", "--threads", "1"], env);
  for (const topic of TOPICS) await untilTopicEnds(nats.url, topic);
  worker.kill("SIGTERM");
  await worker.ended;
  const records: string[] = [];
  for (const topic of TOPICS) {
    const tail = ["tail", topic, "--from", "first", "--until-now", "--json"];
    records.push(...recordsOf(await fpaas(tail, env)));
  }
  expect(records.sort()).toEqual(expected.sort());
});

/** The lines of the topics that are compared. */
function recordsOf(output: string): string[] {
  const lines = output.split("\n").filter((line) => line !== "");
  return lines.filter((line) => TOPICS.some((topic) => line.startsWith(`{"topic":"${topic}"`)));
}
