// The field's cases of poison by `run`, by `dev --once`, and deployed with kill -9 of the worker at random moments: the same
// answer, whatever the server's `max_payload`. What is right stands in `poison.test.ts`.

import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import { BIN, TestFolder } from "../../cli/testing/command.ts";
import { bucketStream, topicSubject } from "../../plan/names.ts";
import { connectNats } from "../../runtime/adapters/nats/connect.ts";
import { NatsDeploymentStore } from "../../runtime/adapters/nats/deployment-store.ts";
import { NatsLog } from "../../runtime/adapters/nats/nats-log.ts";
import { decodeRecords } from "../../runtime/eval/codec.ts";
import { startTestNats } from "../../runtime/testing/nats.ts";
import { seededRandom } from "../../runtime/testing/random.ts";
import { endAll } from "../support/fpaas.ts";
import {
  POISON_CASES,
  pathOf,
  present,
  recordsByDev,
  recordsByKilled,
  recordsByRun,
  runKilled,
} from "../support/poison-cases.ts";

const SEEDS = [1, 2, 3];
const KILLS = 4;
const DEFAULT_PAYLOAD_BYTES = 1024 * 1024;
const MENTIONS = 3003;
/** For a gigabyte on a busy machine. */
const MENTIONS_MS_MAX = 900_000;
const MENTIONS_CASE = {
  program: "mentions.fpl",
  recording: "mentions.frames.zst",
  topics: ["mention.out"],
};

afterAll(endAll);

describe.skipIf(!present).each(POISON_CASES)("$program over $recording", (given) => {
  it("gives in `dev --once` what it gives in `run`", async () => {
    const expected = await recordsByRun(given);
    await using nats = await startTestNats();
    expect(await recordsByDev(given, nats)).toEqual(expected);
  });

  it.each(SEEDS)("gives it deployed, with kill -9 of the worker (seed %i)", async (seed) => {
    expect(await recordsByKilled(given, KILLS, seed)).toEqual(await recordsByRun(given));
  });

  it("gives it where a message has 1 MB at most", async () => {
    const records = await recordsByKilled(given, KILLS, SEEDS.length + 1, DEFAULT_PAYLOAD_BYTES);
    expect(withoutDetail(records)).toEqual(withoutDetail(await recordsByRun(given)));
  });
});

describe.skipIf(!present)("mentions.fpl, whose one record makes 1.3 GB of results", () => {
  it("gives 3003 records in `run`", async () => {
    const args = ["run", pathOf(MENTIONS_CASE.program), "--from", pathOf(MENTIONS_CASE.recording)];
    const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "pipe", "ignore"] });
    expect(await linesOf(child)).toBe(MENTIONS);
  });

  it(
    "gives 3003 records deployed, with kill -9 of the worker",
    async () => {
      const expected = await mentionedByRun();
      expect(expected).toHaveLength(MENTIONS);
      await using nats = await startTestNats();
      await runKilled(MENTIONS_CASE, 2 * KILLS, seededRandom(1), nats.url);
      expect((await mentionedAt(nats.url)).sort()).toEqual(expected);
    },
    MENTIONS_MS_MAX,
  );
});

/** How a limit is put into words depends on the server's. */
function withoutDetail(records: readonly string[]): string[] {
  return records.map((one) => one.replace(/"detail":"[^"]*",/, "")).sort();
}

async function linesOf({ stdout }: ChildProcess): Promise<number> {
  let lines = 0;
  for await (const chunk of stdout ?? []) {
    if (Buffer.isBuffer(chunk)) for (const byte of chunk) if (byte === 0x0a) lines += 1;
  }
  return lines;
}

/** Who is mentioned, by `run` of the same program without the rest of its records. */
async function mentionedByRun(): Promise<string[]> {
  await using folder = await TestFolder.create();
  const text = await readFile(pathOf(MENTIONS_CASE.program), "utf8");
  await folder.write("who.fpl", text.replace("|> to topic", "|> map { who, time } |> to topic"));
  const { stdout } = await folder.run([
    "run",
    "who.fpl",
    "--from",
    pathOf(MENTIONS_CASE.recording),
  ]);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => (JSON.parse(line) as { record: { who: string } }).record.who).sort();
}

/** Who is mentioned in the records of the topic, which are too large to be kept. */
async function mentionedAt(url: string): Promise<string[]> {
  const connection = await connectNats({ url, name: "test" });
  try {
    const store = await NatsDeploymentStore.open(connection);
    const at = await store.topic("local", "mention.out");
    if (at === null) throw new Error("nobody owns mention.out");
    const who: string[] = [];
    const subjects = Array.from({ length: at.partitions }, (_, i) =>
      topicSubject(at.owner, "mention.out", i),
    );
    const log = new NatsLog(connection);
    for await (const { payload } of log.readAll(bucketStream(at.owner.bucket), subjects)) {
      // The program adds the field to every record.
      who.push(...decodeRecords(payload).map((one) => (one as { who: string }).who));
    }
    return who;
  } finally {
    await connection.close();
  }
}
