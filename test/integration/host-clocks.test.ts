// Hosts whose clocks are wrong, and relays that fall silent: each event counts at a time that the stream supports, nobody
// else is late for it, and the last window closes without a further event.

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeRecording } from "../../bench/simulated-relay/recording.ts";
import {
  type SimulatedRelay,
  startSimulatedRelay,
} from "../../bench/simulated-relay/relay-server.ts";
import { openRecording } from "../../shuffler/sources/recording.ts";
import { commitFrame, create, revOf } from "../../shuffler/testing/frames.ts";
import { readAll } from "../../shuffler/testing/items.ts";
import { endAll, fpaas, fpaasInBackground, type Running } from "../support/fpaas.ts";

const CASE = "../shared/cases/clock-ahead";
const START_MS = Date.parse("2026-07-04T12:00:00Z");
const AHEAD_MS = 3_000_000;
const FRAMES = 400;
/** Frames whose host is ahead. */
const isBad = (i: number): boolean => i % 40 === 7;
const BAD_FRAMES = FRAMES / 40;

const PER_MINUTE = `pipeline clocks {
  from firehose('app.bsky.feed.post')
  |> window tumbling(size: 1m, grace: 0s)
  |> reduce { posts: count(), claimed: count(host_time) }
  |> to topic('clocks.posts')
}`;
const PER_SECOND = PER_MINUTE.replace("1m", "1s");
/** Tells of each post at once. */
const ARRIVALS = `pipeline arrivals {
  from firehose('app.bsky.feed.post')
  |> map { rkey }
  |> to topic('arrivals.posts')
}`;
const EACH = `pipeline each {
  from firehose('app.bsky.feed.post')
  |> filter host_time != null
  |> map { rkey, ahead: host_time - time }
  |> to topic('each.claims')
}`;

let folder: string;
let recording: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-host-clocks-"));
  recording = join(folder, "ahead.frames.zst");
  const frames = Array.from({ length: FRAMES }, (_, i) => post(i, START_MS + i * 1000));
  await writeFile(recording, encodeRecording(frames));
  await writeFile(join(folder, "minutes.fpl"), PER_MINUTE);
  await writeFile(join(folder, "seconds.fpl"), PER_SECOND);
  await writeFile(join(folder, "each.fpl"), EACH);
});

afterAll(async () => {
  endAll();
  await rm(folder, { recursive: true, force: true });
});

describe("a recording in which some hosts are 50 minutes ahead", () => {
  it("counts their events when they came, and everybody else's", async () => {
    const program = join(folder, "minutes.fpl");
    const run = await fpaas(["run", program, "--from", recording]);
    const dev = await fpaas(["dev", program, "--from", recording, "--once", "--fresh", "--json"]);
    const windows = recordsOf(run);
    const posts = windows.map((window) => Number(window.posts));
    expect(posts.toSorted((a, b) => a - b)).toEqual([40, 60, 60, 60, 60, 60, 60]);
    expect(sum(windows, "claimed")).toBe(BAD_FRAMES);
    expect(sorted(dev)).toEqual(sorted(run));
  });

  it("says what they claim", async () => {
    const run = await fpaas(["run", join(folder, "each.fpl"), "--from", recording]);
    expect(recordsOf(run)).toHaveLength(BAD_FRAMES);
    // Their time is that of the event before, a second ago.
    expect(recordsOf(run).map(({ ahead }) => ahead)).toEqual(
      Array.from({ length: BAD_FRAMES }, () => AHEAD_MS + 1000),
    );
  });

  it("is the same as a fixture of a test", async () => {
    const program = join(folder, "tested.fpl");
    const test = `${PER_MINUTE}
test 'nobody is late' for clocks {
  given 'ahead.frames.zst'
  advance watermark to t'2026-07-04T12:10:00Z'
  expect late == 0
  expect 'clocks.posts' has { posts: 40 }
  expect length('clocks.posts') == 7
}`;
    await writeFile(program, test);
    expect(await fpaas(["test", program])).toContain("nobody is late");
  });
});

