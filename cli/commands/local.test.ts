// The commands that need no server, as a user runs them.

import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestFolder } from "../testing/command.ts";
import { COUNTS, POSTS, TYPO } from "../testing/programs.ts";

const OLD_NODE = "/usr/bin/node";

let folder: TestFolder;

beforeAll(async () => {
  folder = await TestFolder.create();
  await folder.write("counts.fpl", COUNTS);
  await folder.write("posts.fpl", POSTS);
  await folder.write("typo.fpl", TYPO);
});

afterAll(() => folder[Symbol.asyncDispose]());

const fpaas = (...args: string[]) => folder.run(args);

describe("fpaas", () => {
  it("says what a mistyped command was meant to be, exit 2", async () => {
    const { code, stdout, stderr } = await fpaas("chekc", "counts.fpl");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("unknown command 'chekc'");
    expect(stderr).toContain("Did you mean check?");
  });

  it.each([["run", "counts.fpl"], ["check"], ["run", "counts.fpl", "--from", "x", "--limit", "0"]])(
    "refuses wrong usage with exit 2: %s",
    async (...args) => {
      const { code, stdout } = await fpaas(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    },
  );

  it("prints its help and its version on standard output, exit 0", async () => {
    const help = await fpaas("--help");
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const name of ["check", "run", "dev", "deploy", "tail", "doctor"]) {
      expect(help.stdout).toContain(`  ${name} `);
    }
    expect(await fpaas("--version")).toMatchObject({ code: 0, stdout: "0.1.0\n" });
  });

  it.skipIf(!existsSync(OLD_NODE))("runs on an old Node by the one it brings along", async () => {
    const old = folder.start(["explain", "FPL0204"], {}, OLD_NODE);
    expect(await old.ended).toMatchObject({ code: 0, stderr: "" });
    const failing = folder.start(["check", "typo.fpl"], {}, OLD_NODE);
    expect(await failing.ended).toMatchObject({ code: 3 });
  });
});

describe("fpaas check", () => {
  it("is content with a valid file, exit 0", async () => {
    const { code, stdout, stderr } = await fpaas("check", "counts.fpl", "posts.fpl");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe("2 files, 2 pipelines: no errors\n");
  });

  it("shows a typo with its place and the fix on standard error, exit 3", async () => {
    const { code, stdout, stderr } = await fpaas("check", "typo.fpl");
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain("typo.fpl:3:6");
    expect(stderr).toContain("did you mean `filter`?");
    expect(stderr).not.toContain("\x1b[");
  });

  it("gives the same as JSON on standard output", async () => {
    const { code, stdout } = await fpaas("check", "--json", "counts.fpl", "typo.fpl");
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        file: "typo.fpl",
        line: 3,
        column: 6,
        endLine: 3,
        endColumn: 12,
        code: "FPL0102",
        severity: "error",
        message: "unknown stage `filtre`, did you mean `filter`?",
      },
    ]);
  });

  it("says nothing but errors when quiet", async () => {
    expect(await fpaas("check", "--quiet", "counts.fpl")).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("names a file that is not there, exit 5", async () => {
    const { code, stderr } = await fpaas("check", "nowhere.fpl");
    expect(code).toBe(5);
    expect(stderr).toContain("no such file: nowhere.fpl");
  });

  it("wants a param's value with its name, exit 2, and of its type, exit 3", async () => {
    expect((await fpaas("check", "posts.fpl", "--param", "needle")).code).toBe(2);
    expect((await fpaas("check", "posts.fpl", "--param", "nedle=x")).code).toBe(3);
  });
});

describe("fpaas explain", () => {
  it("draws the plan, and gives it as JSON", async () => {
    const drawing = await fpaas("explain", "counts.fpl");
    expect(drawing.code).toBe(0);
    expect(drawing.stdout).toContain("sink -> topic counts.minutes");
    expect(drawing.stdout).toContain(
      "\n  |> reduce by collection { n: count() }\n      : {collection: ",
    );
    expect(drawing.stdout).toContain("\n    │  exchange by collection\n    ▼\n  ┌ s1 ×2 ─");
    const json = await fpaas("explain", "--json", "counts.fpl");
    expect(JSON.parse(json.stdout)).toMatchObject([
      {
        pipeline: "counts",
        format: 1,
        written: [{ text: "from firehose('app.bsky.feed.*')" }, {}, {}, {}, {}],
        facts: [
          { id: "s0", fused: ["window", "exchange"] },
          { id: "s1", fused: ["reduce", "sink"] },
        ],
      },
    ]);
  });

  it("prints the page of a code, whatever its case, and knows none that is not", async () => {
    const page = (await fpaas("explain", "fpl0204")).stdout;
    expect(page).toMatch(/^error\[FPL0204\]: Values of different types/);
    expect(page).toContain("This is wrong:");
    expect(page).toContain("--> example.fpl:4:13");
    expect(page).toContain("This is right:");
    expect((await fpaas("explain", "FPL9999")).code).toBe(5);
  });
});
