// An event that comes again counts once, in `run` and in `test` as in `dev`: whatever the source is.

import { existsSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { encodeRecording } from "../../bench/simulated-relay/recording.ts";
import { commitFrame, create } from "../../shuffler/testing/frames.ts";
import { repositoryFile } from "../../test/support/recordings.ts";
import { REPO_PRESENT } from "../../test/support/repo.ts";
import { TestFolder } from "../testing/command.ts";
import { FRAMES, makeFrames } from "../testing/programs.ts";

const CASE = repositoryFile("../shared/cases/repeated-events/");
const HAS_CASE = existsSync(CASE);
const REPO = repositoryFile("../shared/data/firehose/repo/calabro.car");

/** Everything there is, once for each event. */
const ALL = `pipeline all {
  from firehose()
  |> map { did, kind, op, collection, rkey, rev, handle, active, seq: 0 }
  |> to topic('all')
}
`;

let folder: TestFolder;
let frames: Uint8Array[];

beforeAll(async () => {
  [folder, frames] = await Promise.all([TestFolder.create(), makeFrames()]);
  await folder.write("all.fpl", ALL);
  await folder.write("whole.frames.zst", encodeRecording(frames));
});

afterAll(() => folder[Symbol.asyncDispose]());

/** The records that `run` and `dev --once` print, sorted, and the rows of their summaries. */
async function outcome(...args: string[]) {
  const { code, stdout, stderr } = await folder.run(args);
  expect(code, stderr).toBe(0);
  const lines = stdout.trimEnd().split("\n").sort();
  const row = (name: string): string | null =>
    new RegExp(`^${name} {2,}(.*)$`, "m").exec(stderr)?.[1] ?? null;
  return { lines, events: row("events in"), repeated: row("repeated"), rejected: row("rejected") };
}

const run = async (from: string, ...more: string[]) =>
  await outcome("run", "all.fpl", "--from", from, ...more);
const dev = async (from: string) =>
  await outcome("dev", "all.fpl", "--from", from, "--once", "--fresh", "--json");

/** Plays the file in one test of `ALL`. @returns what the command says of it */
async function played(steps: string): Promise<string> {
  await folder.write("played.fpl", `${ALL}test 'plays' for all {\n${steps}\n}\n`);
  const { stdout, stderr } = await folder.run(["test", "played.fpl"]);
  return stdout + stderr;
}

function postLine(n: number): string {
  const base = {
    did: `did:plc:${"abcdefghij".charAt(n)}${"a".repeat(23)}`,
    time_us: 1e15 + n * 1e6,
  };
  if (n % 4 === 1)
    return JSON.stringify({ ...base, kind: "identity", identity: { handle: "a.test" } });
  if (n % 4 === 2) return JSON.stringify({ ...base, kind: "account", account: { active: false } });
  const commit = { rev: `3kabcdefghij${n % 8 > 0 ? 3 : 2}`, operation: "delete", rkey: `r${n}` };
  return JSON.stringify({
    ...base,
    kind: "commit",
    commit: { ...commit, collection: "app.bsky.feed.post" },
  });
}

const linesOf = (...numbers: number[]): string => numbers.map((n) => `${postLine(n)}\n`).join("");

it("JSON lines that overlap give each event once, and what is dropped is shown, also by dev", async () => {
  await folder.write("once.jsonl", linesOf(0, 1, 2, 3, 4, 5, 6));
  await folder.write("overlap.jsonl", linesOf(0, 1, 2, 3, 4) + linesOf(2, 3, 4, 5, 6) + linesOf(0));
  const once = await run("once.jsonl");
  expect(once).toMatchObject({ events: "7", repeated: null });
  expect(once.lines).toHaveLength(7);
  const overlap = await run("overlap.jsonl");
  expect(overlap).toEqual({ lines: once.lines, events: "11", repeated: "4", rejected: null });
  expect(await dev("overlap.jsonl")).toEqual(overlap);
});

it("recordings that are joined give each event once", async () => {
  const [first, second] = [frames.slice(0, 250), frames.slice(150)];
  await folder.write("joined.frames.zst", encodeRecording([...first, ...second]));
  const whole = await run("whole.frames.zst");
  expect(whole.lines.length).toBeGreaterThanOrEqual(FRAMES);
  const joined = await run("joined.frames.zst");
  expect(joined.lines).toEqual(whole.lines);
  // Within one connection a commit that comes again is out of its repo's order, and refused before.
  expect(joined.rejected).toMatch(/\d+ rev_order/);
});

/** Its second connection begins a hundred frames before where the first one broke off, whatever the cursor. */
it("a relay that sends events again after a reconnect gives each once", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  let connections = 0;
  server.on("connection", (socket) => {
    connections += 1;
    const sent = connections === 1 ? frames.slice(0, 200) : frames.slice(100);
    for (const frame of sent) socket.send(frame);
    if (connections === 1) socket.close();
  });
  const whole = await run("whole.frames.zst");
  const { port } = server.address() as { port: number }; // a TCP server has one
  try {
    const limit = String(whole.lines.length);
    const again = await run(`ws://127.0.0.1:${port}`, "--limit", limit);
    expect(again.lines).toEqual(whole.lines);
    expect(Number(again.repeated)).toBeGreaterThan(50);
    expect(connections).toBeGreaterThan(1);
  } finally {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

describe("fpaas test", () => {
  it("drops what its files repeat, within one and among several, and counts it", async () => {
    await folder.write("a.jsonl", linesOf(0, 1, 2, 1, 0));
    await folder.write("b.jsonl", linesOf(1, 2, 3));
    expect(
      await played(`given 'a.jsonl'
        expect length('all') == 3
        expect repeated == 2
        given 'b.jsonl'
        expect length('all') == 4
        expect repeated == 4`),
    ).toContain("1 passed, 0 failed");
  });

  it("counts a commit that comes again in frames as refused, not as repeated", async () => {
    await folder.write("posts.frames.zst", encodeRecording([commitFrame([create("a")])]));
    const twice = await played(`given 'posts.frames.zst'
      given 'posts.frames.zst'
      expect length('all') == 1
      expect repeated == 0`);
    expect(twice).toContain("1 passed, 0 failed");
  });

  it("takes every other `given` for an event of its own, however equal", async () => {
    expect(
      await played(`given post('a', time: t'2026-07-04T12:00:00Z', rkey: 'same')
        given post('a', time: t'2026-07-04T12:00:00Z', rkey: 'same')
        given identity(handle: 'a.test', time: t'2026-07-04T12:00:01Z')
        given identity(handle: 'a.test', time: t'2026-07-04T12:00:01Z')
        expect length('all') == 4
        expect repeated == 0`),
    ).toContain("1 passed, 0 failed");
  });

  it("says how many there were when another number is expected", async () => {
    expect(await played(`given 'a.jsonl'\nexpect repeated == 0`)).toContain(
      "repeated is 2, expected == 0",
    );
  });

  it("drops the frames that a recording repeats", async () => {
    await folder.write("twice.frames.zst", encodeRecording([...frames, ...frames]));
    const { length } = (await run("whole.frames.zst")).lines;
    expect(
      await played(`given 'twice.frames.zst'
        expect length('all') == ${length}
        expect repeated < ${length}`), // As in run, a commit that comes again is refused before.
    ).toContain("1 passed, 0 failed");
  });
});

describe.skipIf(!REPO_PRESENT)("a repo export of ../shared/data", () => {
  it("gives every record once, and nothing when it is given again", async () => {
    await copyFile(REPO, `${folder.path}/repo.car`);
    const { lines, events, repeated } = await run("repo.car");
    expect({ events, repeated }).toEqual({ events: "4,347", repeated: null });
    expect(new Set(lines).size).toBe(4347);
    expect(
      await played(`given 'repo.car'
        given 'repo.car'
        expect length('all') == 4347
        expect repeated == 4347`),
    ).toContain("1 passed, 0 failed");
  });
});

describe.skipIf(!HAS_CASE)("the case repeated-events of ../shared/cases", () => {
  it("counts ten posts everywhere", async () => {
    for (const name of ["count.fpl", "given.fpl", "reconnect.jsonl"]) {
      await folder.write(name, await readFile(new URL(name, CASE)));
    }
    const from = ["count.fpl", "--from", "reconnect.jsonl"];
    const ran = await outcome("run", ...from);
    const [line = "", ...others] = ran.lines;
    expect(others).toEqual([]);
    expect(JSON.parse(line)).toMatchObject({ record: { posts: 10, authors: 10 } });
    expect(ran).toMatchObject({ events: "15", repeated: "5" });
    expect(await outcome("dev", ...from, "--once", "--fresh", "--json")).toEqual(ran);
    expect(await folder.run(["test", "given.fpl"])).toMatchObject({ code: 0 });
  });
});
