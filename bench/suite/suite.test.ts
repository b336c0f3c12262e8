// What the figures rest on: inputs that are what they say, answers that are checked, a table that adds up.

import { describe, expect, it } from "vitest";
import { multiplicationOf } from "../data/files.ts";
import { jetstreamLine } from "../data/jetstream-line.ts";
import { multiplied, START_MS, singleEvents } from "../data/multiply.ts";
import { readRecording } from "../simulated-relay/recording.ts";
import { checkTrends } from "./check-trends.ts";
import { spreadOf } from "./spread.ts";
import { runSuite, UnknownWorkload } from "./suite.ts";
import { thousands } from "./table.ts";

async function frames(): Promise<Uint8Array[]> {
  return (await readRecording("examples/sample.frames.zst")).slice(0, 300);
}

describe("a multiplied recording", () => {
  it("has as many events as asked for, in sequence, with time never a second behind", async () => {
    const base = singleEvents(await frames(), null);
    const events = [...multiplied(base, multiplicationOf("events", 10_000))];
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1));
    let greatestMs = START_MS;
    for (const { timeMs } of events) {
      expect(greatestMs - timeMs).toBeLessThan(1000);
      greatestMs = Math.max(greatestMs, timeMs);
    }
    expect(new Set(events.map(({ did }) => did)).size).toBeGreaterThan(500);
  });

  it("has likes alone, of as many posts as asked for", async () => {
    const plan = multiplicationOf("likes", 3000);
    const events = [
      ...multiplied(singleEvents(await frames(), plan.only), { ...plan, likedPosts: 50 }),
    ];
    const uris = events.map((event) => JSON.parse(jetstreamLine(event)).commit.record.subject.uri);
    expect(new Set(uris).size).toBe(50);
    expect(uris[0]).toMatch(/^at:\/\/did:plc:[a-z2-7]{24}\/app\.bsky\.feed\.post\/3l[a-z2-7]{11}$/);
  });
});

describe("the check of trends", () => {
  const row = (tag: string, authors: number, posts = 10) => ({
    tag,
    authors,
    posts,
    sample: "s",
    window: "w",
  });
  const truth = [row("a", 300), row("b", 100), row("c", 2)];

  it("lets estimates be near, and nothing else", () => {
    expect(checkTrends([row("a", 302), row("b", 99)], truth)).toBeNull();
    expect(checkTrends([row("a", 320), row("b", 100)], truth)).toContain('"authors":320');
    expect(checkTrends([row("a", 300, 11), row("b", 100)], truth)).toContain('"posts":11');
    expect(checkTrends([row("a", 300)], truth)).toBe("window w: 1 tags, of 2");
    expect(checkTrends([row("a", 300), row("z", 100)], truth)).toContain('"tag":"z"');
  });

  it("wants the most used tags", () => {
    const many = Array.from({ length: 30 }, (_, i) => row(`t${i}`, 1000 - 30 * i));
    expect(checkTrends(many.slice(0, 20), many)).toBeNull();
    expect(checkTrends(many.slice(10), many)).toContain("rank 1 is");
  });
});

it("names the workloads when one is not known", async () => {
  const nothing = () => {};
  const options = { quick: true, rounds: null, folder: "", print: nothing, say: nothing };
  await expect(runSuite({ ...options, only: ["speed"] })).rejects.toThrow(UnknownWorkload);
});

it("gives medians, spread and round figures", () => {
  expect(spreadOf([5, 1, 3])).toEqual({ median: 3, least: 1, greatest: 5 });
  expect([1234567, 999, 12.3].map(thousands)).toEqual(["1 230 000", "999", "12"]);
});
