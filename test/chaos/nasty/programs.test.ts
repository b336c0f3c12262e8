import { expect, it } from "vitest";
import { compile } from "../../../compiler/compile.ts";
import { seededRandom } from "../../../runtime/testing/random.ts";
import { RECORD_BYTES_MAX } from "../../../shuffler/decode/limits.ts";
import { frameItems, runPlans } from "../../support/run-plan.ts";
import { moreTopic, PROGRAMS } from "./programs.ts";
import { makeNastyTape } from "./tape.ts";

const FRAMES = 1500;
const FRAMES_PER_SECOND = 12;

it.each(PROGRAMS)(
  "$name compiles, with another sink too, and writes the topics it names",
  (program) => {
    const topics = [...program.topics, ...program.pipelines.map((name) => `dlq.${name}`)];
    expect(topicsOf(program.text)).toEqual(topics.toSorted());
    if (program.textWithMore === null) return;
    expect(topicsOf(program.textWithMore)).toEqual([...topics, moreTopic(program.name)].toSorted());
  },
);

it("gives every program records to work on, some of them as large as they may be", () => {
  const { frames, events } = makeNastyTape(seededRandom(1), FRAMES, FRAMES_PER_SECOND);
  const sizes = events.map(({ record }) => record?.length ?? 0);
  expect(Math.max(...sizes)).toBeGreaterThan(0.98 * RECORD_BYTES_MAX);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(RECORD_BYTES_MAX);
  const minusZeros = events.filter(({ record }) => hexOf(record).includes("fb8000000000000000"));
  expect(minusZeros.length).toBeGreaterThan(5);
  const { topics } = runPlans(
    PROGRAMS.flatMap(({ text }) => plansOf(text)),
    frameItems(frames),
  );
  const empty = PROGRAMS.flatMap((program) => program.topics).filter((name) => !topics.has(name));
  expect(empty).toEqual([]);
  expect([...topics.keys()].filter((name) => name.startsWith("dlq.")).length).toBeGreaterThan(5);
});

function plansOf(text: string) {
  const { plans, diagnostics } = compile({ file: "nasty.fpl", text });
  expect(diagnostics).toEqual([]);
  return plans;
}

function topicsOf(text: string): string[] {
  return plansOf(text)
    .flatMap(({ topics }) => topics.map(({ name }) => name))
    .toSorted();
}

function hexOf(record: Uint8Array | null): string {
  return Buffer.from(record ?? []).toString("hex");
}
