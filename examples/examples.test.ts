// Every numbered example compiles without a word and gives records on the bundled sample; and the index
// names every one of them.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { repositoryFile, SAMPLE } from "../test/support/recordings.ts";
import { runProgram } from "../test/support/run-plan.ts";

const LESSONS = readdirSync(repositoryFile("examples"))
  .filter((name) => name.endsWith(".fpl"))
  .sort();
/** Topics that a lesson promises beside its main one. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  "08-chain-two-pipelines.fpl": ["lesson.replies"],
  "10-late-and-dead-letters.fpl": ["lesson.late", "lesson.dlq"],
};

describe("the examples", () => {
  it("are numbered without a gap", () => {
    const numbers = LESSONS.map((name) => Number(name.slice(0, 2)));
    expect(numbers).toEqual(LESSONS.map((_, index) => index + 1));
    expect(LESSONS.length).toBeGreaterThanOrEqual(10);
  });

  it("stand in the index, each once", () => {
    const index = readFileSync(repositoryFile("examples/README.md"), "utf8");
    const linked = [...index.matchAll(/\]\((\d\d-[a-z-]+\.fpl)\)/g)].map((match) => match[1]);
    expect(linked).toEqual(LESSONS);
  });

  it.each(LESSONS)("%s opens with what it teaches, compiles and yields records", async (name) => {
    const source = readFileSync(repositoryFile(`examples/${name}`), "utf8");
    expect(source).toMatch(new RegExp(`^# Lesson ${Number(name.slice(0, 2))}: `));
    const { topics } = runProgram(source, await SAMPLE.frames());
    const [stdout] = [...topics.keys()].filter((topic) => topic.startsWith("stdout."));
    expect(stdout).toBeDefined();
    for (const topic of ALSO[name] ?? []) expect([...topics.keys()]).toContain(topic);
  });
});
