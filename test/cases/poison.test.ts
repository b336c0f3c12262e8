// The field's cases of records that are large, by `run`, and one of them deployed with small messages and killed workers;
// `poison.long.test.ts` has all of them in all ways, and `numbers.test.ts` those with awkward numbers.

import { afterAll, describe, expect, it } from "vitest";
import { endAll } from "../support/fpaas.ts";
import {
  POISON_CASES,
  type PoisonCase,
  present,
  recordsByKilled,
  recordsByRun,
} from "../support/poison-cases.ts";

const DEFAULT_PAYLOAD_BYTES = 1024 * 1024;

afterAll(endAll);

function caseOf(program: string): PoisonCase {
  const found = POISON_CASES.find((one) => one.program === program);
  if (found === undefined) throw new Error(`no ${program}`);
  return found;
}

async function printed(program: string): Promise<unknown[]> {
  return (await recordsByRun(caseOf(program))).map((one): unknown => JSON.parse(one));
}

describe.skipIf(!present)("records that are too large (../shared/cases/poison)", () => {
  it("collect: puts the group aside that is too large, and the other has its result", async () => {
    expect(await printed("collect.fpl")).toMatchObject([
      {
        topic: "dlq.p",
        record: { reason: "value too large", left_out: 1, record: { lang: "en", posts: 112 } },
      },
      {
        topic: "p.out",
        record: { lang: "de", posts: 110, some: new Array<string>(10).fill("hallo") },
      },
    ]);
  });

  it("key: gives all five sessions, that of the key of 950 KB too", async () => {
    const records = await printed("key.fpl");
    expect(
      records.map((one) => (one as { record: { n: number; len: number } }).record),
    ).toMatchObject(KEY_RESULTS);
  });

  it("key: so does a killed worker where a message has 1 MB at most", async () => {
    const given = caseOf("key.fpl");
    const records = await recordsByKilled(given, 1, 1, DEFAULT_PAYLOAD_BYTES);
    expect(records).toHaveLength(KEY_RESULTS.length);
    expect(records).toEqual(await recordsByRun(given));
  });
});

const KEY_RESULTS = [
  { n: 1, len: 1 },
  { n: 1, len: 1 },
  { n: 1, len: 1 },
  { n: 2, len: 1 },
  { n: 1, len: 950_000 },
];
