// The ways to run the pipelines of files over a recording: `run`, `dev --once`, and deployed on a server with a worker.

import type { Result, TestFolder } from "../../cli/testing/command.ts";
import type { Plan } from "../../plan/plan.ts";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { addCounts, type Counts, type Fields, type Outcome } from "./outcome.ts";

/** Files of a folder, and the recording they read. */
export type Group = {
  readonly folder: TestFolder;
  readonly files: readonly string[];
  readonly plans: readonly Plan[];
  readonly recording: string;
};

const POLL_MS = 200;

/** `fpaas run`, a file after the other. */
export async function byRun({ folder, files, recording }: Group): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const file of files) outcomes.push(await runOf(folder, [file, "--from", recording]));
  const topics = new Map<string, Fields[]>();
  for (const [topic, records] of outcomes.flatMap((one) => [...one.topics])) {
    topics.set(topic, [...(topics.get(topic) ?? []), ...records]);
  }
  return { topics, counts: addCounts(outcomes.map(({ counts }) => counts)) };
}

/** `fpaas run` with these arguments. */
export async function runOf(folder: TestFolder, args: readonly string[]): Promise<Outcome> {
  const { stdout, stderr } = await ended(folder, ["run", ...args]);
  return { topics: topicsOf(stdout), counts: countsIn(stderr) };
}

/** `fpaas test`: its output, and whether all passed. */
export async function testOf(folder: TestFolder, file: string): Promise<Result> {
  return await folder.run(["test", file]);
}

/** `fpaas dev --once`, all files together. */
export async function byDev({ folder, files, recording }: Group): Promise<Outcome> {
  const args = ["dev", ...files, "--from", recording, "--once", "--fresh", "--json"];
  const { stdout, stderr } = successful(args, await folder.start(args).ended);
  return { topics: topicsOf(stdout), counts: countsIn(stderr) };
}

/** On a nats-server of its own: a worker, `deploy`, then the shuffler. */
export async function byDeploying({ folder, files, plans, recording }: Group): Promise<Outcome> {
  await using nats = await startTestNats();
  const env = { NATS_URL: nats.url };
  await ended(folder, ["deploy", ...files], env);
  const worker = folder.start(["worker", "--threads", "1"], env);
  try {
    await worker.said("worker ");
    await ended(folder, ["shuffler", "--from", recording, "--close-windows"], env);
    const counts = await untilThrough(folder, env);
    const topics = new Map<string, Fields[]>();
    for (const { name, role } of plans.flatMap((plan) => plan.topics)) {
      if (role === "dead-letters") continue;
      const { stdout } = await ended(folder, ["tail", name, "--until-now", "--json"], env);
      for (const [topic, records] of topicsOf(stdout)) {
        topics.set(topic, [...(topics.get(topic) ?? []), ...records]);
      }
    }
    return { topics, counts };
  } finally {
    worker.child.kill("SIGTERM");
    await worker.ended;
  }
}

type TaskStatus = Counts & { readonly ended: boolean };
type PipelineStatus = { readonly tasks: readonly TaskStatus[] };

/** Waits until every task has come to the end; gives what they counted. */
async function untilThrough(folder: TestFolder, env: NodeJS.ProcessEnv): Promise<Counts> {
  for (;;) {
    const { stdout } = await ended(folder, ["status", "--json"], env);
    const tasks = (JSON.parse(stdout) as PipelineStatus[]).flatMap((one) => one.tasks);
    if (tasks.every((task) => task.ended)) return addCounts(tasks);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** In this process, which saves the start of another one. */
async function ended(folder: TestFolder, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return successful(args, await folder.run(args, env));
}

function successful(args: readonly string[], result: Result): Result {
  if (result.code === 0) return result;
  throw new Error(`fpaas ${args.join(" ")} ended with ${result.code}\n${result.stderr}`);
}

/** Lines of `{topic, record}`. */
function topicsOf(stdout: string): Map<string, Fields[]> {
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  const records = lines.map((line) => JSON.parse(line) as { topic: string; record: Fields });
  const topics = new Map<string, Fields[]>();
  for (const { topic, record } of records) {
    const list = topics.get(topic) ?? [];
    list.push(record);
    topics.set(topic, list);
  }
  return topics;
}

/** What the summary of `run` and `dev` says. */
function countsIn(stderr: string): Counts {
  const line = (name: string): string =>
    new RegExp(`^${name} {2,}(.*)$`, "m").exec(stderr)?.[1] ?? "";
  const reasons = line("dropped").matchAll(/([\d,]+) by filter \((.*?)\)(?:, (?=\d)|$)/g);
  return {
    late: count(line("late")),
    deadLetters: count(line("dead letters")),
    dropped: Object.fromEntries([...reasons].map(([, n = "", why = ""]) => [why, count(n)])),
  };
}

function count(text: string): number {
  const number = Number(text.replaceAll(/[,\s]/g, ""));
  if (text !== "" && Number.isSafeInteger(number)) return number;
  throw new Error(`the summary says ${JSON.stringify(text)} where a number stands`);
}
