// The same programs over the same recording, each in one process and together on a real nats-server with
// worker threads, must give the same records. (pipelines/*.test.ts hold the first against a naive
// reference, so the second is held against it too.)

import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { TestFolder } from "../../cli/testing/command.ts";
import { repositoryFile } from "../support/recordings.ts";

const RECORDINGS = ["examples/sample.frames.zst", "../shared/data/firehose/pds-a.frames.zst"].map(
  pathOf,
);
const PROGRAMS = ["hashtag-trends", "likes-per-post", "network-health", "languages"];

const FILES = PROGRAMS.map((name) => pathOf(`pipelines/${name}.fpl`));

describe.each(RECORDINGS)("over %s", (recording) => {
  it.skipIf(!existsSync(recording))("dev gives what run gives", async () => {
    // Of its own: `fpaas dev` keeps its server in the folder that it runs in.
    await using folder = await TestFolder.create();
    const local: string[][] = [];
    for (const file of FILES) {
      const { code, stdout } = await folder.run(["run", file, "--from", recording]);
      expect(code).toBe(0);
      local.push(lines(stdout));
    }
    for (const records of local) expect(records.length).toBeGreaterThan(0);
    const options = ["--from", recording, "--once", "--fresh", "--json"];
    const dev = await folder.start(["dev", ...FILES, ...options]).ended;
    expect(dev.code, dev.stderr).toBe(0);
    expect(lines(dev.stdout).sort()).toEqual(local.flat().sort());
  });
});

describe("pipelines in a chain, over a file with records that are late", () => {
  it("give in dev, twice, what run gives and what one pipeline gives", async () => {
    await using folder = await TestFolder.create();
    await folder.write("chain.fpl", CHAIN);
    await folder.write("late.jsonl", lateLines().join("\n"));
    const from = ["chain.fpl", "--from", "late.jsonl"];
    const { stdout } = await folder.run(["run", ...from]);
    const local = lines(stdout).sort();
    expect(resultsOf("chain.over", local).length).toBeGreaterThan(5);
    expect(resultsOf("chain.over", local)).toEqual(resultsOf("chain.direct", local));
    expect(local.filter((line) => line.includes("chain.late")).length).toBeGreaterThan(20);
    for (let time = 0; time < 2; time += 1) {
      const dev = await folder.start(["dev", ...from, "--once", "--fresh", "--json"]).ended;
      expect(dev.code, dev.stderr).toBe(0);
      expect(lines(dev.stdout).sort()).toEqual(local);
    }
  });
});

const WINDOW = "|> window tumbling(size: 10s, late: side('chain.late'))";
const CHAIN = `pipeline pass { from firehose('app.bsky.feed.post') |> map { did, n: rkey } |> to topic('chain.pass', key: did) }
pipeline over { from topic('chain.pass') ${WINDOW}
  |> reduce { count: count(), first: first(n), last: last(n) } |> to topic('chain.over') }
pipeline direct { from firehose('app.bsky.feed.post') |> let n = rkey ${WINDOW.replace("late'", "lost'")}
  |> reduce { count: count(), first: first(n), last: last(n) } |> to topic('chain.direct') }
`;
const LINES = 1500;
const ACCOUNTS = 40;

/** Ten posts a second; times step back within the second, and one in twenty is 15 s late. */
function lateLines(): string[] {
  const startMs = Date.UTC(2026, 6, 4, 12);
  return Array.from({ length: LINES }, (_, i) => {
    const timeMs = startMs + i * 100 - ((i * 379) % 900) - (i % 20 === 19 ? 15_000 : 0);
    const did = `did:plc:${String.fromCharCode(97 + (i % ACCOUNTS) / 2)}${"a".repeat(22)}${i % 2 === 0 ? "b" : "c"}`;
    const where = { collection: "app.bsky.feed.post", rkey: `r${i}` };
    const commit = { rev: "3kaaaaaaaaaa2", operation: "delete", ...where };
    return JSON.stringify({ did, time_us: timeMs * 1000 + (i % 1000), kind: "commit", commit });
  });
}

function resultsOf(topic: string, records: readonly string[]): string[] {
  const own = records.filter((line) => line.includes(`"${topic}"`));
  return own.map((line) => line.replace(topic, ""));
}

function pathOf(file: string): string {
  return repositoryFile(file).pathname;
}

function lines(output: string): string[] {
  return output.split("\n").filter((line) => line.startsWith("{"));
}
