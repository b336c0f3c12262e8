// What `fpaas run` says of files that are odd, cut off or of no use; `dev` and `test` read them the same way.

import { PassThrough, Writable } from "node:stream";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cidToString } from "../../shuffler/decode/cid.ts";
import {
  cborOf,
  cidOf,
  commitFrame,
  create,
  DID,
  REV,
  revOf,
} from "../../shuffler/testing/frames.ts";
import { runProgram } from "../program.ts";
import { Terminal } from "../terminal/terminal.ts";
import { TestFolder } from "../testing/command.ts";

const PROGRAM = `pipeline posts {
  from firehose('app.bsky.feed.post')
  |> map { text: record.text, n: record."n" }
  |> to topic('p.posts')
}`;
const RECORD = { text: "hello", n: 1 };
const START_US = 1_783_000_000_000_000;

/** A line of Jetstream. @param record as JSON, if it is another than `RECORD` */
function lineOf(i: number, record = JSON.stringify(RECORD)): string {
  const cid = cidToString(cidOf(cborOf(RECORD)));
  const commit = { rev: REV, operation: "create", collection: "app.bsky.feed.post", rkey: `r${i}` };
  const event = {
    did: DID,
    time_us: START_US + i,
    kind: "commit",
    commit: { ...commit, record: 0, cid },
  };
  return `${JSON.stringify(event).replace('"record":0', `"record":${record}`)}\n`;
}

const LINES = Array.from({ length: 5 }, (_, i) => lineOf(i)).join("");
const FRAMES = [0, 1].map((seq) => {
  const frame = commitFrame([create(`r${seq}`)], { seq, rev: revOf(seq) });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(frame.length);
  return Buffer.concat([length, frame]);
});

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
  await folder.write("posts.fpl", PROGRAM);
});
afterAll(() => folder[Symbol.asyncDispose]());

async function runOver(name: string, content: string | Uint8Array) {
  await folder.write(name, content);
  const result = await folder.run(["run", "posts.fpl", "--from", name]);
  return { ...result, records: result.stdout.split("\n").filter((line) => line !== "").length };
}

describe("a source is told by its content where its name does not say", () => {
  it.each<[string, string | Uint8Array, number]>([
    ["a.json", LINES, 5],
    ["a.json.gz", gzipSync(LINES), 5],
    ["a.ndjson", LINES, 5],
    ["a.ndjson.zst", zstdCompressSync(LINES), 5],
    ["marked.txt", `\u{feff}\r\n  ${LINES}`, 5],
    ["noname", Buffer.concat(FRAMES), 2],
    ["frames.bin.zst", zstdCompressSync(Buffer.concat(FRAMES)), 2],
    ["a.frames.gz", gzipSync(Buffer.concat(FRAMES)), 2],
    ["empty", "", 0],
  ])("%s", async (name, content, records) => {
    const result = await runOver(name, content);
    expect(result.code, result.stderr).toBe(0);
    expect(result.records).toBe(records);
  });

  it("what is none of them is refused, with what would be accepted", async () => {
    const { code, stderr } = await runOver("notes.txt", "what I did today, and more of it");
    expect(code).toBe(2);
    expect(stderr).toContain("notes.txt holds nothing that is known; accepted: x.frames");
    const gone = await folder.run(["run", "posts.fpl", "--from", "gone.txt"]);
    expect(gone.code).toBe(2);
  });
});

describe("standard input", () => {
  it("is read as -, compressed or not", async () => {
    for (const content of [LINES, gzipSync(LINES), zstdCompressSync(LINES)]) {
      const running = folder.start(["run", "posts.fpl", "--from", "-"]);
      running.child.stdin.end(content);
      const { code, stdout, stderr } = await running.ended;
      expect(code, stderr).toBe(0);
      expect(stdout.trim().split("\n")).toHaveLength(5);
    }
  });

  it("that does not end is given up by Ctrl-C", async () => {
    const running = folder.start(["run", "posts.fpl", "--from", "-"]);
    running.child.stdin.write(LINES);
    await running.printed("hello");
    running.child.kill("SIGINT");
    expect((await running.ended).code).toBe(130);
  });

  it("is no source of what has to go on where it was", async () => {
    const { code, stderr } = await folder.run(["dev", "posts.fpl", "--from", "-", "--once"]);
    expect(code).toBe(2);
    expect(stderr).toContain("only `fpaas run` reads it");
  });
});

