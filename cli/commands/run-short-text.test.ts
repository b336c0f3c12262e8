// `fpaas run` over JSON lines whose records are full of short texts that are not ASCII: each record arrives as it was
// sent, whichever slab it was encoded in.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryFile } from "../../test/support/recordings.ts";
import { TestFolder } from "../testing/command.ts";

const CASE = repositoryFile("../shared/cases/short-text/");
const RUNS = 20;
/** Of the case's README. */
const COUNTS = {
  ...Object.fromEntries(["天気", "สวัสดี", "καλημέρα", "데이터"].map((tag) => [tag, 750])),
  ...Object.fromEntries(["東京", "погода", "ニュース", "été"].map((tag) => [tag, 600])),
};

const POSTS = `
pipeline posts {
  from firehose('app.bsky.feed.post')
  |> map { record: record, time: time }
  |> to topic('posts')
}
`;
const EVENTS = 3000;
const WORDS = ["天気", "été", "погода", "plain", "🙂", "สวัสดี", "a-rather-long-plain-tag"];
const CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a";

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Runs a program over a file and gives the records it printed, in order, and the summary. */
async function run(program: string, from: string) {
  const { code, stdout, stderr } = await folder.run(["run", program, "--from", from]);
  expect(code, stderr).toBe(0);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return { records: lines.map((line) => JSON.parse(line).record), stderr };
}

/** The texts of post `i`: every length up to 70 units, as records of slightly different sizes. */
function recordOf(i: number) {
  const word = (n: number): string => WORDS[n % WORDS.length] ?? "";
  return {
    $type: "app.bsky.feed.post",
    text: Array.from(word(i).repeat(70))
      .slice(0, i % 70)
      .join(""),
    tags: Array.from({ length: 1 + (i % 8) }, (_, n) => word(i + n)),
    createdAt: "2026-07-04T12:00:00.000Z",
  };
}

function lineOf(i: number): string {
  const commit = {
    rev: "3kabcdefghij2",
    operation: "create",
    collection: "app.bsky.feed.post",
    rkey: `p${i}`,
    record: recordOf(i),
    cid: CID,
  };
  const time_us = 1_783_166_400_000_000 + i * 1000;
  return JSON.stringify({
    did: "did:plc:abcdefghijklmnopqrstuvwx",
    time_us,
    kind: "commit",
    commit,
  });
}

describe("short texts that are not ASCII", () => {
  it("arrive as they were sent, in every record", async () => {
    const sent = Array.from({ length: EVENTS }, (_, i) => i);
    await folder.write("posts.fpl", POSTS);
    await folder.write("posts.jsonl", sent.map(lineOf).join("\n"));
    const { records, stderr } = await run("posts.fpl", "posts.jsonl");
    expect(records.map(({ record }) => record)).toEqual(sent.map(recordOf));
    expect(stderr).not.toContain("rejected");
  });

  it.skipIf(!existsSync(CASE))(
    `are counted right in ../shared/cases/short-text, ${RUNS} times`,
    async () => {
      await folder.write("tags.fpl", await readFile(new URL("tags.fpl", CASE), "utf8"));
      const from = new URL("tags.jsonl.zst", CASE).pathname;
      for (let i = 0; i < RUNS; i += 1) {
        const { records, stderr } = await run("tags.fpl", from);
        expect(Object.fromEntries(records.map(({ tag, n }) => [tag, n]))).toEqual(COUNTS);
        expect(records).toHaveLength(Object.keys(COUNTS).length);
        expect(stderr).toMatch(/events in +1,200\n/);
        expect(stderr).not.toContain("rejected");
      }
    },
  );
});
