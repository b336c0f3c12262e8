// Some hundred programs of `npm run fuzz:sql`, and the proof that it would notice.

import { expect, it } from "vitest";
import { openDuckdb } from "./duckdb.ts";
import { fuzz } from "./fuzz.ts";
import { sampleHash } from "./sample-hash.ts";

const FIRST_SEED = 1;
const PROGRAMS = 200;
/** What the language has: fewer shapes, and the programs are not what they were. */
const SHAPES_LEAST = 40;
/** Within so many programs a lost event has to show. */
const CAUGHT_WITHIN = 10;

it("gives what SQL gives, over random events (npm run fuzz:sql -- --seed N)", async () => {
  const connection = await openDuckdb();
  const shapes = new Set<string>();
  let records = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed += 1) {
    const finding = await fuzz(connection, seed);
    expect(finding.wrong, `seed ${seed}\n${finding.text}`).toBeNull();
    records += finding.records;
    for (const shape of finding.shapes) shapes.add(shape);
  }
  expect(shapes.size).toBeGreaterThanOrEqual(SHAPES_LEAST);
  expect(records).toBeGreaterThan(PROGRAMS);
});

it("notices one event that the engine did not get", async () => {
  const connection = await openDuckdb();
  const caught: number[] = [];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + CAUGHT_WITHIN; seed += 1) {
    const { wrong } = await fuzz(connection, seed, { losesOne: true });
    if (wrong !== null) caught.push(seed);
  }
  expect(caught.length).toBeGreaterThan(0);
});

it("hashes as docs/functions.md shows", () => {
  expect(sampleHash("did:plc:abc")).toBe(5_486_053_374_099_534);
});
