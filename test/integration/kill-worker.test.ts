// kill -9 of the worker in the middle of a deployed run: what the topics hold must be what an
// uninterrupted run in one process gives, record for record.

import { afterAll, describe, expect, it } from "vitest";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { endAll, fpaas, fpaasInBackground, untilTopicEnds } from "../support/fpaas.ts";

const SAMPLE = "examples/sample.frames.zst";

afterAll(endAll);

describe("kill -9 of a worker", () => {
  it.each([
    ["hashtag-trends", ["trends.tags", "trends.late"]],
    ["likes-per-post", ["likes.per_minute", "likes.hot_hour"]],
  ])("leaves the answer of %s as it is", async (name, topics) => {
    const file = `pipelines/${name}.fpl`;
    const expected = recordsOf(await fpaas(["run", file, "--from", SAMPLE]), topics);
    expect(expected.length).toBeGreaterThan(100);
    await using nats = await startTestNats();
    const env = { NATS_URL: nats.url };
    await fpaas(["deploy", file, "--nats", nats.url], env);
    const shuffling = fpaas(
      ["shuffler", "--from", SAMPLE, "--close-windows", "--speed", "200x"],
      env,
    );
    for (let kills = 0; kills < 3; kills += 1) {
      const worker = fpaasInBackground(["worker", "--threads", "1"], env);
      await fpaas(
        ["tail", topics[0] ?? "", "--limit", String(40 * (kills + 1)), "--from", "first"],
        env,
      );
      worker.kill("SIGKILL");
      await worker.ended;
    }
    await shuffling;
    const worker = fpaasInBackground(["worker", "--threads", "1"], env);
    for (const topic of topics) await untilTopicEnds(nats.url, topic);
    worker.kill("SIGTERM");
    await worker.ended;
    const records: string[] = [];
    for (const topic of topics) {
      const tail = await fpaas(["tail", topic, "--from", "first", "--until-now", "--json"], env);
      records.push(...recordsOf(tail, [topic]));
    }
    expect(records.sort()).toEqual(expected.sort());
  });
});

function recordsOf(output: string, topics: readonly string[]): string[] {
  const lines = output.split("\n").filter((line) => line !== "");
  return lines.filter((line) => topics.some((topic) => line.startsWith(`{"topic":"${topic}"`)));
}
