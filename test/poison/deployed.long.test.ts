// Columns of the table of poison on a real nats-server: a program of many rows, deployed, with kill -9 of the worker at
// random moments, gives what `run` gives.

import { afterAll, expect, it } from "vitest";
import { TestFolder } from "../../cli/testing/command.ts";
import { endAll } from "../support/fpaas.ts";
import { lineOf, recordsByKilled } from "../support/poison-cases.ts";
import { poisonFrames, poisonRecord } from "../support/poison-records.ts";
import { PART_BYTES, WHOLE_BYTES } from "./cell.ts";
import { COLUMNS, caseOf } from "./columns.ts";
import { ROWS } from "./rows.ts";
import { byDriver } from "./ways.ts";

const KILLS = 5;
const DEFAULT_PAYLOAD_BYTES = 1024 * 1024;
const NAMES = [
  "collect, tumbling",
  "sum, session",
  "distinct, hopping",
  "last, windowless",
  "top_k, emit changes",
  "stddev, tumbling",
  "unnest in unnest",
  "branch",
  "dedup",
  "top(10000)",
  "union",
  "to feed",
  "to webhook",
  "late",
  "a reader of the topic",
];
const rows = ROWS.filter(({ name }) => NAMES.includes(name));
const MS_MAX = 600_000;

afterAll(endAll);

it("knows all rows by name", () => {
  expect(rows).toHaveLength(NAMES.length);
});

it.each(COLUMNS.map((column) => column.name))(
  "gives deployed, and killed, what `run` gives: %s",
  async (name) => await agrees(name),
  MS_MAX,
);

it.each(["too long a key", "too many keys", "not finite"])(
  "so does it where a message has 1 MB at most: %s",
  async (name) => await agrees(name, DEFAULT_PAYLOAD_BYTES),
  MS_MAX,
);

async function agrees(name: string, maxPayloadBytes?: number): Promise<void> {
  const column = COLUMNS.find((one) => one.name === name);
  if (column === undefined) throw new Error(`no ${name}`);
  await using folder = await TestFolder.create();
  const texts = rows.map((row, i) => renamed(row.program(column), i));
  const program = await folder.write("poison.fpl", texts.map(([text]) => text).join("\n"));
  const placed = caseOf(column).all;
  const frames = poisonFrames(placed.map(({ fields }) => poisonRecord("", fields)));
  const recording = await folder.write("poison.frames", Buffer.concat(frames.flatMap(framed)));
  const given = {
    program: `${folder.path}/${program}`,
    recording: `${folder.path}/${recording}`,
    topics: texts.flatMap(([, topics]) => topics),
  };
  const bytes = maxPayloadBytes === undefined ? WHOLE_BYTES : PART_BYTES;
  const expected = [...byDriver(texts.map(([text]) => text).join("\n"), placed, bytes)]
    .flatMap(([topic, records]) => records.map((record) => lineOf(topic, record)))
    .sort();
  expect(expected.length).toBeGreaterThan(NAMES.length);
  const actual = await recordsByKilled(given, KILLS, 1, maxPayloadBytes);
  expect(actual.length).toBe(expected.length);
  expect(actual.findIndex((one, i) => one !== expected[i])).toBe(-1);
}

/** The program with a number of its own in the names of its pipelines and topics, and the topics. */
function renamed(text: string, i: number): [text: string, topics: readonly string[]] {
  const named = text
    .replace(/pipeline ([pq]) /g, `pipeline $1${i} `)
    .replace(/'([pq])\.(\w+)'/g, `'$1${i}.$2'`)
    .replace("feed('best'", `feed('best${i}'`);
  const topics = [...named.matchAll(/(?:to topic|side)\('([^']+)'/g)].map(
    ([, topic]) => topic ?? "",
  );
  const pipelines = [...named.matchAll(/pipeline (\w+) /g)].map(([, one]) => one ?? "");
  const others = [
    ...(named.includes("to feed") ? [`feed.best${i}`] : []),
    ...(named.includes("to webhook") ? pipelines.map((one) => `webhook.${one}`) : []),
  ];
  return [named, [...topics, ...others, ...pipelines.map((one) => `dlq.${one}`)]];
}

/** As in a file: the length in four bytes, least first, and the frame. */
function framed(frame: Uint8Array): Uint8Array[] {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(frame.length);
  return [length, frame];
}
