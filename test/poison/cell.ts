// One cell of the table: a program over the hostile records of a column, by every way, and all that must hold of it.

import { hash } from "node:crypto";
import { messageBytesMax } from "../../runtime/adapters/nats/max-payload.ts";
import { MAX_PAYLOAD_BYTES } from "../../runtime/adapters/nats-server.ts";
import { canonical } from "../support/difference.ts";
import { type Case, type Column, caseOf } from "./columns.ts";
import type { Expected, Wanted } from "./expected.ts";
import type { Row } from "./rows.ts";
import { byDriver, byWorker, type Fields, type Topics } from "./ways.ts";

export type Cell = {
  readonly row: string;
  readonly column: string;
  /** How many records came, and what was put aside, by reason. */
  readonly records: number;
  readonly letters: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly ms: number;
  /** Everything that does not hold. */
  readonly wrong: readonly string[];
};

/** Payload of a message, less headroom, on a server of ours, and on one with the default `max_payload` of 1 MB. */
export const WHOLE_BYTES = messageBytesMax(MAX_PAYLOAD_BYTES);
export const PART_BYTES = messageBytesMax(1024 * 1024);

/** A value has at most so many bytes, however large a message may be. */
const VALUE_BYTES_MAX = 7 * 1024 * 1024;
const LETTERS = "dlq.";
const SHOWN_CHARS = 300;

/**
 * Runs the program in one process, by stage tasks, and by stage tasks that are killed.
 * @param messageBytes that a message of the log may have
 */
export async function runCell(
  row: Row,
  column: Column,
  messageBytes: number,
  seed: number,
): Promise<Cell> {
  const startMs = performance.now();
  const text = row.program(column);
  const given = caseOf(column);
  const wrong: string[] = [];
  const [topics, good] = [given.all, given.good].map((placed) =>
    tried(wrong, "run", () => byDriver(text, placed, messageBytes)),
  );
  let kills = 0;
  if (topics) {
    wrong.push(...differences(topics, expectedOf(row, column, given, messageBytes)));
    if (good) wrong.push(...goodOnes(topics, good));
    for (const [way, at] of [
      ["a worker", null],
      ["a killed worker", seed],
    ] as const) {
      try {
        const worked = await byWorker(text, given.all, messageBytes, at);
        kills += worked.kills;
        if (at !== null && worked.kills === 0) wrong.push("nothing was killed");
        wrong.push(...unequal(way, topics, worked.topics));
      } catch (error) {
        wrong.push(`${way}: ${messageOf(error)}`);
      }
    }
  }
  const counts = topics ? countsOf(topics) : { records: 0, letters: {} };
  const ms = performance.now() - startMs;
  return { row: row.name, column: column.name, ...counts, kills, ms, wrong };
}

function tried<T>(wrong: string[], way: string, run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    wrong.push(`${way}: ${messageOf(error)}`);
    return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error
    ? `${error.stack ?? error.message}`.slice(0, 3 * SHOWN_CHARS)
    : String(error);
}

function expectedOf(row: Row, column: Column, { all }: Case, messageBytes: number): Expected {
  const items = all.flatMap(({ fields }) => column.items(fields));
  return row.expected(items, column, Math.min(messageBytes, VALUE_BYTES_MAX));
}

function countsOf(topics: Topics): Pick<Cell, "records" | "letters"> {
  let records = 0;
  const letters: Record<string, number> = {};
  for (const [topic, ones] of topics) {
    if (!topic.startsWith(LETTERS)) records += ones.length;
    else
      for (const { reason } of ones) letters[String(reason)] = (letters[String(reason)] ?? 0) + 1;
  }
  return { records, letters };
}

/** How the topics differ from what plain code says: nothing vanishes, nothing is made up. */
function differences(topics: Topics, expected: Expected): string[] {
  const letters = [...topics]
    .filter(([topic]) => topic.startsWith(LETTERS))
    .flatMap(([, ones]) => ones);
  const found = Object.entries(expected.topics).flatMap(([topic, wanted]) =>
    topicDifferences(topic, topics.get(topic) ?? [], wanted),
  );
  for (const topic of topics.keys()) {
    if (!topic.startsWith(LETTERS) && !(topic in expected.topics))
      found.push(`${topic} has records`);
  }
  if (letters.length !== expected.letters) {
    found.push(`${letters.length} put aside, not ${expected.letters}: ${shown(letters[0])}`);
  }
  if (letters.some(({ reason }) => typeof reason !== "string" || reason === "")) {
    found.push("something was put aside without a reason");
  }
  return found;
}

function topicDifferences(
  topic: string,
  records: readonly Fields[],
  wanted: readonly Wanted[],
): string[] {
  const byKey = Map.groupBy(records, ({ k }) => k);
  const found = wanted.flatMap(({ k, times, isRight }) => {
    const ones = byKey.get(k) ?? [];
    byKey.delete(k);
    if (ones.length !== times) return [`${topic}: ${ones.length} of ${shown(k)}, not ${times}`];
    const bad = ones.find((one) => !isRight(one));
    return bad === undefined ? [] : [`${topic}: ${shown(bad)} is not right`];
  });
  return [...found, ...[...byKey.keys()].map((k) => `${topic}: ${shown(k)} is not expected`)];
}

/** Whether the good keys have what they have without hostile records. */
function goodOnes(topics: Topics, alone: Topics): string[] {
  const isGood = ({ k }: Fields): boolean => String(k).startsWith("good");
  return [...alone].flatMap(([topic, records]) => {
    const now = (topics.get(topic) ?? []).filter(isGood);
    const isSame = digestsOf(now).join() === digestsOf(records.filter(isGood)).join();
    return isSame ? [] : [`${topic}: good keys are not as they are alone`];
  });
}

function unequal(way: string, expected: Topics, actual: Topics): string[] {
  const names = new Set([...expected.keys(), ...actual.keys()]);
  return [...names].flatMap((topic) => {
    const [a, b] = [expected.get(topic) ?? [], actual.get(topic) ?? []];
    const [inA, inB] = [new Set(digestsOf(a)), new Set(digestsOf(b))];
    if (a.length === b.length && digestsOf(a).join() === digestsOf(b).join()) return [];
    const lost = a.find((one) => !inB.has(digestOf(one)));
    const more = b.find((one) => !inA.has(digestOf(one)));
    return [
      `${way}, ${topic}: ${b.length} records, by run ${a.length}; ${shown(lost)} and not ${shown(more)}`,
    ];
  });
}

function digestsOf(records: readonly Fields[]): string[] {
  return records.map(digestOf).sort();
}

/** What stands where in a log is no part of an answer. */
function digestOf({ seq: _seq, subject: _subject, ...record }: Fields): string {
  return hash("sha256", canonical(record), "base64");
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS)}…`;
}
