// The same programs over the same recording, each in one process and together on a real nats-server with
// worker threads, must give the same records. (pipelines/*.test.ts hold the first against a naive
// reference, so the second is held against it too.)

import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { endAll, fpaas, fpaasInBackground } from "../support/fpaas.ts";

const RECORDINGS = ["examples/sample.frames.zst", "../shared/data/firehose/pds-a.frames.zst"];
const PROGRAMS = ["hashtag-trends", "likes-per-post", "network-health", "languages"];

const FILES = PROGRAMS.map((name) => `pipelines/${name}.fpl`);

afterAll(endAll);

describe.each(RECORDINGS)("over %s", (recording) => {
  it.skipIf(!existsSync(recording))("dev gives what run gives", async () => {
    const local: string[][] = [];
    for (const file of FILES) local.push(lines(await fpaas(["run", file, "--from", recording])));
    for (const records of local) expect(records.length).toBeGreaterThan(0);
    const options = ["--from", recording, "--once", "--fresh", "--json"];
    const dev = fpaasInBackground(["dev", ...FILES, ...options]);
    expect(await dev.ended).toBe(0);
    expect(lines(dev.stdout()).sort()).toEqual(local.flat().sort());
  });
});

describe("pipelines in a chain, over a file with records that are late", () => {
  it("give in dev, twice, what run gives and what one pipeline gives", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fpaas-chain-"));
    const [program, recording] = [join(folder, "chain.fpl"), join(folder, "late.jsonl")];
    await writeFile(program, CHAIN);
    await writeFile(recording, lateLines().join("\n"));
    const local = lines(await fpaas(["run", program, "--from", recording])).sort();
    expect(resultsOf("chain.over", local).length).toBeGreaterThan(5);
    expect(resultsOf("chain.over", local)).toEqual(resultsOf("chain.direct", local));
    expect(local.filter((line) => line.includes("chain.late")).length).toBeGreaterThan(20);
    for (let time = 0; time < 2; time += 1) {
      const options = ["--from", recording, "--once", "--fresh", "--json"];
      const dev = fpaasInBackground(["dev", program, ...options]);
      expect(await dev.ended, dev.stderr()).toBe(0);
      expect(lines(dev.stdout()).sort()).toEqual(local);
    }
    await rm(folder, { recursive: true });
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

function lines(output: string): string[] {
  return output.split("\n").filter((line) => line.startsWith("{"));
}
