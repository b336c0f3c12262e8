// The field's cases of poison (../shared/cases/poison) by the command line: by `run`, by `dev --once`, and deployed on a
// real nats-server with a worker process that is killed at random moments.

import { hash } from "node:crypto";
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startTestNats, type TestNats } from "../../runtime/testing/nats.ts";
import { type Random, seededRandom } from "../../runtime/testing/random.ts";
import { canonical } from "./difference.ts";
import { fpaas, fpaasInBackground, untilTopicEnds } from "./fpaas.ts";
import { repositoryFile } from "./recordings.ts";

const FOLDER = repositoryFile("../shared/cases/poison/");
export const present = existsSync(FOLDER);

export type PoisonCase = {
  readonly program: string;
  readonly recording: string;
  readonly topics: readonly string[];
};

const sum = { program: "sum.fpl", topics: ["p.out", "dlq.p"] };
export const POISON_CASES: readonly PoisonCase[] = [
  { ...sum, recording: "floats.frames.zst" },
  { ...sum, recording: "forty-good.frames.zst" },
  {
    program: "chain.fpl",
    recording: "forty-good.frames.zst",
    topics: ["p.out", "dlq.p", "q.out", "dlq.q"],
  },
  { program: "collect.fpl", recording: "collect.frames.zst", topics: ["p.out", "dlq.p"] },
  { program: "key.fpl", recording: "key.frames.zst", topics: ["p.out", "dlq.p"] },
];

/** Of a record that is kept as it is. */
const LINE_CHARS_MAX = 10_000;
/** Longest that a worker lives before it is killed. */
const LIFE_MS_MAX = 2500;

/** Of a file of the cases, or of one that has its whole path. */
export function pathOf(file: string): string {
  return isAbsolute(file) ? file : new URL(file, FOLDER).pathname;
}

/** Every record of the topics as one text, sorted; a dead letter without its place in a log. */
export async function recordsByRun({ program, recording, topics }: PoisonCase): Promise<string[]> {
  const args = ["run", pathOf(program), "--from", pathOf(recording)];
  const found: string[] = [];
  for (const topic of topics) found.push(...recordsIn(await fpaas([...args, "--topic", topic])));
  return found.sort();
}

/** The same by `fpaas dev --once` on that server. */
export async function recordsByDev(given: PoisonCase, { url }: TestNats): Promise<string[]> {
  const [program, from] = [pathOf(given.program), pathOf(given.recording)];
  await fpaas(["dev", program, "--from", from, "--once", "--quiet", "--nats", url]);
  return await recordsAt(given.topics, url);
}

/**
 * The same, deployed: a worker process is killed so often, each time at a random moment.
 * @param maxPayloadBytes of the server's messages; as ours without it
 */
export async function recordsByKilled(
  given: PoisonCase,
  kills: number,
  seed: number,
  maxPayloadBytes?: number,
): Promise<string[]> {
  await using nats = await startTestNats(maxPayloadBytes === undefined ? {} : { maxPayloadBytes });
  await runKilled(given, kills, seededRandom(seed), nats.url);
  return await recordsAt(given.topics, nats.url);
}

/** Deploys the program, stores the recording, and works on it until the topics have ended. */
export async function runKilled(
  { program, recording, topics }: PoisonCase,
  kills: number,
  random: Random,
  url: string,
): Promise<void> {
  const env = { NATS_URL: url };
  await fpaas(["deploy", pathOf(program)], env);
  const stored = fpaas(["shuffler", "--from", pathOf(recording), "--close-windows"], env);
  for (let i = 0; i < kills; i += 1) {
    const worker = fpaasInBackground(["worker", "--threads", "1"], env);
    await setTimeout(random.int(LIFE_MS_MAX));
    worker.kill("SIGKILL");
    await worker.ended;
  }
  await stored;
  const worker = fpaasInBackground(["worker", "--threads", "1"], env);
  for (const topic of topics.filter((name) => !name.startsWith("dlq."))) {
    await untilTopicEnds(url, topic);
  }
  worker.kill("SIGTERM");
  await worker.ended;
}

async function recordsAt(topics: readonly string[], url: string): Promise<string[]> {
  const found: string[] = [];
  for (const topic of topics) {
    const tail = ["tail", topic, "--until-now", "--json"];
    found.push(...recordsIn(await fpaas(tail, { NATS_URL: url })));
  }
  return found.sort();
}

type Printed = { readonly topic: string; readonly record: Readonly<Record<string, unknown>> };

function recordsIn(output: string): string[] {
  const lines = output.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    // Printed by the command itself.
    const { topic, record } = JSON.parse(line) as Printed;
    return lineOf(topic, record);
  });
}

/** A record as one text, or what it is known by when it is large; a dead letter without its place in a log. */
export function lineOf(topic: string, record: Printed["record"]): string {
  const { seq: _seq, subject: _subject, ...rest } = record;
  const text = canonical({ topic, record: topic.startsWith("dlq.") ? rest : record });
  return text.length <= LINE_CHARS_MAX ? text : `${topic} ${hash("sha256", text, "hex")}`;
}
