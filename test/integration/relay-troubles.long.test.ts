// What a relay does to a shuffler in the course of a year, in one life of it on a real server: every event is
// in the stream once, and the log says what happened.

import { spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type SimulatedRelay,
  startSimulatedRelay,
} from "../../bench/simulated-relay/relay-server.ts";
import { startTestNats, type TestNats } from "../../runtime/testing/nats.ts";
import { makeFeed } from "../outage/feed.ts";
import { natsAway } from "../outage/nats-away.ts";
import { checkStored } from "../outage/stored.ts";
import { endAll, fpaasInBackground, type Running } from "../support/fpaas.ts";

let folder: string;
let nats: TestNats;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fpaas-troubles-"));
  nats = await startTestNats();
});
afterAll(async () => {
  endAll();
  await nats?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function start(...flags: string[]): Running {
  return fpaasInBackground(["shuffler", ...flags], { NATS_URL: nats.url });
}

async function stop(shuffler: Running): Promise<void> {
  shuffler.kill("SIGTERM");
  await shuffler.ended;
}

describe("a relay", () => {
  it("that disconnects, counts anew, and forgets: nothing is lost or doubled, and all is said", async () => {
    const { frames, ids } = makeFeed({
      seconds: 9,
      eventsPerSecond: 100,
      startMs: Date.now() - 9000,
    });
    const isStored = async () => (await checkStored(nats.url, ids)).stored;
    let relay = await startSimulatedRelay({ frames: frames.slice(0, 300), framesPast: 0 });
    const { port } = new URL(relay.url);
    const shuffler = start("--relay", relay.url, "--buffer", join(folder, "a"));
    await expect.poll(isStored).toBe(300);
    relay.disconnectAll();
    await expect.poll(() => shuffler.stderr()).toMatch(/connection lost \(.*\), again in/);

    // It has lost its numbers: what was 201 is 1 now. It still has a hundred events that we know.
    await relay[Symbol.asyncDispose]();
    const anew = makeFeed({
      seconds: 9,
      eventsPerSecond: 100,
      startMs: feedStart(frames),
      firstSeq: -199,
    });
    const later = anew.frames.slice(200);
    relay = await startSimulatedRelay({ frames: later, framesPast: 250, port: Number(port) });
    await expect.poll(isStored).toBe(900);
    expect(shuffler.stderr()).toMatch(/our cursor 300 \(FutureCursor\): it counts anew/);
    expect(shuffler.stderr()).toMatch(/going on at position \d+, found by its time/);
    await stop(shuffler);
    await relay[Symbol.asyncDispose]();
    expect(await checkStored(nats.url, ids)).toMatchObject({
      missing: 0,
      doubled: 0,
      unexpected: 0,
    });
  });
});

/** The time of the feed's first event. */
function feedStart(frames: readonly Uint8Array[]): number {
  const text = Buffer.from(frames[0] ?? []).toString("latin1");
  return Date.parse(/\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(text)?.[0] ?? "");
}

describe("a cursor", () => {
  it("that is too old is reported with what is missing, once", async () => {
    const { frames, ids } = makeFeed({
      seconds: 60,
      eventsPerSecond: 100,
      startMs: Date.now() - 60_000,
    });
    await using own = await startTestNats(); // In a stream with events it would go on by their time.
    const env = { NATS_URL: own.url };
    let relay: SimulatedRelay = await startSimulatedRelay({ frames: frames.slice(0, 200) });
    const { port } = new URL(relay.url);
    const flags = ["--relay", relay.url, "--buffer", join(folder, "b")];
    const before = fpaasInBackground(["shuffler", ...flags], env);
    const first = new Set([...ids].slice(0, 200));
    const missing = async () => (await checkStored(own.url, first)).missing;
    await expect.poll(missing).toBe(0);
    await stop(before);
    await relay[Symbol.asyncDispose]();
    const window = { framesPast: 5000, windowFramesMax: 1000, port: Number(port) };
    relay = await startSimulatedRelay({ frames, ...window });
    const after = fpaasInBackground(["shuffler", ...flags], env);
    await expect
      .poll(() => after.stderr())
      .toMatch(/behind our cursor 200 \(OutdatedCursor\): events are missing; going on with 4001/);
    await stop(after);
    await relay[Symbol.asyncDispose]();
  });
});

describe("a buffer", () => {
  it("takes what comes while NATS is killed, in bounded memory, and gives it back in order", async () => {
    const load = { awaySeconds: 4, eventsPerSecond: 250, memoryMegabytes: 1, folder };
    const { log, ...report } = await natsAway({ ...load, aroundSeconds: 2 });
    expect(report).toMatchObject({ missing: 0, doubled: 0, unexpected: 0, slowReadersDropped: 0 });
    expect(log).toContain("what comes now goes to the buffer on disk");
    expect(log).toContain("the buffer on disk is empty again");
  });

  it("that cannot be written ends the shuffler with the reason, before it reads anything", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    await using relay = await startSimulatedRelay({ frames: [] });
    const shuffler = start("--relay", relay.url, "--buffer", join(file, "x"));
    expect(await shuffler.ended).toBe(1);
    expect(shuffler.stderr()).toMatch(/the buffer folder .* cannot be used: .*ENOTDIR/);
    expect(relay.stats().connectionsTotal).toBe(0);
  });

  it("that another shuffler uses is refused", async () => {
    await using relay = await startSimulatedRelay({ frames: [] });
    const flags = ["--relay", relay.url, "--buffer", join(folder, "shared")];
    const first = start(...flags);
    await expect.poll(() => relay.stats().connected).toBe(1);
    const second = start(...flags);
    expect(await second.ended).toBe(6);
    expect(second.stderr()).toContain(`is used by process ${first.pid}`);
    await stop(first);
  });
});

/** Linux lets anybody mount in a namespace of their own, where it is not forbidden. */
const canMount = spawnSync("unshare", ["-Urm", "true"]).status === 0;
const MOUNT_AND_RUN = 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@"';

describe.skipIf(!canMount)("a buffer on a disk", () => {
  it("that is full says where, reading waits for room, and nothing is lost or doubled", async () => {
    const disk = await emptyFolder("small");
    const flags = ["--seconds", "6", "--rate", "250", "--memory", "1", "--folder", disk];
    const args = ["test/outage/main.ts", "nats-away", ...flags];
    const { code, stdout } = await onDisk(disk, "size=3m", args);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /reading pauses: the buffer cannot be written: .*\.seg: ENOSPC: no space left on device/,
    );
    expect(stdout).toContain("reading goes on");
    const report: unknown = JSON.parse(stdout.slice(stdout.lastIndexOf("\n{")));
    expect(report).toMatchObject({ missing: 0, doubled: 0, unexpected: 0 });
  });

  it("that is read-only ends the shuffler with the reason", async () => {
    const disk = await emptyFolder("read-only");
    const flags = ["--relay", "ws://127.0.0.1:1", "--nats", nats.url, "--buffer", join(disk, "x")];
    const { code, stderr } = await onDisk(disk, "ro", ["cli/bin.mjs", "shuffler", ...flags]);
    expect(code).toBe(1);
    expect(stderr).toContain(`the buffer folder ${join(disk, "x")} cannot be used: EROFS`);
  });
});

async function emptyFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}

/** Runs Node where `disk` is a file system of its own, of memory. */
async function onDisk(disk: string, options: string, args: readonly string[]) {
  const mounted = ["-Urm", "sh", "-c", MOUNT_AND_RUN, "sh", options, disk];
  const child = spawn("unshare", [...mounted, process.execPath, ...args], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}