describe("input that ended early is a failure, behind what was good", () => {
  it.each<[string, string | Uint8Array, number, RegExp]>([
    ["cut.jsonl", LINES.slice(0, -20), 4, /cut\.jsonl is cut off inside line 5/],
    [
      "cut.jsonl.gz",
      gzipSync(LINES).subarray(0, -4),
      5,
      /cut\.jsonl\.gz is cut off: it ends at byte/,
    ],
    ["cut.jsonl.zst", zstdCompressSync(LINES).subarray(0, -4), 0, /is cut off: it ends at byte/],
    [
      "odd.jsonl.zst",
      Buffer.concat([zstdCompressSync(LINES), Buffer.from("odd")]),
      5,
      /is damaged at byte/,
    ],
    ["odd.jsonl.gz", Buffer.concat([gzipSync(LINES), Buffer.from("odd")]), 5, /is damaged at byte/],
    ["cut.frames", Buffer.concat(FRAMES).subarray(0, -1), 1, /frame at byte \d+/],
    ["cut.json.gz", gzipSync(LINES).subarray(0, 30), 0, /cut off: it ends at byte 30/],
  ])("%s", async (name, content, records, message) => {
    const result = await runOver(name, content);
    expect(result.code).toBe(3);
    expect(result.stderr).toMatch(message);
    expect(result.records).toBe(records);
    expect(result.stderr).toContain(`events in     ${records}`);
  });

  it("in a test's given file too", async () => {
    await folder.write("given.jsonl.gz", gzipSync(LINES).subarray(0, -4));
    await folder.write(
      "given.fpl",
      `${PROGRAM}\ntest 'all' for posts { given 'given.jsonl.gz' expect length('p.posts') == 5 }\n`,
    );
    const { code, stdout } = await folder.run(["test", "given.fpl"]);
    expect(code).toBe(1);
    expect(stdout).toContain("is cut off");
  });

  it("in dev too", async () => {
    const packed = Buffer.concat([zstdCompressSync(LINES), Buffer.from("odd")]);
    await folder.write("dev.jsonl.zst", packed);
    const args = ["dev", "posts.fpl", "--once", "--fresh", "--from", "dev.jsonl.zst"];
    const { code, stderr } = await folder.run(args);
    expect(code).toBe(3);
    expect(stderr).toContain("dev.jsonl.zst is damaged at byte");
  });
});

describe("what is refused", () => {
  it("is said by its causes; all of it is a failure", async () => {
    const { code, stderr } = await runOver("bad.jsonl", "garbage\n{}\n[1]\n");
    expect(code).toBe(1);
    expect(stderr).toContain("nothing of bad.jsonl could be read: all was rejected (3 bad_line)");
    const dev = await folder.run(["dev", "posts.fpl", "--once", "--fresh", "--from", "bad.jsonl"]);
    expect(dev.code).toBe(1);
    expect(dev.stderr).toContain("nothing of");
  });

  it("is no failure when something came through", async () => {
    const twice = lineOf(7, '{"text":"a","text":"b"}');
    const { code, stderr, records } = await runOver(
      "some.jsonl",
      `${lineOf(8, '{"n":NaN}')}${twice}${lineOf(9, '{"n":1e999}')}${LINES}`,
    );
    expect(code).toBe(0);
    expect(records).toBe(5);
    expect(stderr).toContain("rejected (bad_line): line 1: no JSON");
    expect(stderr).toContain("rejected (bad_record): line 2: a key that is there twice");
    expect(stderr).toContain("rejected (bad_record): a number past the float range");
    expect(stderr).toMatch(/rejected +2 bad_record, 1 bad_line/);
  });

  it("does not include a record that is not what its CID says, which is counted and said once", async () => {
    const other = [10, 11, 12].map((i) => lineOf(i, '{"text":"other","n":9007199254740993}'));
    const { code, stderr, stdout } = await runOver("other.jsonl", LINES + other.join(""));
    expect(code).toBe(0);
    expect(stdout.match(/"n":9007199254740992/g)).toHaveLength(3);
    expect(stderr.match(/is not what its CID says/g)).toHaveLength(1);
    expect(stderr).toContain("line 6: the record is not what its CID says");
    expect(stderr).toMatch(/CID differs +3/);
  });
});

describe("on a terminal", () => {
  /** What a terminal would show of standard output. */
  async function shown(...options: readonly string[]): Promise<string> {
    await folder.write("lines.jsonl", LINES);
    let text = "";
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
    const env = { ...process.env, NO_COLOR: "1" };
    const tty = Object.assign(stdout, { isTTY: true, columns: 80 });
    const stderr = new PassThrough();
    stderr.resume();
    const terminal = new Terminal({ stdout: tty, stderr, env, nowMs: () => 0 });
    const { signal } = new AbortController();
    const args = ["run", "posts.fpl", "--from", "lines.jsonl", ...options];
    await runProgram(args, { terminal, env, folder: folder.path, signal });
    return text;
  }

  it("run prints the table that dev prints; --json and a pipe have a line each", async () => {
    const table = await shown();
    expect(table).toContain("hello  n 1");
    expect(table).not.toContain("{");
    expect(await shown("--json")).toContain('{"topic":"p.posts","record":{"text":"hello","n":1,');
  });
});
