// `fpaas fmt` and `fpaas test` as a user runs them.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestFolder } from "../testing/command.ts";
import { COUNTS, TYPO } from "../testing/programs.ts";

const UGLY = COUNTS.replaceAll(/\n +/g, " ");

const TESTED = `${COUNTS}
test 'counts posts' for counts {
  given post('one', did: 'did:plc:bob')
  given post('two')
  advance watermark to t'2026-01-01T00:02:00Z'
  expect 'counts.minutes' == [{ collection: 'app.bsky.feed.post', n: 2 }]
  expect late == 0
}
`;

const FAILING = `${COUNTS}
test 'counts likes' for counts {
  given like('at://did:plc:bob/app.bsky.feed.post/a')
  advance watermark to t'2026-01-01T00:02:00Z'
  expect 'counts.minutes' == [
    { collection: 'app.bsky.feed.like', n: 3 }
  ]
}
`;

const JETSTREAM = `${JSON.stringify({
  did: "did:plc:bob",
  time_us: Date.parse("2026-03-01T00:00:30Z") * 1000,
  kind: "commit",
  commit: {
    rev: "3mbd3542k2223",
    operation: "delete",
    collection: "app.bsky.feed.post",
    rkey: "a",
  },
})}\n`;

const WITH_FIXTURE = `pipeline all {
  from firehose()
  |> to stdout
}
test 'reads a fixture beside the file' for all {
  given 'one.jsonl'
  expect 'stdout' == [{ did: 'did:plc:bob', op: 'delete', time: t'2026-03-01T00:00:30Z' }]
}
`;

let folder: TestFolder;

beforeAll(async () => {
  folder = await TestFolder.create();
  await folder.write("counts.fpl", COUNTS);
  await folder.write("typo.fpl", TYPO);
  await folder.write("tested.fpl", TESTED);
  await folder.write("failing.fpl", FAILING);
  await folder.write("fixture.fpl", WITH_FIXTURE);
  await folder.write("one.jsonl", JETSTREAM);
});

afterAll(() => folder[Symbol.asyncDispose]());

const fpaas = (...args: string[]) => folder.run(args);

describe("fpaas fmt", () => {
  it("formats files in place and says how many", async () => {
    await folder.write("ugly.fpl", UGLY);
    const { code, stdout, stderr } = await fpaas("fmt", "ugly.fpl", "counts.fpl");
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "",
      stderr: "1 file formatted, 2 looked at\n",
    });
    expect(await readFile(join(folder.path, "ugly.fpl"), "utf8")).toBe(COUNTS);
  });

  it("only names what is not formatted with --check, exit 1", async () => {
    await folder.write("ugly2.fpl", UGLY);
    const { code, stdout } = await fpaas("fmt", "--check", "ugly2.fpl", "counts.fpl");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "ugly2.fpl\n" });
    expect(await readFile(join(folder.path, "ugly2.fpl"), "utf8")).toBe(UGLY);
    expect((await fpaas("fmt", "--check", "counts.fpl")).code).toBe(0);
  });

  it("formats standard input to standard output", async () => {
    for (const name of ["-", "--stdin"]) {
      const running = folder.start(["fmt", name]);
      running.child.stdin.end(UGLY);
      expect(await running.ended).toEqual({ code: 0, stdout: COUNTS, stderr: "" });
    }
  });

  it("leaves a file with mistakes alone and shows them, exit 3", async () => {
    const { code, stderr } = await fpaas("fmt", "typo.fpl");
    expect(code).toBe(3);
    expect(stderr).toContain("typo.fpl:3:6");
    expect(await readFile(join(folder.path, "typo.fpl"), "utf8")).toBe(TYPO);
  });

  it("wants a file, exit 2, that is there, exit 5", async () => {
    expect((await fpaas("fmt")).code).toBe(2);
    expect((await fpaas("fmt", "nowhere.fpl")).code).toBe(5);
  });
});

describe("fpaas test", () => {
  it("names every test and counts them, exit 0", async () => {
    expect(await fpaas("test", "tested.fpl", "fixture.fpl")).toEqual({
      code: 0,
      stdout: "✓ counts posts\n✓ reads a fixture beside the file\n",
      stderr: "2 passed, 0 failed\n",
    });
  });

  it("shows what was expected and what there was, exit 1", async () => {
    const { code, stdout, stderr } = await fpaas("test", "failing.fpl", "tested.fpl");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "1 passed, 1 failed\n" });
    expect(stdout).toContain("✗ counts likes\n  failing.fpl:12\n");
    expect(stdout).toContain("-     n: 3\n");
    expect(stdout).toContain("+     n: 1\n");
    expect(stdout).not.toContain("\x1b[");
  });

  it("gives the same as JSON", async () => {
    const { code, stdout } = await fpaas("test", "--json", "failing.fpl", "tested.fpl");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        file: "failing.fpl",
        line: 9,
        test: "counts likes",
        pipeline: "counts",
        passed: false,
        failures: [{ line: 12, expected: [{ n: 3 }], actual: [{ n: 1 }] }],
      },
      { file: "tested.fpl", test: "counts posts", passed: true, failures: [] },
    ]);
  });

  it("runs nothing in a file with errors, exit 3", async () => {
    const { code, stdout, stderr } = await fpaas("test", "tested.fpl", "typo.fpl");
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain("did you mean `filter`?");
  });

  it("runs again when the file is saved, until it is stopped", async () => {
    await folder.write("watched.fpl", FAILING);
    const running = folder.start(["test", "--watch", "watched.fpl"]);
    await running.said("waiting for changes");
    await folder.write("watched.fpl", TESTED);
    await running.said("1 passed, 0 failed");
    await folder.write("watched.fpl", FAILING.replace("n: 3", "n: 1"));
    await running.printed("✓ counts likes");
    running.child.kill("SIGINT");
    const { code } = await running.ended;
    expect(code).toBe(130);
  });
});
