// A run that is ended from outside, over sources of the test's own.

import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import type { Source, SourceItem } from "../../shuffler/sources/source.ts";
import { commitFrame, create, DID, revOf } from "../../shuffler/testing/frames.ts";
import { frameItems } from "../../shuffler/testing/items.ts";
import { TimedSource } from "../../shuffler/trusted-time/timed-source.ts";
import { Terminal } from "../terminal/terminal.ts";
import { LocalRun } from "./local-run.ts";

const PROGRAM = `pipeline minutes {
  from firehose('app.bsky.feed.post')
  |> window tumbling(size: 1m, grace: 0s)
  |> reduce { posts: count() }
  |> to topic('minutes.posts')
}`;
const POSTS = 20;
const START_MS = Date.parse("2026-07-04T12:00:00Z");

/** One post each second, so 60 each minute. */
function posts(count: number): SourceItem[] {
  const frames = Array.from({ length: count }, (_, i) => {
    const time = new Date(START_MS + i * 1000).toISOString();
    const repo = `${DID.slice(0, -1)}${"abcd".charAt(i >> 10)}`;
    return commitFrame([create(`r${i}`)], { seq: i + 1, rev: revOf(i & 1023), time, repo });
  });
  return frameItems(frames);
}

/** Gives its items, and then nothing more until the signal ends it, as a relay that has fallen silent. */
function silentRelay(end: AbortSignal, onSilent: () => void): Source {
  return {
    name: "test",
    live: true,
    async *batches() {
      yield posts(POSTS);
      await setImmediate();
      onSilent();
      if (end.aborted) return;
      await new Promise<void>((resolve) => {
        end.addEventListener("abort", () => resolve(), { once: true });
      });
    },
  };
}

/** @returns what is printed */
async function printed(source: Source, end: AbortSignal, stop: AbortSignal): Promise<string> {
  const stdout = new PassThrough();
  const streams = { stdout, stderr: new PassThrough() };
  const terminal = new Terminal({ ...streams, env: {}, nowMs: () => 0 });
  // No frame is due by a clock that stands still: what has come waits for those behind it.
  const sleep = async (): Promise<void> => await setImmediate();
  const timed = new TimedSource({ source, clock: { now: () => START_MS, sleep } });
  const { plans } = compile({ text: PROGRAM, file: "test.fpl" });
  const options = {
    partitions: 2,
    limit: Number.POSITIVE_INFINITY,
    topic: null,
    relay: null,
    table: false,
    terminal,
  };
  await new LocalRun(plans, timed, options).run(end, stop);
  return String(stdout.read() ?? "");
}

const never = new AbortController().signal;

describe("a run", () => {
  it("counts what a silent relay gave before the end, also what waits for frames behind it", async () => {
    const end = new AbortController();
    const text = await printed(
      silentRelay(end.signal, () => end.abort()),
      end.signal,
      never,
    );
    expect(text.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(text).record).toMatchObject({ posts: POSTS });
  });

  it("leaves windows open when it is to stop at once", async () => {
    const stop = new AbortController();
    const source = silentRelay(stop.signal, () => stop.abort());
    expect(await printed(source, stop.signal, stop.signal)).toBe("");
  });

  it("closes the windows of what it has read of a file when its time is up", async () => {
    const end = new AbortController();
    const items = posts(3000);
    const source: Source = {
      name: "test",
      live: false,
      async *batches() {
        yield items.slice(0, 2500);
        end.abort();
        yield items.slice(2500);
      },
    };
    const text = await printed(source, end.signal, never);
    const windows = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).record.posts);
    // What waits for frames behind it is not read.
    expect(windows.length).toBeLessThan(2500 / 60);
    expect(windows.slice(0, -1)).toEqual(windows.slice(0, -1).map(() => 60));
    expect(windows.length).toBeGreaterThan(1);
  });
});
