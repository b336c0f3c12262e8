// What is run in every way: the programs that are shipped, the lessons, and random programs, each with a recording.

import { readdirSync, readFileSync } from "node:fs";
import { TestFolder } from "../../cli/testing/command.ts";
import { compile } from "../../compiler/compile.ts";
import type { Op, Plan } from "../../plan/plan.ts";
import { seededRandom } from "../../runtime/testing/random.ts";
import { Draft } from "../sql-fuzz/draft.ts";
import { PREAMBLE } from "../sql-fuzz/fields.ts";
import { drawPipelines } from "../sql-fuzz/program.ts";
import { drawCommits } from "../sql-fuzz/tape.ts";
import { repositoryFile } from "../support/recordings.ts";
import type { Keys } from "./outcome.ts";
import { recordingOf } from "./recording.ts";
import type { Group } from "./ways.ts";

const COMMITS = 150;

/** The programs of the folders `pipelines` and `examples`, over the sample. */
export async function shippedGroup(): Promise<Group> {
  return await groupOf(
    shippedSources(),
    readFileSync(repositoryFile("examples/sample.frames.zst")),
  );
}

export function shippedSources(): SourceFile[] {
  return ["pipelines", "examples"].flatMap((folder) =>
    readdirSync(repositoryFile(folder))
      .filter((name) => name.endsWith(".fpl"))
      .map((name) => [name, readFileSync(repositoryFile(`${folder}/${name}`), "utf8")] as const),
  );
}

/** Random programs in one file, over random events. */
export async function randomGroup(seed: number, programs: number): Promise<Group> {
  return await groupOf([["random.fpl", randomText(seed, programs)]], await randomRecording(seed));
}

export function randomText(seed: number, programs: number): string {
  const pipelines = Array.from({ length: programs }, (_, i) => {
    const random = seededRandom(seed * 1000 + i);
    return drawPipelines(new Draft(random, "second", false, `s${seed}x${i}p`));
  });
  return `${PREAMBLE}${pipelines.join("\n")}`;
}

export async function randomRecording(seed: number): Promise<Uint8Array> {
  const random = seededRandom(seed * 1000 + 999);
  return await recordingOf(drawCommits(random, COMMITS, "second"), random);
}

type SourceFile = readonly [name: string, text: string];

async function groupOf(sources: readonly SourceFile[], recording: Uint8Array): Promise<Group> {
  const folder = await TestFolder.create();
  const files: string[] = [];
  for (const [name, text] of sources) files.push(await folder.write(name, text));
  const plans = sources.flatMap(([file, text]) => plansOf(file, text));
  return { folder, files, plans, recording: await folder.write("events.frames.zst", recording) };
}

/** @throws Error when the program does not compile */
export function plansOf(file: string, text: string): readonly Plan[] {
  const { plans, diagnostics } = compile({ file, text });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return plans;
  throw new Error(`${file}: ${errors.map(({ code, message }) => `${code} ${message}`).join("\n")}`);
}

/** Topics whose key is the only key of the reduce that feeds them: its results keep their order. */
export function keysOf(plans: readonly Plan[]): Keys {
  const keys = new Map<string, string>();
  for (const { ops } of plans.flatMap(({ stages }) => stages)) {
    const [first, ...rest] = ops;
    if ((first?.op !== "reduce" && first?.op !== "fold") || first.keys.length !== 1) continue;
    if (!rest.every(({ op }) => op === "filter" || op === "let" || op === "sink")) continue;
    for (const op of rest) {
      const field = keyField(op);
      if (op.op === "sink" && field !== undefined && field === first.keys[0])
        keys.set(op.topic, field);
    }
  }
  return keys;
}

function keyField(op: Op): string | undefined {
  if (op.op !== "sink" || op.key?.k !== "field" || op.key.of.k !== "current") return undefined;
  return op.key.name;
}