describe("a live relay", () => {
  it("closes its last window though it has fallen silent, whatever single hosts claim", async () => {
    await using relay = await startSimulatedRelay({ frames: [] });
    const program = join(folder, "seconds.fpl");
    const dev = fpaasInBackground(["dev", program, "--from", relay.url, "--fresh", "--json"]);
    await until(() => relay.stats().connected > 0, dev);
    const count = await feed(relay, 60);
    // Nothing more is sent: only the clock can close the last window.
    await until(() => sum(recordsOf(dev.stdout()), "posts") === count, dev);
    expect(sum(recordsOf(dev.stdout()), "claimed")).toBe(countBad(60));
    relay.sendAll(post(60, Date.now()));
    await until(() => sum(recordsOf(dev.stdout()), "posts") === count + 1, dev);
    dev.kill("SIGINT");
    await dev.ended;
    expect(dev.stderr()).toMatch(/^late +0$/m);
    expect(dev.stderr()).toMatch(/^corrected +\d ahead/m);
  });

  it("is left on Ctrl-C though it has fallen silent, and run's windows close", async () => {
    const frames = Array.from({ length: FRAMES }, (_, i) => post(i, START_MS + i * 1000));
    const windows = await runLive(PER_MINUTE, frames);
    const posts = windows.map((window) => Number(window.posts));
    expect(posts.toSorted((a, b) => a - b)).toEqual([40, 60, 60, 60, 60, 60, 60]);
    expect(sum(windows, "claimed")).toBe(BAD_FRAMES);
  });
});

describe.skipIf(!existsSync(CASE))("the case clock-ahead", () => {
  const program = `${CASE}/count.fpl`;
  const from = `${CASE}/ahead.frames`;

  it("counts all of its posts in their minute, by run and dev", async () => {
    const run = await fpaas(["run", program, "--from", from]);
    const { length } = await framesOf(from);
    expect(recordsOf(run)).toMatchObject([{ posts: length }]);
    const dev = await fpaas(["dev", program, "--from", from, "--once", "--fresh", "--json"]);
    expect(sorted(dev)).toEqual(sorted(run));
  });

  it("does the same live from a relay", async () => {
    const frames = await framesOf(from);
    const windows = await runLive(await readFile(program, "utf8"), frames);
    expect(windows).toMatchObject([{ posts: frames.length }]);
  });
});

/** Runs a program over a relay that gives these posts and then nothing, until Ctrl-C. @returns its windows */
async function runLive(text: string, frames: readonly Uint8Array[]) {
  await using relay = await startSimulatedRelay({ frames });
  const program = join(folder, "live.fpl");
  await writeFile(program, `${text}\n${ARRIVALS}`);
  const run = fpaasInBackground(["run", program, "--from", relay.url, "--for", "1h"]);
  const arrived = (): number => recordsOf(run.stdout()).filter(({ rkey }) => rkey).length;
  await until(() => arrived() === frames.length, run);
  run.kill("SIGINT");
  expect(await run.ended).toBe(130);
  return recordsOf(run.stdout()).filter(({ window }) => window);
}

async function framesOf(path: string): Promise<Uint8Array[]> {
  const { items } = await readAll(openRecording(path, null));
  return items.map(({ raw }) => raw);
}

function post(i: number, ms: number): Uint8Array {
  const time = new Date(ms + (isBad(i) ? AHEAD_MS : 0)).toISOString();
  return commitFrame([create(`r${i}`)], { seq: i + 1, rev: revOf(i), time });
}

/** Sends so many posts as they happen. @returns how many */
async function feed(relay: SimulatedRelay, count: number): Promise<number> {
  for (let i = 0; i < count; i += 1) {
    relay.sendAll(post(i, Date.now()));
    await new Promise((resolve) => setTimeout(resolve, 50)); // They are to have times of their own.
  }
  return count;
}

function countBad(count: number): number {
  return Array.from({ length: count }, (_, i) => i).filter(isBad).length;
}

async function until(isMet: () => boolean, running: Running): Promise<void> {
  const giveUpMs = Date.now() + 40_000;
  while (!isMet()) {
    if (Date.now() > giveUpMs) throw new Error(`not met:\n${running.stdout()}${running.stderr()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function recordsOf(stdout: string): Record<string, unknown>[] {
  return sorted(stdout).map((line) => JSON.parse(line).record);
}

function sum(records: readonly Record<string, unknown>[], name: string): number {
  return records.reduce((total, record) => total + Number(record[name]), 0);
}

function sorted(stdout: string): string[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .toSorted();
}
